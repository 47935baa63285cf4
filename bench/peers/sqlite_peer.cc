// SQLite, in process: a table in a database with a write-ahead log, a connection for each client.
#include <sqlite3.h>

#include "absl/strings/str_cat.h"
#include "daybook/core/mutex.h"
#include "daybook/core/status_macros.h"
#include "peer.h"

namespace daybook::peers {
namespace {

constexpr char kSchema[] = R"(
  create table events (
    position integer primary key,
    stream text not null,
    version integer not null,
    type text not null,
    data blob not null,
    metadata blob,
    unique (stream, version)))";

struct CloseDatabase {
  void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;

struct Finalize {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;

absl::Status ErrorOf(sqlite3* database) {
  const std::string message = absl::StrCat("SQLite: ", sqlite3_errmsg(database));
  if (sqlite3_extended_errcode(database) == SQLITE_CONSTRAINT_UNIQUE) {
    return absl::AbortedError(message);
  }
  return absl::InternalError(message);
}

absl::Status Execute(sqlite3* database, const char* sql) {
  if (sqlite3_exec(database, sql, nullptr, nullptr, nullptr) == SQLITE_OK) return absl::OkStatus();
  return ErrorOf(database);
}

absl::StatusOr<Database> OpenDatabase(const std::string& path) {
  sqlite3* opened = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &opened,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  Database database(opened);
  if (code != SQLITE_OK) return absl::InternalError(absl::StrCat("SQLite: cannot open ", path));
  sqlite3_busy_timeout(database.get(), 60'000);
  DAYBOOK_RETURN_IF_ERROR(
      Execute(database.get(), "pragma journal_mode = wal; pragma synchronous = full"));
  return database;
}

absl::StatusOr<Statement> Prepare(sqlite3* database, const char* sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(database, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr) !=
      SQLITE_OK) {
    return ErrorOf(database);
  }
  return Statement(statement);
}

void BindText(sqlite3_stmt* statement, int index, absl::string_view text) {
  sqlite3_bind_text(statement, index, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
}

class SqliteClient : public Client {
 public:
  // One of them writes at a time. Those that wait for their turn at `writing` get it at once, where
  // SQLite by itself would have them sleep and try again.
  SqliteClient(Database database, Mutex* writing)
      : database_(std::move(database)), writing_(writing) {}

  absl::Status PrepareAll() {
    DAYBOOK_ASSIGN_OR_RETURN(
        append_, Prepare(database_.get(),
                         "insert into events (stream, version, type, data) values (?, ?, ?, ?)"));
    DAYBOOK_ASSIGN_OR_RETURN(read_stream_,
                             Prepare(database_.get(),
                                     "select position, version, type, data, metadata from events "
                                     "where stream = ? order by version"));
    DAYBOOK_ASSIGN_OR_RETURN(
        read_all_, Prepare(database_.get(),
                           "select position, stream, version, type, data, metadata from events "
                           "order by position limit ?"));
    DAYBOOK_ASSIGN_OR_RETURN(count_, Prepare(database_.get(), "select count(*) from events"));
    return absl::OkStatus();
  }

  absl::Status Append(const std::string& stream, uint64_t version,
                      const std::string& payload) override {
    sqlite3_stmt* const append = append_.get();
    BindText(append, 1, stream);
    sqlite3_bind_int64(append, 2, static_cast<sqlite3_int64>(version));
    BindText(append, 3, kEventType);
    sqlite3_bind_blob(append, 4, payload.data(), static_cast<int>(payload.size()), SQLITE_STATIC);
    MutexLock lock(writing_);
    const absl::Status done =
        sqlite3_step(append) == SQLITE_DONE ? absl::OkStatus() : ErrorOf(database_.get());
    sqlite3_reset(append);
    return done;
  }

  absl::Status ReadStream(const std::string& stream, Visit visit) override {
    BindText(read_stream_.get(), 1, stream);
    return Read(read_stream_.get(), 3, visit);
  }

  absl::Status ReadAll(uint64_t limit, Visit visit) override {
    sqlite3_bind_int64(read_all_.get(), 1, static_cast<sqlite3_int64>(limit));
    return Read(read_all_.get(), 4, visit);
  }

  absl::StatusOr<uint64_t> Count() override {
    if (sqlite3_step(count_.get()) != SQLITE_ROW) return ErrorOf(database_.get());
    const uint64_t count = static_cast<uint64_t>(sqlite3_column_int64(count_.get(), 0));
    sqlite3_reset(count_.get());
    return count;
  }

 private:
  absl::Status Read(sqlite3_stmt* statement, int data_column, Visit visit) {
    absl::Status status;
    while (status.ok()) {
      const int code = sqlite3_step(statement);
      if (code == SQLITE_DONE) break;
      if (code != SQLITE_ROW) {
        status = ErrorOf(database_.get());
        break;
      }
      const void* data = sqlite3_column_blob(statement, data_column);
      status = visit({static_cast<const char*>(data),
                      static_cast<size_t>(sqlite3_column_bytes(statement, data_column))});
    }
    sqlite3_reset(statement);
    return status;
  }

  const Database database_;
  Mutex* const writing_;
  Statement append_;
  Statement read_stream_;
  Statement read_all_;
  Statement count_;
};

class SqlitePeer : public Peer {
 public:
  explicit SqlitePeer(std::string path) : path_(std::move(path)) {}

  std::string name() const override { return "SQLite"; }
  std::string durability() const override {
    return "synced once before the acknowledgement: the write-ahead log (`synchronous=FULL`)";
  }
  absl::StatusOr<std::unique_ptr<Client>> Connect() override {
    DAYBOOK_ASSIGN_OR_RETURN(Database database, OpenDatabase(path_));
    auto client = std::make_unique<SqliteClient>(std::move(database), &writing_);
    DAYBOOK_RETURN_IF_ERROR(client->PrepareAll());
    return client;
  }

 private:
  const std::string path_;
  Mutex writing_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Peer>> OpenSqlite(const std::string& directory) {
  const std::string path = absl::StrCat(directory, "/events.sqlite");
  DAYBOOK_ASSIGN_OR_RETURN(const Database database, OpenDatabase(path));
  DAYBOOK_RETURN_IF_ERROR(Execute(database.get(), kSchema));
  return std::make_unique<SqlitePeer>(path);
}

}  // namespace daybook::peers
