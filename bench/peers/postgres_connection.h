// A connection to PostgreSQL, for the peers that are tables and functions in it.
#ifndef DAYBOOK_BENCH_PEERS_POSTGRES_CONNECTION_H_
#define DAYBOOK_BENCH_PEERS_POSTGRES_CONNECTION_H_

#include <libpq-fe.h>

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace daybook::peers {

// A bigint as it travels in the binary format.
std::string PostgresBigint(uint64_t value);

// The rows that a statement gave, in the binary format.
class PostgresRows {
 public:
  explicit PostgresRows(PGresult* result) : result_(result, &PQclear) {}

  int size() const { return PQntuples(result_.get()); }
  // A bytea, text or varchar; it lives as long as the rows.
  absl::string_view Bytes(int row, int column) const;
  uint64_t Bigint(int row, int column) const;

 private:
  std::unique_ptr<PGresult, decltype(&PQclear)> result_;
};

class PostgresConnection {
 public:
  static absl::StatusOr<std::unique_ptr<PostgresConnection>> Open(const std::string& connection);

  // Statements without parameters, whose rows are not wanted.
  absl::Status Execute(const char* sql);
  absl::Status Prepare(const char* name, const char* sql);
  // Runs what was prepared, with parameters in the binary format. Aborted when a unique constraint
  // or a function of Message DB refuses the version.
  absl::StatusOr<PostgresRows> Run(const char* name,
                                   absl::Span<const absl::string_view> parameters);

 private:
  explicit PostgresConnection(PGconn* connection) : connection_(connection, &PQfinish) {}

  std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;
};

}  // namespace daybook::peers

#endif  // DAYBOOK_BENCH_PEERS_POSTGRES_CONNECTION_H_
