#include "csv_reader.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "daybook/core/errors.h"
#include "daybook/core/status_macros.h"

namespace loans {

absl::Status CsvReader::Refuse(absl::string_view rule) const {
  return daybook::InvalidFieldError(absl::StrCat(path(), ", line ", line_), rule);
}

absl::StatusOr<int> CsvReader::Peek() {
  if (unread_.empty()) {
    DAYBOOK_ASSIGN_OR_RETURN(unread_, file_.Read());
    if (std::exchange(at_start_, false)) absl::ConsumePrefix(&unread_, "\xEF\xBB\xBF");
    if (unread_.empty()) return kEnd;
  }
  return static_cast<unsigned char>(unread_.front());
}

absl::StatusOr<int> CsvReader::Get() {
  DAYBOOK_ASSIGN_OR_RETURN(const int c, Peek());
  if (c == kEnd) return kEnd;
  if (c == '\0') return Refuse("must hold no NUL");
  if (++record_bytes_ > kMaxRecordBytes) return Refuse("must be at most 1 MiB long");
  unread_.remove_prefix(1);
  if (c == '\n') ++line_;
  return c;
}

absl::Status CsvReader::ReadQuoted(std::string* field) {
  const uint64_t opened = line_;
  while (true) {
    DAYBOOK_ASSIGN_OR_RETURN(const int c, Get());
    if (c == kEnd) {
      return Refuse(absl::StrCat("must close the quote that line ", opened, " opens"));
    }
    if (c == '"') {
      DAYBOOK_ASSIGN_OR_RETURN(const int next, Peek());
      if (next != '"') return absl::OkStatus();
      DAYBOOK_RETURN_IF_ERROR(Get().status());
    }
    field->push_back(static_cast<char>(c));
  }
}

absl::Status CsvReader::ReadField(std::string* field, bool* last) {
  bool quoted = false;
  while (true) {
    DAYBOOK_ASSIGN_OR_RETURN(const int next, Peek());
    if (next == '\n' || next == kEnd) {
      *last = true;
      return Get().status();
    }
    DAYBOOK_ASSIGN_OR_RETURN(const int c, Get());
    if (c == ',') {
      *last = false;
      return absl::OkStatus();
    }
    if (c == '\r') {
      DAYBOOK_ASSIGN_OR_RETURN(const int after, Peek());
      if (after != '\n') return Refuse("must have an LF after each CR outside of quotes");
    } else if (c == '"') {
      if (quoted || !field->empty()) return Refuse("must have quotes around whole fields only");
      quoted = true;
      DAYBOOK_RETURN_IF_ERROR(ReadQuoted(field));
    } else {
      if (quoted) return Refuse("must have quotes around whole fields only");
      field->push_back(static_cast<char>(c));
    }
  }
}

absl::StatusOr<bool> CsvReader::Next(std::vector<std::string>* fields) {
  while (true) {
    DAYBOOK_ASSIGN_OR_RETURN(const int next, Peek());
    if (next == kEnd) return false;
    record_line_ = line_;
    record_bytes_ = 0;
    size_t count = 0;
    bool last = false;
    while (!last) {
      if (count == fields->size()) fields->emplace_back();
      std::string& field = (*fields)[count++];
      field.clear();
      DAYBOOK_RETURN_IF_ERROR(ReadField(&field, &last));
    }
    fields->resize(count);
    if (count > 1 || record_bytes_ > 2 || !fields->front().empty()) return true;
  }
}

}  // namespace loans
