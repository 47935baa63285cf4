#include "recovery.h"

#include <algorithm>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "chain.h"
#include "daybook/core/errors.h"
#include "daybook/core/status_macros.h"

namespace daybook::internal {
namespace {

absl::StatusOr<GroupMark> ReadMark(const Kv& kv) {
  GroupMark mark;
  DAYBOOK_ASSIGN_OR_RETURN(const auto row, kv.Get(nullptr, Family::kMeta, kGroupKey));
  if (row.has_value() && !GroupMark::Decode(row->view(), &mark)) {
    return DamageError("group mark", Position(), "it is malformed");
  }
  return mark;
}

absl::Status Lost(const GroupMark& found, uint64_t number, uint64_t tip) {
  return DamageError(
      "log", Position(found.tip + 1),
      absl::StrCat("acknowledged up to position ", tip, " (group ", number,
                   "), found up to position ", found.tip, " (group ", found.number,
                   "), and the witness does not hold what is missing: restore a backup"));
}

}  // namespace

std::string FormatRecord::Encode() const {
  std::string bytes;
  AppendLittle(format, &bytes);
  bytes.append(store_id.bytes().data(), Uuid::kBytes);
  AppendLittle(made_micros, &bytes);
  return bytes;
}

absl::StatusOr<FormatRecord> FormatRecord::Decode(absl::string_view bytes) {
  if (bytes.size() != sizeof(uint32_t) + Uuid::kBytes + sizeof(int64_t)) {
    return DamageError("format record", Position(), "it is malformed");
  }
  FormatRecord record;
  record.format = LoadLittle<uint32_t>(bytes.data());
  record.store_id = Uuid::FromBytes(bytes.substr(4, Uuid::kBytes));
  record.made_micros = LoadLittle<int64_t>(bytes.data() + 4 + Uuid::kBytes);
  return record;
}

absl::StatusOr<RecoveryPlan> PlanRecovery(const Kv& kv, const WitnessContent& witness) {
  DAYBOOK_ASSIGN_OR_RETURN(const auto format, kv.Get(nullptr, Family::kMeta, kFormatKey));
  if (!format.has_value()) return DamageError("format record", Position(), "it is missing");
  DAYBOOK_ASSIGN_OR_RETURN(const FormatRecord record, FormatRecord::Decode(format->view()));
  if (record.format > kFormat) {
    return absl::FailedPreconditionError(
        absl::StrCat("the store is of format ", record.format, ", newer than ", kFormat,
                     ", the newest that this build reads: use a newer Daybook"));
  }
  if (record.store_id != witness.header.store_id) {
    return DamageError("witness", Position(), "it belongs to another store");
  }

  RecoveryPlan plan;
  DAYBOOK_ASSIGN_OR_RETURN(plan.found, ReadMark(kv));
  const WitnessHeader& header = witness.header;
  if (plan.found.number < header.flushed_group) {
    return Lost(plan.found, header.flushed_group, header.flushed_tip);
  }
  if (header.clean &&
      (plan.found.number != header.flushed_group || plan.found.tip != header.flushed_tip ||
       plan.found.chain != header.flushed_chain)) {
    return DamageError("log", Position(plan.found.tip),
                       "the store was closed in order, but not in the state that is found");
  }
  for (const WitnessGroup& group : witness.groups) {
    if (group.number < plan.found.number) continue;
    if (group.number == plan.found.number) {
      if (group.tip != plan.found.tip || group.chain != plan.found.chain) {
        return DamageError("log", Position(std::min(group.tip, plan.found.tip)),
                           "the log and the witness tell different histories");
      }
      continue;
    }
    const uint64_t next =
        (plan.replay.empty() ? plan.found.number : plan.replay.back()->number) + 1;
    if (group.digest_only || group.number != next) {
      return Lost(plan.found, witness.groups.back().number, witness.groups.back().tip);
    }
    plan.replay.push_back(&group);
  }
  return plan;
}

absl::Status Replay(Kv* kv, const RecoveryPlan& plan) {
  for (const WitnessGroup* group : plan.replay) {
    KvBatch batch;
    DAYBOOK_RETURN_IF_ERROR(KvBatch::ForEach(
        group->batch,
        [&](Family family, absl::string_view key, absl::string_view value) {
          batch.Put(family, key, value);
        },
        [&](Family family, absl::string_view key) { batch.Delete(family, key); }));
    DAYBOOK_RETURN_IF_ERROR(kv->Write(batch));
  }
  return absl::OkStatus();
}

absl::Status WalkLog(const Kv& kv, uint64_t after,
                     absl::FunctionRef<absl::Status(const RecordView&)> visit) {
  auto it = kv.NewIterator(nullptr, Family::kLog, {});
  uint64_t sequence = after;
  for (it->Seek(LogKey(after + 1)); it->Valid(); it->Next()) {
    ++sequence;
    if (it->key() != LogKey(sequence)) {
      return DamageError("event", Position(sequence), "it is not in the log");
    }
    DAYBOOK_ASSIGN_OR_RETURN(const RecordView record, RecordView::Parse(sequence, it->value()));
    DAYBOOK_RETURN_IF_ERROR(visit(record));
  }
  return it->status();
}

absl::StatusOr<GroupMark> ProveTail(const Kv& kv, const WitnessContent& witness, uint64_t number) {
  DAYBOOK_ASSIGN_OR_RETURN(const GroupMark found, ReadMark(kv));
  absl::flat_hash_map<uint64_t, const ChainHash*> expected;
  for (const WitnessGroup& group : witness.groups) expected.emplace(group.tip, &group.chain);
  if (found.tip > 0) expected.emplace(found.tip, &found.chain);

  GroupMark proved = found;
  proved.number = number;
  proved.tip = witness.header.flushed_tip;
  proved.chain = witness.header.flushed_chain;
  DAYBOOK_RETURN_IF_ERROR(WalkLog(kv, proved.tip, [&](const RecordView& record) -> absl::Status {
    proved.tip = record.sequence();
    DAYBOOK_RETURN_IF_ERROR(AdvanceChain(record, &proved.chain));
    if (auto it = expected.find(proved.tip); it != expected.end() && *it->second != proved.chain) {
      return DamageError("chain", Position(proved.tip),
                         "the log is not the one that the witness saw");
    }
    if (proved.tip > found.tip && (record.flags() & kIntroducesStream) != 0) {
      ++proved.streams;
      proved.categories = std::max(proved.categories, CategoryIdOf(record.stream()));
    }
    return absl::OkStatus();
  }));
  if (proved.tip < found.tip) {
    return DamageError("event", Position(proved.tip + 1), "it is not in the log");
  }
  // Near free, and catches a table file that went missing as a whole.
  DAYBOOK_ASSIGN_OR_RETURN(const uint64_t entries, kv.CountEntries(Family::kLog));
  if (entries < proved.tip) {
    return DamageError("log", Position(),
                       absl::StrCat("it holds ", entries, " entries for ", proved.tip, " events"));
  }
  return proved;
}

}  // namespace daybook::internal
