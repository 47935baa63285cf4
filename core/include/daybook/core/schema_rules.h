// What may change in a message without a new schema version.
#ifndef DAYBOOK_CORE_SCHEMA_RULES_H_
#define DAYBOOK_CORE_SCHEMA_RULES_H_

#include <string>
#include <vector>

#include "google/protobuf/descriptor.h"

namespace daybook {

// A rule that a change of a message breaks.
struct SchemaBreach {
  std::string message;  // short name within its package, "Order.Line"
  std::string field;    // of that message as it was recorded, or as it is today where it is new
  std::string rule;     // the rule and what breaks it: "keeps its type: int64 became string"
};

// What stands in the way of reading bytes of `recorded` as `today`: two forms of one message, whose
// names do not matter. They may be of different pools.
//   - a field keeps its number; a number is never used again for something else
//   - a field keeps its type; int32 may become int64, uint32 uint64, and string bytes
//   - a field stays repeated, or single
//   - the number of a field that is gone is reserved: whoever removes it says that he means it
//   - an enum keeps its values
// The same holds for the messages and enums inside, however deep. A field may be renamed: its
// number is what is recorded.
std::vector<SchemaBreach> CompareSchemas(const google::protobuf::Descriptor& recorded,
                                         const google::protobuf::Descriptor& today);

}  // namespace daybook

#endif  // DAYBOOK_CORE_SCHEMA_RULES_H_
