#include "daybook/snapshots/snapshot_policy.h"

#include "absl/strings/str_cat.h"
#include "daybook/core/errors.h"

namespace daybook {

bool TakesSnapshots(const SnapshotPolicy& policy) {
  return policy.events.value_or(0) > 0 || policy.bytes > 0 || policy.age < absl::InfiniteDuration();
}

bool IsSnapshotDue(const SnapshotPolicy& policy, const EventsBehind& behind, absl::Time now) {
  if (behind.count == 0) return false;
  const uint64_t events = policy.events.value_or(0);
  if (events > 0 && behind.count >= events) return true;
  if (policy.bytes > 0 && behind.bytes >= policy.bytes) return true;
  return policy.age < absl::InfiniteDuration() && now - behind.since >= policy.age;
}

absl::Status CheckSnapshotPolicy(const SnapshotPolicy& policy, absl::string_view owner) {
  if (policy.age <= absl::ZeroDuration()) {
    return InvalidFieldError(absl::StrCat(owner, ": snapshots.age"), "more than 0");
  }
  if (policy.keep < 1 || policy.keep > kMaxKeptSnapshots) {
    return InvalidFieldError(absl::StrCat(owner, ": snapshots.keep"),
                             absl::StrCat("1 to ", kMaxKeptSnapshots));
  }
  return absl::OkStatus();
}

}  // namespace daybook
