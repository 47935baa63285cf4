#include "log_reader.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "daybook/core/errors.h"
#include "daybook/core/status_macros.h"
#include "daybook/core/stream_name.h"

namespace loans {
namespace {

std::string Shown(absl::string_view value) {
  constexpr size_t kMost = 60;
  const absl::string_view tail = value.size() > kMost ? "…" : "";
  return absl::StrCat("\"", absl::Utf8SafeCEscape(value.substr(0, kMost)), tail, "\"");
}

}  // namespace

absl::StatusOr<LogReader> LogReader::Open(const std::string& path) {
  DAYBOOK_ASSIGN_OR_RETURN(InputFile file, InputFile::Open(path));
  LogReader reader{CsvReader(std::move(file))};
  DAYBOOK_RETURN_IF_ERROR(reader.ReadHeader());
  return reader;
}

absl::Status LogReader::ReadHeader() {
  const std::string where = absl::StrCat(csv_.path(), ", header");
  DAYBOOK_ASSIGN_OR_RETURN(const bool any, csv_.Next(&fields_));
  if (!any) return daybook::InvalidFieldError(where, "must be there: the file is empty");
  width_ = fields_.size();
  for (size_t column = 0; column < kColumns; ++column) {
    const std::string name(kNames[column]);
    const auto found = std::find(fields_.begin(), fields_.end(), name);
    if (found == fields_.end()) {
      return daybook::InvalidFieldError(absl::StrCat(where, ", column ", name), "must be there");
    }
    if (std::find(found + 1, fields_.end(), name) != fields_.end()) {
      return daybook::InvalidFieldError(absl::StrCat(where, ", column ", name),
                                        "must be there only once");
    }
    index_[column] = static_cast<size_t>(found - fields_.begin());
  }
  return absl::OkStatus();
}

absl::Status LogReader::Refuse(Column column, absl::string_view rule) const {
  return daybook::InvalidFieldError(
      absl::StrCat(csv_.path(), ", row ", row_, ", column ", kNames[column]),
      absl::StrCat(rule, ", not ", Shown(Value(column))));
}

absl::StatusOr<bool> LogReader::Next(Step* step) {
  DAYBOOK_ASSIGN_OR_RETURN(const bool any, csv_.Next(&fields_));
  if (!any) return false;
  step->row = ++row_;
  if (fields_.size() != width_) {
    return daybook::InvalidFieldError(
        absl::StrCat(csv_.path(), ", row ", row_, " (line ", csv_.line(), ")"),
        absl::StrCat("must have ", width_, " fields as the header has, not ", fields_.size()));
  }
  DAYBOOK_RETURN_IF_ERROR(ReadNames(step));
  DAYBOOK_RETURN_IF_ERROR(ReadTransition(step));
  DAYBOOK_RETURN_IF_ERROR(ReadNumbers(step));
  return true;
}

absl::Status LogReader::ReadNames(Step* step) const {
  for (const Column column : {kCase, kActivity, kResource}) {
    if (Value(column).size() > kMaxNameBytes) {
      return Refuse(column, absl::StrCat("must be at most ", kMaxNameBytes, " bytes"));
    }
  }
  if (Value(kCase).empty()) return Refuse(kCase, "must be the id of an application");
  const std::string stream = daybook::StreamNameOf("application", Value(kCase));
  if (!daybook::ValidateStreamName(stream).ok()) {
    return Refuse(kCase, "must hold no control characters");
  }
  step->application = Value(kCase);
  step->activity = Value(kActivity);
  step->resource = Value(kResource);
  return absl::OkStatus();
}

absl::Status LogReader::ReadTransition(Step* step) const {
  const std::string& activity = Value(kActivity);
  const bool work = absl::StartsWith(activity, "W_");
  if (!work && !absl::StartsWith(activity, "A_") && !absl::StartsWith(activity, "O_")) {
    return Refuse(kActivity, "must begin with A_, O_ or W_");
  }
  const std::string& transition = Value(kTransition);
  if (transition == "COMPLETE") {
    step->transition = Transition::kComplete;
  } else if (work && transition == "SCHEDULE") {
    step->transition = Transition::kSchedule;
  } else if (work && transition == "START") {
    step->transition = Transition::kStart;
  } else {
    return Refuse(kTransition, work ? "must be SCHEDULE, START or COMPLETE"
                                    : absl::StrCat("must be COMPLETE for ", Shown(activity)));
  }
  return absl::OkStatus();
}

absl::Status LogReader::ReadNumbers(Step* step) const {
  const std::string& amount = Value(kAmount);
  const bool digits = amount.find_first_not_of("0123456789") == std::string::npos;
  if (!digits || !absl::SimpleAtoi(amount, &step->amount) || step->amount > kMaxAmount) {
    return Refuse(kAmount, absl::StrCat("must be whole euros, 0 to ", kMaxAmount));
  }
  const std::optional<Timestamp> time = ParseTimestamp(Value(kTime));
  if (!time.has_value()) {
    return Refuse(kTime, "must be a time such as 2011-10-01T08:08:58.256+02:00");
  }
  step->time = *time;
  return absl::OkStatus();
}

}  // namespace loans
