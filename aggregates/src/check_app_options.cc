#include "check_app_options.h"

#include "daybook/core/errors.h"

namespace daybook::internal {
namespace {

constexpr size_t kMaxCachedStates = 100'000'000;
constexpr size_t kMaxPendingSnapshots = 1'000'000;
constexpr size_t kMaxProducerBytes = 256;

}  // namespace

absl::Status CheckAppOptions(const AppOptions& options) {
  if (options.reply_retention < absl::Seconds(1) ||
      options.reply_retention > absl::Hours(24 * 36525)) {
    return InvalidFieldError("reply_retention", "1 second to 100 years");
  }
  if (options.max_conflict_retries < 0 || options.max_conflict_retries > 1000) {
    return InvalidFieldError("max_conflict_retries", "0 to 1,000");
  }
  if (options.producer.size() > kMaxProducerBytes) {
    return InvalidFieldError("producer", "at most 256 bytes");
  }
  if (options.cached_states > kMaxCachedStates) {
    return InvalidFieldError("cached_states", "0 to 100,000,000");
  }
  if (options.pending_snapshots < 1 || options.pending_snapshots > kMaxPendingSnapshots) {
    return InvalidFieldError("pending_snapshots", "1 to 1,000,000");
  }
  return absl::OkStatus();
}

}  // namespace daybook::internal
