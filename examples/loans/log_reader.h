// Reads a log of loan applications.
#ifndef DAYBOOK_EXAMPLES_LOANS_LOG_READER_H_
#define DAYBOOK_EXAMPLES_LOANS_LOG_READER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "csv_reader.h"
#include "step.h"

namespace loans {

// A CSV file whose header names its columns, in any order: `case`, `AMOUNT_REQ`, `concept:name`,
// `lifecycle:transition`, `org:resource`, `time:timestamp`. Others are passed over.
class LogReader {
 public:
  static constexpr int64_t kMaxAmount = 1'000'000'000'000;
  static constexpr size_t kMaxNameBytes = 200;

  // Opens the file and reads its header. InvalidArgument (InvalidField "<file>, header[, column
  // <name>]") when the file is empty, a column is missing or there twice; and the errors of
  // InputFile and CsvReader.
  static absl::StatusOr<LogReader> Open(const std::string& path);

  // Reads a row into `step`; false at the end. InvalidArgument (InvalidField "<file>, row <n>,
  // column <name>") for a value that is none of its column's; and the errors of CsvReader.
  absl::StatusOr<bool> Next(Step* step);

 private:
  enum Column : size_t { kCase, kAmount, kActivity, kTransition, kResource, kTime, kColumns };
  static constexpr std::array<absl::string_view, kColumns> kNames = {
      "case",         "AMOUNT_REQ",    "concept:name", "lifecycle:transition",
      "org:resource", "time:timestamp"};

  explicit LogReader(CsvReader csv) : csv_(std::move(csv)) {}

  absl::Status ReadHeader();
  const std::string& Value(Column column) const { return fields_[index_[column]]; }
  absl::Status Refuse(Column column, absl::string_view rule) const;
  absl::Status ReadNames(Step* step) const;
  absl::Status ReadTransition(Step* step) const;
  absl::Status ReadNumbers(Step* step) const;

  CsvReader csv_;
  size_t width_ = 0;
  std::array<size_t, kColumns> index_{};
  std::vector<std::string> fields_;
  uint64_t row_ = 0;
};

}  // namespace loans

#endif  // DAYBOOK_EXAMPLES_LOANS_LOG_READER_H_
