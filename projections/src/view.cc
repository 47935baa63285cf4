#include "view.h"

#include <algorithm>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "daybook/core/codec.h"
#include "daybook/core/errors.h"

namespace daybook::internal {

void ViewProgress::Advance(Position visible, bool caught_up) {
  MutexLock lock(&mutex_);
  now_.visible = std::max(now_.visible, visible);
  now_.caught_up |= caught_up;
  std::erase_if(waiters_, [this](const Waiter& waiter) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    if (waiter.position > now_.visible) return false;
    waiter.latch->Open();
    return true;
  });
}

void ViewProgress::Stop(absl::Status error) {
  MutexLock lock(&mutex_);
  now_.error = std::move(error);
  for (const Waiter& waiter : waiters_) waiter.latch->Open();
  waiters_.clear();
}

ViewProgress::Snapshot ViewProgress::Get() const {
  MutexLock lock(&mutex_);
  return now_;
}

void ViewProgress::WhenReached(Position position, std::shared_ptr<Latch> latch) {
  MutexLock lock(&mutex_);
  std::erase_if(waiters_, [](const Waiter& waiter) { return waiter.latch->is_open(); });
  if (position <= now_.visible || !now_.error.ok()) {
    latch->Open();
  } else {
    waiters_.push_back({position, std::move(latch)});
  }
}

std::string View::Checkpoint(Position position, bool in_commits) const {
  v1::ViewCheckpoint checkpoint;
  checkpoint.set_generation(generation);
  const absl::string_view fingerprint = definition().fingerprint().bytes();
  checkpoint.set_fingerprint(fingerprint.data(), fingerprint.size());
  checkpoint.set_position(position.sequence());
  checkpoint.set_in_commits(in_commits);
  return EncodeMessage(checkpoint);
}

absl::StatusOr<v1::ViewCheckpoint> ParseCheckpoint(absl::string_view view,
                                                   absl::string_view bytes) {
  v1::ViewCheckpoint checkpoint;
  if (!checkpoint.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return DamageError("row", Position::Start(),
                       absl::StrCat("the checkpoint of view ", view, " does not parse"));
  }
  return checkpoint;
}

absl::Status AtEvent(absl::string_view view, absl::string_view verb, const RecordedEvent& event,
                     const absl::Status& status) {
  absl::Status result(status.code(), absl::StrCat("view ", view, " ", verb, " ", event.type, " of ",
                                                  event.stream, ": ", status.message()));
  status.ForEachPayload([&result](absl::string_view url, const absl::Cord& payload) {
    result.SetPayload(url, payload);
  });
  return result;
}

}  // namespace daybook::internal
