// The table of events that is written by hand in PostgreSQL.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "daybook/core/status_macros.h"
#include "peer.h"
#include "postgres_connection.h"

namespace daybook::peers {
namespace {

constexpr char kSchema[] = R"(
  create table events (
    position bigint generated always as identity primary key,
    stream text not null,
    version bigint not null,
    type text not null,
    data bytea not null,
    metadata jsonb,
    recorded_time timestamptz not null default now(),
    unique (stream, version)))";

class PostgresClient : public Client {
 public:
  explicit PostgresClient(std::unique_ptr<PostgresConnection> connection)
      : connection_(std::move(connection)) {}

  absl::Status PrepareAll() {
    DAYBOOK_RETURN_IF_ERROR(connection_->Prepare(
        "append",
        "insert into events (stream, version, type, data) values ($1, $2, $3, $4) "
        "returning position"));
    DAYBOOK_RETURN_IF_ERROR(connection_->Prepare(
        "read_stream", absl::StrCat("select version, type, data, metadata from events "
                                    "where stream = $1 and version >= $2 "
                                    "order by version limit ",
                                    kPageEvents)
                           .c_str()));
    DAYBOOK_RETURN_IF_ERROR(
        connection_->Prepare("read_all",
                             "select position, stream, version, type, data, metadata from events "
                             "where position > $1 order by position limit $2"));
    return connection_->Prepare("count", "select count(*) from events");
  }

  absl::Status Append(const std::string& stream, uint64_t version,
                      const std::string& payload) override {
    DAYBOOK_ASSIGN_OR_RETURN(
        const PostgresRows rows,
        connection_->Run("append", {stream, PostgresBigint(version), kEventType, payload}));
    if (rows.size() != 1) return absl::InternalError("acknowledged something else");
    return absl::OkStatus();
  }

  absl::Status ReadStream(const std::string& stream, Visit visit) override {
    uint64_t version = 0;
    while (true) {
      DAYBOOK_ASSIGN_OR_RETURN(const PostgresRows rows,
                               connection_->Run("read_stream", {stream, PostgresBigint(version)}));
      for (int i = 0; i < rows.size(); ++i) DAYBOOK_RETURN_IF_ERROR(visit(rows.Bytes(i, 2)));
      if (rows.size() < kPageEvents) return absl::OkStatus();
      version = rows.Bigint(rows.size() - 1, 0) + 1;
    }
  }

  absl::Status ReadAll(uint64_t limit, Visit visit) override {
    uint64_t position = 0;
    while (limit > 0) {
      const uint64_t page = std::min<uint64_t>(limit, kPageEvents);
      DAYBOOK_ASSIGN_OR_RETURN(
          const PostgresRows rows,
          connection_->Run("read_all", {PostgresBigint(position), PostgresBigint(page)}));
      for (int i = 0; i < rows.size(); ++i) DAYBOOK_RETURN_IF_ERROR(visit(rows.Bytes(i, 4)));
      if (static_cast<uint64_t>(rows.size()) < page) break;
      limit -= page;
      position = rows.Bigint(rows.size() - 1, 0);
    }
    return absl::OkStatus();
  }

  absl::StatusOr<uint64_t> Count() override {
    DAYBOOK_ASSIGN_OR_RETURN(const PostgresRows rows, connection_->Run("count", {}));
    return rows.Bigint(0, 0);
  }

 private:
  const std::unique_ptr<PostgresConnection> connection_;
};

class PostgresPeer : public Peer {
 public:
  explicit PostgresPeer(std::string connection) : connection_(std::move(connection)) {}

  std::string name() const override { return "PostgreSQL table"; }
  std::string durability() const override {
    return "synced once before the acknowledgement: the write-ahead log "
           "(`fsync=on`, `synchronous_commit=on`)";
  }
  absl::StatusOr<std::unique_ptr<Client>> Connect() override {
    DAYBOOK_ASSIGN_OR_RETURN(auto connection, PostgresConnection::Open(connection_));
    auto client = std::make_unique<PostgresClient>(std::move(connection));
    DAYBOOK_RETURN_IF_ERROR(client->PrepareAll());
    return client;
  }

 private:
  const std::string connection_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Peer>> OpenPostgres(const std::string& connection) {
  DAYBOOK_ASSIGN_OR_RETURN(const auto opened, PostgresConnection::Open(connection));
  DAYBOOK_RETURN_IF_ERROR(opened->Execute(kSchema));
  return std::make_unique<PostgresPeer>(connection);
}

}  // namespace daybook::peers
