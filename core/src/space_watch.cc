#include "space_watch.h"

#include <algorithm>
#include <utility>

#include "daybook/core/errors.h"

namespace daybook::internal {
namespace {

// Asking takes a microsecond or two: nothing beside a second of appends, or the sync of this much.
constexpr absl::Duration kInterval = absl::Seconds(1);
constexpr uint64_t kAllowance = uint64_t{8} << 20;

}  // namespace

SpaceWatch::SpaceWatch(FileSystem* files, std::string directory, uint64_t min_free_bytes,
                       Clock* clock, absl::AnyInvocable<void()> wake)
    : files_(files),
      directory_(std::move(directory)),
      min_free_bytes_(min_free_bytes),
      clock_(clock),
      alarm_(std::make_shared<Alarm>()) {
  MutexLock lock(&alarm_->mutex);
  alarm_->wake = std::move(wake);
}

SpaceWatch::~SpaceWatch() {
  MutexLock lock(&alarm_->mutex);
  alarm_->wake = nullptr;
}

absl::Status SpaceWatch::Take(size_t bytes, absl::Time now) {
  // The clock may have been set back.
  const bool fresh = now >= asked_ && now - asked_ < kInterval;
  if (low() || !fresh || bytes > allowance_) {
    low_ = Ask(bytes, now);
    if (!low_.ok()) {
      if (!armed_) Arm(now);
      return low_;
    }
  }
  allowance_ -= std::min<uint64_t>(bytes, allowance_);
  return absl::OkStatus();
}

bool SpaceWatch::LookAgain() {
  // Each step of the sequencer asks: it is mostly not.
  if (!alarm_->due.load(std::memory_order_relaxed)) return false;
  alarm_->due.store(false);
  armed_ = false;
  if (!low()) return false;
  const absl::Time now = clock_->Now();
  low_ = Ask(0, now);
  if (low()) Arm(now);
  return !low();
}

absl::Status SpaceWatch::Ask(size_t bytes, absl::Time now) {
  asked_ = now;
  const absl::StatusOr<uint64_t> free = files_->FreeBytes(directory_);
  if (free.ok() && (*free < min_free_bytes_ || *free - min_free_bytes_ < bytes)) {
    return LowSpaceError(directory_, *free, min_free_bytes_);
  }
  allowance_ = kAllowance;
  if (free.ok()) allowance_ = std::min(allowance_, *free - min_free_bytes_);
  return absl::OkStatus();
}

void SpaceWatch::Arm(absl::Time now) {
  armed_ = true;
  clock_->CallAt(now + kInterval, [alarm = alarm_] {
    alarm->due.store(true);
    MutexLock lock(&alarm->mutex);
    if (alarm->wake != nullptr) alarm->wake();
  });
}

}  // namespace daybook::internal
