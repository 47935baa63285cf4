// Whether a snapshot is what the events of its stream fold into.
#ifndef DAYBOOK_AGGREGATES_SRC_SNAPSHOT_AUDIT_H_
#define DAYBOOK_AGGREGATES_SRC_SNAPSHOT_AUDIT_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "daybook/core/event_store.h"
#include "daybook/snapshots/snapshot_difference.h"
#include "daybook/snapshots/snapshot_store.h"
#include "google/protobuf/message.h"
#include "registered_aggregate.h"
#include "stream_loader.h"

namespace daybook::internal {

// Folds a stream from its start to the snapshot's version, some events at a time, and compares the
// two states byte for byte. There, and not at the stream's end: what is wrong with the snapshot may
// not show any more behind the events that came after it. Not thread-safe.
class SnapshotAudit {
 public:
  // `aggregate` must outlive it.
  SnapshotAudit(const RegisteredAggregate* aggregate, std::string stream, Snapshot snapshot);
  SnapshotAudit(const SnapshotAudit&) = delete;
  SnapshotAudit& operator=(const SnapshotAudit&) = delete;

  const std::string& stream() const { return stream_; }

  // Folds what comes next; false when nothing is left. Errors as FoldEvents.
  absl::StatusOr<bool> Next(const StoreReader& reader) { return fold_.Next(reader); }

  // When nothing is left: OK, or DataLoss (Damage "snapshot") that names the stream and the
  // version.
  absl::Status Verdict() const;
  // What is kept of it when it differs.
  SnapshotDifference Difference(absl::Time found) const;

 private:
  const RegisteredAggregate* const aggregate_;
  const std::string stream_;
  const Snapshot snapshot_;
  const std::unique_ptr<google::protobuf::Message> folded_;
  StreamFold fold_;
};

}  // namespace daybook::internal

#endif  // DAYBOOK_AGGREGATES_SRC_SNAPSHOT_AUDIT_H_
