#include "daybook/core/position.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "daybook/core/errors.h"

namespace daybook {

std::string Position::ToString() const {
  return partition_ == 0 ? absl::StrCat(sequence_) : absl::StrCat(partition_, ":", sequence_);
}

absl::StatusOr<Position> Position::Parse(absl::string_view text) {
  const size_t colon = text.find(':');
  uint64_t sequence = 0;
  uint32_t partition = 0;
  bool ok = true;
  if (colon == absl::string_view::npos) {
    ok = absl::SimpleAtoi(text, &sequence);
  } else {
    ok = absl::SimpleAtoi(text.substr(0, colon), &partition) && partition <= 0xffff &&
         absl::SimpleAtoi(text.substr(colon + 1), &sequence);
  }
  const Position position(sequence, static_cast<uint16_t>(partition));
  // There is one text form: no sign, no space, no leading zero, no partition 0.
  if (!ok || position.ToString() != text) {
    return InvalidFieldError("position", "a number, or partition:number");
  }
  return position;
}

}  // namespace daybook
