// The opening protocol: what RocksDB recovered is held against the witness before anything is
// written. docs/formats/store.md tells why each step is there.
#ifndef DAYBOOK_CORE_SRC_RECOVERY_H_
#define DAYBOOK_CORE_SRC_RECOVERY_H_

#include <cstdint>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "daybook/core/uuid.h"
#include "format.h"
#include "kv.h"
#include "record.h"
#include "witness.h"

namespace daybook::internal {

// The record under kFormatKey.
struct FormatRecord {
  uint32_t format = kFormat;
  Uuid store_id;
  int64_t made_micros = 0;

  std::string Encode() const;
  // DataLoss unless well formed.
  static absl::StatusOr<FormatRecord> Decode(absl::string_view bytes);
};

// What has to be done to a recovered store before it may be used.
struct RecoveryPlan {
  // Acknowledged groups that RocksDB lost; their batches are applied in order.
  std::vector<const WitnessGroup*> replay;
  GroupMark found;  // the newest group that RocksDB has
};

// Compares the two records. DataLoss, naming what was acknowledged and what was found, when the
// witness cannot mend the difference; FailedPrecondition for a newer format.
absl::StatusOr<RecoveryPlan> PlanRecovery(const Kv& kv, const WitnessContent& witness);

// Applies the plan's groups.
absl::Status Replay(Kv* kv, const RecoveryPlan& plan);

// The mark that the store's log bears out: from the witness's anchor on every event is read, its
// place in the chain proved, and each group's own mark compared. Events after the newest mark were
// never acknowledged, and are kept. `number` is given to the mark. DataLoss at the first bad one.
absl::StatusOr<GroupMark> ProveTail(const Kv& kv, const WitnessContent& witness, uint64_t number);

// Calls `visit` for each event after `after`, in order and without a gap, to the log's end.
absl::Status WalkLog(const Kv& kv, uint64_t after,
                     absl::FunctionRef<absl::Status(const RecordView&)> visit);

}  // namespace daybook::internal

#endif  // DAYBOOK_CORE_SRC_RECOVERY_H_
