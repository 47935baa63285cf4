#include "postgres_connection.h"

#include <cstring>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace daybook::peers {
namespace {

absl::Status ErrorOf(const PGresult* result) {
  constexpr absl::string_view kUniqueViolation = "23505";
  const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const absl::string_view text = PQresultErrorMessage(result);
  const std::string message = absl::StrCat("PostgreSQL: ", text);
  if ((state != nullptr && state == kUniqueViolation) ||
      absl::StrContains(text, "Wrong expected version")) {
    return absl::AbortedError(message);
  }
  return absl::InternalError(message);
}

}  // namespace

std::string PostgresBigint(uint64_t value) {
  value = __builtin_bswap64(value);
  return std::string(reinterpret_cast<const char*>(&value), sizeof(value));
}

absl::string_view PostgresRows::Bytes(int row, int column) const {
  return {PQgetvalue(result_.get(), row, column),
          static_cast<size_t>(PQgetlength(result_.get(), row, column))};
}

uint64_t PostgresRows::Bigint(int row, int column) const {
  uint64_t value = 0;
  std::memcpy(&value, PQgetvalue(result_.get(), row, column), sizeof(value));
  return __builtin_bswap64(value);
}

absl::StatusOr<std::unique_ptr<PostgresConnection>> PostgresConnection::Open(
    const std::string& connection) {
  std::unique_ptr<PostgresConnection> opened(
      new PostgresConnection(PQconnectdb(connection.c_str())));
  if (PQstatus(opened->connection_.get()) != CONNECTION_OK) {
    return absl::UnavailableError(PQerrorMessage(opened->connection_.get()));
  }
  return opened;
}

absl::Status PostgresConnection::Execute(const char* sql) {
  std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection_.get(), sql), &PQclear);
  const ExecStatusType status = PQresultStatus(result.get());
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return absl::OkStatus();
  return ErrorOf(result.get());
}

absl::Status PostgresConnection::Prepare(const char* name, const char* sql) {
  std::unique_ptr<PGresult, decltype(&PQclear)> result(
      PQprepare(connection_.get(), name, sql, 0, nullptr), &PQclear);
  if (PQresultStatus(result.get()) == PGRES_COMMAND_OK) return absl::OkStatus();
  return ErrorOf(result.get());
}

absl::StatusOr<PostgresRows> PostgresConnection::Run(
    const char* name, absl::Span<const absl::string_view> parameters) {
  std::vector<const char*> values;
  std::vector<int> lengths;
  for (const absl::string_view parameter : parameters) {
    values.push_back(parameter.data());
    lengths.push_back(static_cast<int>(parameter.size()));
  }
  const std::vector<int> formats(parameters.size(), 1);
  PGresult* result = PQexecPrepared(connection_.get(), name, static_cast<int>(parameters.size()),
                                    values.data(), lengths.data(), formats.data(), 1);
  PostgresRows rows(result);
  if (PQresultStatus(result) != PGRES_TUPLES_OK) return ErrorOf(result);
  return rows;
}

}  // namespace daybook::peers
