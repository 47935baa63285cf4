// The lines of an export; docs/tool.md lists their members.
#ifndef DAYBOOK_TOOLS_SRC_ENTRY_JSON_H_
#define DAYBOOK_TOOLS_SRC_ENTRY_JSON_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "daybook/core/log_entry.h"

namespace daybook::tools {

// The first line: what follows it.
struct ExportHeading {
  uint64_t events = 0;
  std::string chain_hex;  // after the last one
};

std::string HeadingJson(const ExportHeading& heading);
std::string EntryJson(const LogEntry& entry);

// The same, read. InvalidArgument, with the member (InvalidField), unless the line is one of these:
// with all of their members and no other.
absl::StatusOr<ExportHeading> ParseHeading(absl::string_view line);
absl::StatusOr<LogEntry> ParseEntry(absl::string_view line);

}  // namespace daybook::tools

#endif  // DAYBOOK_TOOLS_SRC_ENTRY_JSON_H_
