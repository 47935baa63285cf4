#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "chain.h"
#include "daybook/core/errors.h"
#include "daybook/core/metadata.h"
#include "daybook/core/open.h"
#include "daybook/core/status_macros.h"
#include "daybook/core/stream_name.h"
#include "open_rocks.h"
#include "sha256.h"
#include "stream_lifecycles.h"
#include "stream_verifier.h"
#include "tag_index.h"

namespace daybook {
namespace internal {
namespace {

constexpr uint64_t kProgressEvery = 65'536;

constexpr absl::string_view kMended =
    "nothing is lost, but one copy is left: the application mends it when it opens the store";

// Holds the log against itself, against the witness and against every index.
class Verifier {
 public:
  Verifier(const Kv& kv, const WitnessContent& witness, const GroupMark& mark)
      : kv_(kv), witness_(witness), mark_(mark), lifecycles_(kv) {}

  absl::StatusOr<VerifyReport> Run(absl::FunctionRef<void(Position)> progress) {
    NoteKnownChains();
    DAYBOOK_RETURN_IF_ERROR(CheckKnownChain());
    DAYBOOK_ASSIGN_OR_RETURN(tags_, FindTagTable(kv_, nullptr));
    const absl::Status walked = WalkLog(kv_, 0, [&](const RecordView& record) -> absl::Status {
      DAYBOOK_RETURN_IF_ERROR(At(record.sequence(), CheckEvent(record)));
      if (tip_ % kProgressEvery == 0) progress(Position(tip_));
      return absl::OkStatus();
    });
    DAYBOOK_RETURN_IF_ERROR(At(tip_ + 1, walked));
    if (tip_ < mark_.tip) return DamageError("event", Position(tip_ + 1), "it is not in the log");
    if (tip_ > 0 && !ended_) return DamageError("event", Position(tip_), "its commit is cut off");
    DAYBOOK_RETURN_IF_ERROR(CheckSize(Family::kStreams, "stream index", entries_));
    DAYBOOK_RETURN_IF_ERROR(CheckSize(Family::kIds, "id index", ids_));
    DAYBOOK_RETURN_IF_ERROR(CheckTagCount());
    DAYBOOK_RETURN_IF_ERROR(lifecycles_.Finish(next_versions_));
    DAYBOOK_RETURN_IF_ERROR(CheckMark());
    DAYBOOK_RETURN_IF_ERROR(CheckWitness());
    VerifyReport report;
    report.tip = Position(tip_);
    report.events = tip_;
    report.streams = next_versions_.size();
    report.chain = absl::BytesToHexString(DigestBytes(chain_));
    return report;
  }

 private:
  // What cannot be read is named by the event that it was read for.
  static absl::Status At(uint64_t sequence, absl::Status status, absl::string_view what = "event") {
    if (!absl::IsDataLoss(status)) return status;
    const auto damage = ErrorPayload<v1::Damage>(status);
    if (damage.has_value() && damage->position() != 0) return status;
    return DamageError(damage.has_value() ? absl::string_view(damage->what()) : what,
                       Position(sequence), status.message());
  }

  void NoteKnownChains() {
    known_.emplace(witness_.header.flushed_tip, witness_.header.flushed_chain);
    for (const WitnessGroup& group : witness_.groups) known_.emplace(group.tip, group.chain);
    known_.emplace(mark_.tip, mark_.chain);
  }

  absl::Status CheckKnownChain() {
    const auto it = known_.find(tip_);
    if (it == known_.end() || it->second == chain_) return absl::OkStatus();
    return DamageError("chain", Position(tip_), "the log is not the one that the witness saw");
  }

  absl::Status CheckEvent(const RecordView& record) {
    tip_ = record.sequence();
    const Position position(tip_);
    DAYBOOK_RETURN_IF_ERROR(AdvanceChain(record, &chain_));
    DAYBOOK_RETURN_IF_ERROR(CheckKnownChain());
    ended_ = record.ends_commit();
    DAYBOOK_RETURN_IF_ERROR(CheckMetadata(record.metadata()));
    if (record.recorded_micros() < last_micros_) {
      return DamageError("event", position, "it was recorded before the one before it");
    }
    last_micros_ = record.recorded_micros();
    uint64_t& next = next_versions_[record.stream()];
    if (record.version() != next) {
      return DamageError("event", position,
                         absl::StrCat("its version is ", record.version(), ", not ", next));
    }
    if ((next == 0) != ((record.flags() & kIntroducesStream) != 0)) {
      return DamageError("event", position, "its stream is introduced in the wrong place");
    }
    if (next == 0) categories_ = std::max(categories_, CategoryIdOf(record.stream()));
    ++next;
    DAYBOOK_RETURN_IF_ERROR(CheckDictionary(record));
    DAYBOOK_RETURN_IF_ERROR(CheckStreamEntry(record));
    DAYBOOK_RETURN_IF_ERROR(CheckTags(record));
    if ((record.flags() & kIdGiven) == 0) return absl::OkStatus();
    ++ids_;
    return CheckIndexEntry(Family::kIds, IdKey(record.id()), "id index");
  }

  // An event whose payload was removed may have none.
  absl::Status CheckStreamEntry(const RecordView& record) {
    DAYBOOK_RETURN_IF_ERROR(lifecycles_.Add(record));
    const FixedKey<16> key = StreamKey(record.stream(), record.version());
    if (record.kind() == RecordKind::kStub) {
      const auto entry = kv_.Get(nullptr, Family::kStreams, key);
      DAYBOOK_RETURN_IF_ERROR(At(tip_, entry.status(), "stream index"));
      if (!entry->has_value()) return absl::OkStatus();
    }
    ++entries_;
    return CheckIndexEntry(Family::kStreams, key, "stream index");
  }

  // The dictionary's rows against the names that the log itself holds.
  absl::Status CheckDictionary(const RecordView& record) {
    if ((record.flags() & kIntroducesType) != 0) {
      DAYBOOK_RETURN_IF_ERROR(CheckRow(TypeKey(record.type()), record.type_name()));
      types_ = std::max(types_, record.type());
    }
    if (record.type() == 0 || record.type() > types_) {
      return DamageError("event", Position(tip_), "its type was not introduced");
    }
    if ((record.flags() & kIntroducesStream) == 0) return absl::OkStatus();
    std::string id;
    AppendBig(record.stream(), &id);
    DAYBOOK_RETURN_IF_ERROR(CheckRow(StreamIdKey(record.stream()), record.stream_name()));
    DAYBOOK_RETURN_IF_ERROR(CheckRow(StreamNameKey(record.stream_name()), id));
    const absl::string_view category = CategoryOf(record.stream_name());
    std::string category_id;
    AppendBig(CategoryIdOf(record.stream()), &category_id);
    DAYBOOK_RETURN_IF_ERROR(CheckRow(CategoryNameKey(category), category_id));
    return CheckRow(CategoryKey(CategoryIdOf(record.stream())), category);
  }

  absl::Status CheckRow(absl::string_view key, absl::string_view expected) {
    const auto row = kv_.Get(nullptr, Family::kMeta, key);
    DAYBOOK_RETURN_IF_ERROR(At(tip_, row.status(), "dictionary"));
    if (row->has_value() && (*row)->view() == expected) return absl::OkStatus();
    return DamageError("dictionary", Position(tip_), "it does not hold what the event introduced");
  }

  absl::Status CheckIndexEntry(Family family, absl::string_view key, absl::string_view what) {
    const auto entry = kv_.Get(nullptr, family, key);
    DAYBOOK_RETURN_IF_ERROR(At(tip_, entry.status(), what));
    std::string expected;
    AppendVarint(tip_, &expected);
    if (entry->has_value() && (*entry)->view() == expected) return absl::OkStatus();
    return DamageError(what, Position(tip_), "it does not lead to the event");
  }

  absl::Status CheckTags(const RecordView& record) {
    if (!tags_.has_value() || tip_ <= tags_->complete_after) return absl::OkStatus();
    std::vector<absl::string_view> tags = MetadataView(record.metadata()).Tags();
    std::sort(tags.begin(), tags.end());
    tags.erase(std::unique(tags.begin(), tags.end()), tags.end());
    for (const absl::string_view tag : tags) {
      const auto entry = kv_.Get(nullptr, Family::kRows, TagEntryKey(tags_->id, tag, tip_));
      DAYBOOK_RETURN_IF_ERROR(At(tip_, entry.status(), "tag index"));
      if (!entry->has_value()) {
        return DamageError("tag index", Position(tip_), absl::StrCat("it lacks ", tag));
      }
    }
    tagged_ += tags.size();
    return absl::OkStatus();
  }

  // Each event has its entries, so that as many are all.
  absl::Status CheckTagCount() {
    if (!tags_.has_value()) return absl::OkStatus();
    uint64_t entries = 0;
    DAYBOOK_RETURN_IF_ERROR(ForEachTagEntry(kv_, tags_->id, [&](absl::string_view, uint64_t) {
      ++entries;
      return absl::OkStatus();
    }));
    if (entries == tagged_) return absl::OkStatus();
    return DamageError("tag index", Position(),
                       absl::StrCat("it holds ", entries, " entries for ", tagged_, " tags"));
  }

  absl::Status CheckSize(Family family, absl::string_view what, uint64_t expected) {
    uint64_t entries = 0;
    auto it = kv_.NewIterator(nullptr, family, {});
    for (it->Seek(""); it->Valid(); it->Next()) ++entries;
    DAYBOOK_RETURN_IF_ERROR(it->status());
    if (entries == expected) return absl::OkStatus();
    return DamageError(what, Position(),
                       absl::StrCat("it holds ", entries, " entries for ", expected, " events"));
  }

  // What the mark counts, where no event came after it.
  absl::Status CheckMark() {
    if (tip_ > mark_.tip) return absl::OkStatus();
    if (mark_.streams == next_versions_.size() && mark_.categories == categories_) {
      return absl::OkStatus();
    }
    return DamageError(
        "group mark", Position(),
        absl::StrCat("it counts ", mark_.streams, " streams and ", mark_.categories,
                     " categories, the log ", next_versions_.size(), " and ", categories_));
  }

  // What the log has and its second copy has lost.
  absl::Status CheckWitness() {
    if (witness_.damaged_slot.has_value()) {
      return DamageError("witness", Position(),
                         absl::StrCat("header slot ", *witness_.damaged_slot, " (of 0 and 1) is ",
                                      "not intact; ", kMended));
    }
    uint64_t number = witness_.header.flushed_group;
    for (const WitnessGroup& group : witness_.groups) {
      if (group.number != ++number) {
        return DamageError("witness", Position(),
                           absl::StrCat("its record of group ", number, " is damaged; ", kMended));
      }
    }
    return absl::OkStatus();
  }

  const Kv& kv_;
  const WitnessContent& witness_;
  const GroupMark mark_;
  std::map<uint64_t, ChainHash> known_;  // by tip
  absl::flat_hash_map<StreamId, uint64_t> next_versions_;
  uint64_t tip_ = 0;
  uint64_t entries_ = 0;  // of the stream index
  uint64_t ids_ = 0;      // events whose id was given
  std::optional<TagTable> tags_;
  uint64_t tagged_ = 0;  // entries that it is to have
  StreamVerifier lifecycles_;
  Hash chain_{};
  int64_t last_micros_ = INT64_MIN;
  TypeId types_ = 0;
  uint32_t categories_ = 0;
  bool ended_ = true;
};

}  // namespace
}  // namespace internal

absl::StatusOr<VerifyReport> VerifyStore(absl::string_view path, const StoreOptions& options,
                                         absl::FunctionRef<void(Position)> progress) {
  DAYBOOK_ASSIGN_OR_RETURN(const internal::DryStore store,
                           internal::OpenDry({std::string(path)}, options, nullptr));
  if (!store.plan.replay.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("the store ", path, " lost its newest groups in a crash, and the witness ",
                     "holds them: open it for writing once to recover it"));
  }
  const absl::Status files = store.kv->VerifyFiles();
  absl::StatusOr<VerifyReport> report =
      internal::Verifier(*store.kv, store.content, store.plan.found).Run(progress);
  // A bad file is told by the first event that it hurts; by itself where it hurts none.
  if (!report.ok() || files.ok()) return report;
  return absl::IsDataLoss(files) ? DamageError("table file", Position(), files.message()) : files;
}

}  // namespace daybook
