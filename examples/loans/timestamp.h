// Times as logs write them.
#ifndef DAYBOOK_EXAMPLES_LOANS_TIMESTAMP_H_
#define DAYBOOK_EXAMPLES_LOANS_TIMESTAMP_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace loans {

struct Timestamp {
  int64_t unix_ms = 0;
  int utc_offset_minutes = 0;
};

// Reads an ISO 8601 time with its offset: "2011-10-01T00:38:44.546+02:00", the fraction optional
// and cut to milliseconds, the offset "Z" or up to 18 hours. nullopt for anything else.
std::optional<Timestamp> ParseTimestamp(absl::string_view text);

// The same, with milliseconds.
std::string FormatTimestamp(Timestamp time);

}  // namespace loans

#endif  // DAYBOOK_EXAMPLES_LOANS_TIMESTAMP_H_
