// Message DB: the functions that its package installs in PostgreSQL, called as its role.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "daybook/core/status_macros.h"
#include "daybook/core/uuid.h"
#include "peer.h"
#include "postgres_connection.h"

namespace daybook::peers {
namespace {

class MessageDbClient : public Client {
 public:
  explicit MessageDbClient(std::unique_ptr<PostgresConnection> connection)
      : connection_(std::move(connection)) {}

  absl::Status PrepareAll() {
    // Its functions name their tables without a schema.
    DAYBOOK_RETURN_IF_ERROR(connection_->Execute("set search_path to message_store, public"));
    DAYBOOK_RETURN_IF_ERROR(connection_->Prepare(
        "append",
        "select write_message($1::varchar, $2::varchar, $3::varchar, $4::jsonb, null, "
        "$5::bigint)"));
    DAYBOOK_RETURN_IF_ERROR(connection_->Prepare(
        "read_stream", absl::StrCat("select position, type, data, metadata from "
                                    "get_stream_messages($1::varchar, $2::bigint, ",
                                    kPageEvents, ")")
                           .c_str()));
    DAYBOOK_RETURN_IF_ERROR(connection_->Prepare(
        "read_all",
        "select global_position, stream_name, position, type, data, metadata from "
        "get_category_messages('account', $1::bigint, $2::bigint)"));
    return connection_->Prepare("count", "select count(*) from messages");
  }

  absl::Status Append(const std::string& stream, uint64_t version,
                      const std::string& payload) override {
    // Its expected version is the last event's: -1 where there is none. A jsonb in the binary
    // format is the version of that format, 1, and the text.
    DAYBOOK_ASSIGN_OR_RETURN(
        const PostgresRows rows,
        connection_->Run("append", {Uuid::Random().ToString(), stream, kEventType,
                                    absl::StrCat("\x01", payload), PostgresBigint(version - 1)}));
    if (rows.size() != 1 || rows.Bigint(0, 0) != version) {
      return absl::InternalError("acknowledged something else");
    }
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

  // By category, which all streams are of: there is no function that reads across categories.
  absl::Status ReadAll(uint64_t limit, Visit visit) override {
    uint64_t position = 1;
    while (limit > 0) {
      const uint64_t page = std::min<uint64_t>(limit, kPageEvents);
      DAYBOOK_ASSIGN_OR_RETURN(
          const PostgresRows rows,
          connection_->Run("read_all", {PostgresBigint(position), PostgresBigint(page)}));
      for (int i = 0; i < rows.size(); ++i) DAYBOOK_RETURN_IF_ERROR(visit(rows.Bytes(i, 4)));
      if (static_cast<uint64_t>(rows.size()) < page) break;
      limit -= page;
      position = rows.Bigint(rows.size() - 1, 0) + 1;
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

class MessageDbPeer : public Peer {
 public:
  explicit MessageDbPeer(std::string connection) : connection_(std::move(connection)) {}

  std::string name() const override { return "Message DB"; }
  std::string durability() const override { return "as the PostgreSQL table, in the same server"; }
  absl::StatusOr<std::unique_ptr<Client>> Connect() override {
    DAYBOOK_ASSIGN_OR_RETURN(auto connection, PostgresConnection::Open(connection_));
    auto client = std::make_unique<MessageDbClient>(std::move(connection));
    DAYBOOK_RETURN_IF_ERROR(client->PrepareAll());
    return client;
  }

 private:
  const std::string connection_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Peer>> OpenMessageDb(const std::string& connection) {
  auto peer = std::make_unique<MessageDbPeer>(connection);
  DAYBOOK_RETURN_IF_ERROR(peer->Connect().status());
  return peer;
}

}  // namespace daybook::peers
