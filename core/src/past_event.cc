#include "daybook/core/past_event.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace daybook {

std::string DescribeUpcasts(absl::Span<const PastEvent> events) {
  std::set<std::string> lines;
  for (const PastEvent& event : events) {
    lines.insert(absl::StrCat("past ", event.type, " ", event.schema_version, " revision ",
                              event.upcast_revision, " becomes ",
                              absl::StrJoin(event.becomes, ", "), "\n"));
  }
  return absl::StrJoin(lines, "");
}

}  // namespace daybook
