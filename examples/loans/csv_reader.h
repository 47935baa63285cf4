// Reads comma-separated values as RFC 4180 describes them.
#ifndef DAYBOOK_EXAMPLES_LOANS_CSV_READER_H_
#define DAYBOOK_EXAMPLES_LOANS_CSV_READER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "input_file.h"

namespace loans {

// Records of a file (a byte order mark is skipped) that end with LF or CRLF; fields may be
// quoted, and then hold commas, line ends and doubled quotes. Empty lines are no records.
class CsvReader {
 public:
  static constexpr size_t kMaxRecordBytes = size_t{1} << 20;

  explicit CsvReader(InputFile file) : file_(std::move(file)) {}

  // Reads a record into `fields`; false at the end of the file. InvalidArgument (InvalidField
  // "<file>, line <n>") for a NUL, a quote out of place or left open, a CR that no LF follows, a
  // record too large; and the errors of InputFile::Read.
  absl::StatusOr<bool> Next(std::vector<std::string>* fields);

  // The line on which the record last read begins, from 1.
  uint64_t line() const { return record_line_; }
  const std::string& path() const { return file_.path(); }

 private:
  static constexpr int kEnd = -1;

  absl::StatusOr<int> Get();
  absl::StatusOr<int> Peek();
  absl::Status ReadQuoted(std::string* field);
  // Reads up to a comma or the end of the record; `*last` tells which.
  absl::Status ReadField(std::string* field, bool* last);
  absl::Status Refuse(absl::string_view rule) const;

  InputFile file_;
  absl::string_view unread_;
  bool at_start_ = true;
  size_t record_bytes_ = 0;
  uint64_t line_ = 1;
  uint64_t record_line_ = 1;
};

}  // namespace loans

#endif  // DAYBOOK_EXAMPLES_LOANS_CSV_READER_H_
