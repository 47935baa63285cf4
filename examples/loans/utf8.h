// Whether bytes are text.
#ifndef DAYBOOK_EXAMPLES_LOANS_UTF8_H_
#define DAYBOOK_EXAMPLES_LOANS_UTF8_H_

#include "absl/strings/string_view.h"

namespace loans {

// Well-formed UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
bool IsUtf8(absl::string_view bytes);

}  // namespace loans

#endif  // DAYBOOK_EXAMPLES_LOANS_UTF8_H_
