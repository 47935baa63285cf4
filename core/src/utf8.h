// UTF-8, strictly: no over-long forms, no surrogates, nothing above U+10FFFF.
#ifndef DAYBOOK_CORE_SRC_UTF8_H_
#define DAYBOOK_CORE_SRC_UTF8_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "daybook/proto/field_rules.h"  // IsUtf8

namespace daybook::internal {

// Takes the first code point off `text` and returns it; -1 when `text` does not begin with one.
// Requires !text->empty().
int32_t TakeCodePoint(absl::string_view* text);

}  // namespace daybook::internal

#endif  // DAYBOOK_CORE_SRC_UTF8_H_
