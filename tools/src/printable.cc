#include "printable.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "nlohmann/json.hpp"

namespace daybook::tools {
namespace {

using nlohmann::ordered_json;

// The UTF-8 bytes of a code point of U+0080 to U+FFFF, as a number; 0 when none begins at `i`.
uint32_t CodePointAt(absl::string_view text, size_t i) {
  const auto byte = [&](size_t at) { return static_cast<uint8_t>(text[at]); };
  if ((byte(i) & 0xe0) == 0xc0 && i + 1 < text.size()) {
    return (byte(i) & 0x1fu) << 6 | (byte(i + 1) & 0x3fu);
  }
  if ((byte(i) & 0xf0) == 0xe0 && i + 2 < text.size()) {
    return (byte(i) & 0x0fu) << 12 | (byte(i + 1) & 0x3fu) << 6 | (byte(i + 2) & 0x3fu);
  }
  return 0;
}

// JSON escapes U+0000 to U+001F by itself.
bool IsUnsafe(uint32_t c) {
  return (c >= 0x7f && c <= 0x9f) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

// Requires valid UTF-8; in JSON these characters stand only within strings.
std::string EscapeUnsafe(std::string text) {
  std::string out;
  size_t copied = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<uint8_t>(text[i]);
    if (byte < 0x7f) continue;
    const uint32_t c = byte == 0x7f ? 0x7f : CodePointAt(text, i);
    if (!IsUnsafe(c)) continue;
    out.append(text, copied, i - copied);
    absl::StrAppend(&out, "\\u", absl::Hex(c, absl::kZeroPad4));
    i += c < 0x80 ? 0 : c < 0x800 ? 1 : 2;
    copied = i + 1;
  }
  if (copied == 0) return text;
  out.append(text, copied);
  return out;
}

std::string Dump(const ordered_json& value) {
  return EscapeUnsafe(value.dump(-1, ' ', false, ordered_json::error_handler_t::replace));
}

}  // namespace

std::string Printable(absl::string_view text) {
  const std::string quoted = Dump(std::string(text));
  // Between the quotes, which a line of text does not need to be told apart by.
  return absl::StrReplaceAll(quoted.substr(1, quoted.size() - 2),
                             {{"\\\"", "\""}, {"\\\\", "\\\\"}});
}

std::string JsonLine(const ordered_json& value) {
  return Dump(value) + "\n";
}

}  // namespace daybook::tools
