// A commit on its way to the sequencer: checked, serialized and hashed on the caller's side.
#ifndef DAYBOOK_CORE_SRC_REQUEST_H_
#define DAYBOOK_CORE_SRC_REQUEST_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "daybook/core/commit.h"
#include "daybook/core/event_store.h"
#include "format.h"

namespace daybook::internal {

struct PreparedEvent {
  EventId id;
  bool id_given = false;  // by the caller, so that it may have been appended before
  std::string type;
  uint16_t schema_version = 1;
  PayloadEncoding encoding = PayloadEncoding::kPlain;
  std::string payload;
  std::string metadata;  // encoded
  Hash payload_digest{};
  Hash metadata_digest{};
};

struct PreparedAppend {
  std::string stream;
  ExpectedVersion expected = ExpectedVersion::Any();
  std::vector<PreparedEvent> events;
};

struct Request {
  std::vector<PreparedAppend> appends;
  std::vector<Claim> claims;
  std::vector<TableWrite> writes;
  std::shared_ptr<CommitChain> chain;
  EventStore::AppendCallback done;
  size_t bytes = 0;  // what it takes of the queue
  // Set alone: run by the sequencer between two commits.
  absl::AnyInvocable<void() &&> control;
};

// Checks every limit of `commit` (InvalidArgument, with the field's path) and prepares it.
absl::StatusOr<Request> PrepareCommit(Commit commit);

}  // namespace daybook::internal

#endif  // DAYBOOK_CORE_SRC_REQUEST_H_
