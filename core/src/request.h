// A commit on its way to the sequencer: checked, serialized and hashed on the caller's side.
#ifndef DAYBOOK_CORE_SRC_REQUEST_H_
#define DAYBOOK_CORE_SRC_REQUEST_H_

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/inlined_vector.h"
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
  bool tagged = false;
  Hash payload_digest{};
  Hash metadata_digest{};
};

struct PreparedAppend {
  std::string stream;
  ExpectedVersion expected = ExpectedVersion::Any();
  absl::InlinedVector<PreparedEvent, 1> events;
};

// A commit of another store's log, which must come out as it was there.
struct AsRecorded {
  uint64_t first = 0;  // the position of its first event
  int64_t recorded_micros = 0;
  Hash chain{};  // after its last event
};

struct Request {
  absl::InlinedVector<PreparedAppend, 1> appends;
  std::vector<AppendCondition> conditions;
  std::vector<Claim> claims;
  std::vector<TableWrite> writes;
  bool new_ids = false;
  bool tagged = false;  // an event has a tag
  std::shared_ptr<CommitChain> chain;
  std::optional<AsRecorded> as_recorded;
  EventStore::AppendCallback done;
  size_t bytes = 0;  // what it takes of the queue
  // Set alone: run by the sequencer between two commits.
  absl::AnyInvocable<void() &&> control;
  // With control: run when everything that was written is published.
  bool when_published = false;
  Request* next = nullptr;  // RequestList's
};

// Requests in a row, each holding the next: moving one costs no memory of its own.
class RequestList {
 public:
  RequestList() = default;
  RequestList(RequestList&& other) noexcept : first_(std::exchange(other.first_, nullptr)) {}
  RequestList& operator=(RequestList&& other) noexcept {
    std::swap(first_, other.first_);
    return *this;
  }
  ~RequestList() {
    while (!empty()) PopFront();
  }

  bool empty() const { return first_ == nullptr; }
  const Request& front() const { return *first_; }
  void PushFront(std::unique_ptr<Request> request) {
    request->next = first_;
    first_ = request.release();
  }
  std::unique_ptr<Request> PopFront() {
    std::unique_ptr<Request> request(first_);
    first_ = request->next;
    return request;
  }

 private:
  Request* first_ = nullptr;
};

// Requests from one thread to another: any number push without a lock, and any takes all.
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
  RequestList TakeAll() {
    RequestList taken;
    Request* request = newest_.exchange(nullptr, std::memory_order_acquire);
    while (request != nullptr) {
      Request* const next = request->next;
      taken.PushFront(std::unique_ptr<Request>(request));
      request = next;
    }
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
