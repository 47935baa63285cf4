// One command on its way from the caller to its outcome.
#ifndef DAYBOOK_AGGREGATES_SRC_CALL_H_
#define DAYBOOK_AGGREGATES_SRC_CALL_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "daybook/aggregates/app.h"
#include "daybook/aggregates/reply.h"
#include "daybook/core/metadata.h"
#include "google/protobuf/message.h"
#include "lent_state.h"
#include "registered_aggregate.h"

namespace daybook::internal {

class Lane;

// Held by one thread, one queue or one callback at a time.
struct Call {
  const AggregateRegistry::Command* command = nullptr;
  const google::protobuf::Message* message = nullptr;
  std::unique_ptr<google::protobuf::Message> owned;  // `message`, unless the caller waits with it
  std::string stream;
  Metadata metadata;      // of every event, without tags; command_id is the command's
  bool given_id = false;  // the caller's id: it may have been executed before
  ReplyCallback done;

  Lane* lane = nullptr;  // pinned for this call

  // Since its last decision: what it is answered when the commit is durable.
  Reply reply;
  absl::Status rejection;
  StateLoan snapshot;  // the state that it leaves, when a snapshot of it is due
  // Its commit builds on no other that is in flight: a refusal is its own.
  bool first_of_chain = false;
  int conflicts = 0;  // with writers outside of App
};

}  // namespace daybook::internal

#endif  // DAYBOOK_AGGREGATES_SRC_CALL_H_
