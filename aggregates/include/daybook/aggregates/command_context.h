// What a Decide may know beside the state and the command.
#ifndef DAYBOOK_AGGREGATES_COMMAND_CONTEXT_H_
#define DAYBOOK_AGGREGATES_COMMAND_CONTEXT_H_

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "daybook/core/metadata.h"
#include "daybook/core/uuid.h"

namespace daybook {

// The third parameter of a Decide that wants it. Time and ids come from here and from nowhere
// else, so that a test gives its own. Valid during the call.
struct CommandContext {
  absl::Time now;         // by the application's clock
  CommandId command_id;   // never nil; command_id.Derive(n) makes ids that a retry makes again
  absl::string_view key;  // of the stream, without its category
  // The stream's version that `state` stands at; nullopt: it has no events yet.
  std::optional<uint64_t> version;
  const Metadata& metadata;  // as every event of this command gets it, without its tags
};

}  // namespace daybook

#endif  // DAYBOOK_AGGREGATES_COMMAND_CONTEXT_H_
