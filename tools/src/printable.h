// Text that does nothing to a terminal but appear.
#ifndef DAYBOOK_TOOLS_SRC_PRINTABLE_H_
#define DAYBOOK_TOOLS_SRC_PRINTABLE_H_

#include <string>

#include "absl/strings/string_view.h"
#include "nlohmann/json_fwd.hpp"

namespace daybook::tools {

// `text` with everything that could move a cursor, break a line, override the direction of text or
// is not UTF-8 replaced by an escape of JSON's kind (\n, \u001b), and \ by \\.
std::string Printable(absl::string_view text);

// One line of JSON, as safe to show. Bytes that are not UTF-8 become U+FFFD.
std::string JsonLine(const nlohmann::ordered_json& value);

}  // namespace daybook::tools

#endif  // DAYBOOK_TOOLS_SRC_PRINTABLE_H_
