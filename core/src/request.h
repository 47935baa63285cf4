// A commit on its way to the sequencer: checked, serialized and hashed on the caller's side.
#ifndef DAYBOOK_CORE_SRC_REQUEST_H_
#define DAYBOOK_CORE_SRC_REQUEST_H_

#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>
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
  std::string payload;  // its SHA-256 when it was removed
  uint32_t payload_size = 0;
  bool removed = false;
  std::string metadata;  // encoded
  Hash payload_digest{};
  Hash metadata_digest{};
};

struct PreparedAppend {
  std::string stream;
  ExpectedVersion expected = ExpectedVersion::Any();
  std::vector<PreparedEvent> events;
};

// A commit of another store's log, which must come out as it was there.
struct AsRecorded {
  uint64_t first = 0;  // the position of its first event
  int64_t recorded_micros = 0;
  Hash chain{};  // after its last event
};

struct Request {
  std::vector<PreparedAppend> appends;
  std::vector<Claim> claims;
  std::vector<TableWrite> writes;
  std::shared_ptr<CommitChain> chain;
  std::optional<AsRecorded> as_recorded;
  EventStore::AppendCallback done;
  size_t bytes = 0;  // what it takes of the queue
  // Set alone: run by the sequencer between two commits.
  absl::AnyInvocable<void() &&> control;
  // With control: run when everything that was written is published.
  bool when_published = false;
  Request* next = nullptr;  // RequestQueue's
};

// Requests on their way to the sequencer: any number of callers push without a lock, one takes.
class RequestQueue {
 public:
  ~RequestQueue() { TakeAll(); }

  void Push(std::unique_ptr<Request> request) {
    Request* const pushed = request.release();
    pushed->next = newest_.load(std::memory_order_relaxed);
    while (!newest_.compare_exchange_weak(pushed->next, pushed, std::memory_order_release,
                                          std::memory_order_relaxed)) {
    }
  }
  // In the order of the pushes.
  std::vector<std::unique_ptr<Request>> TakeAll() {
    std::vector<std::unique_ptr<Request>> taken;
    Request* request = newest_.exchange(nullptr, std::memory_order_acquire);
    while (request != nullptr) {
      Request* const next = request->next;
      taken.emplace_back(request);
      request = next;
    }
    std::reverse(taken.begin(), taken.end());
    return taken;
  }
  bool empty() const { return newest_.load(std::memory_order_acquire) == nullptr; }

 private:
  std::atomic<Request*> newest_{nullptr};
};

// Checks every limit of `commit` (InvalidArgument, with the field's path) and prepares it.
absl::StatusOr<std::unique_ptr<Request>> PrepareCommit(Commit commit);

}  // namespace daybook::internal

#endif  // DAYBOOK_CORE_SRC_REQUEST_H_
