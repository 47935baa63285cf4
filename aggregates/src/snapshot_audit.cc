#include "snapshot_audit.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "daybook/core/codec.h"
#include "daybook/core/errors.h"

namespace daybook::internal {

SnapshotAudit::SnapshotAudit(const RegisteredAggregate* aggregate, std::string stream,
                             Snapshot snapshot)
    : aggregate_(aggregate),
      stream_(std::move(stream)),
      snapshot_(std::move(snapshot)),
      folded_(aggregate->definition->default_state->New()),
      fold_(aggregate, stream_, /*folded=*/std::nullopt, snapshot_.version, folded_.get()) {}

absl::Status SnapshotAudit::Verdict() const {
  // What is gone cannot be folded again.
  if (!fold_.is_whole() || fold_.began_after(snapshot_.version)) return absl::OkStatus();
  const std::unique_ptr<google::protobuf::Message> kept(folded_->New());
  const bool same = fold_.version() == snapshot_.version &&
                    kept->ParseFromString(snapshot_.state) &&
                    EncodeMessage(*kept) == EncodeMessage(*folded_);
  if (same) return absl::OkStatus();
  return DamageError(
      "snapshot", fold_.position(),
      absl::StrCat("that of ", stream_, " at version ", snapshot_.version,
                   " is not what its events fold into: the Evolve of ",
                   aggregate_->definition->name,
                   " changed its meaning without a new evolve_revision, or uses more than the "
                   "state and the event"));
}

SnapshotDifference SnapshotAudit::Difference(absl::Time found) const {
  return {stream_, snapshot_.version, aggregate_->fingerprint, found};
}

}  // namespace daybook::internal
