#include "scavenger.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "chain.h"
#include "daybook/core/errors.h"
#include "daybook/core/status_macros.h"
#include "record.h"

namespace daybook::internal {
namespace {

// Few, so that commits of others hardly wait.
constexpr uint64_t kEventsPerCommit = 128;
constexpr size_t kStreamsAtOnce = 256;

// What is left of an event: all but its payload, whose digest the chain needs.
std::string StubOf(const RecordView& record) {
  if (record.kind() == RecordKind::kStub) {
    return absl::StrCat(absl::string_view("\2", 1), record.header(), record.metadata(),
                        record.body(), record.chain());
  }
  const Hash digest = Digest(record.body());
  return absl::StrCat(absl::string_view("\2", 1), record.header(), record.metadata(),
                      DigestBytes(digest), record.chain());
}

}  // namespace

absl::StatusOr<ScavengeReport> Scavenger::Run(const ScavengeOptions& options) {
  ScavengeReport report;
  report.disk_before = report.disk_after = kv_.DiskBytes();
  if (lifecycles_.table() == 0) {
    report.finished = true;
    return report;
  }
  DAYBOOK_RETURN_IF_ERROR(LoadMark());
  // Of one that goes on, what came before its mark may have changed since: it is looked at again,
  // once, so that it comes to an end however often it is stopped.
  std::string from = mark_.until().empty() ? mark_.stream() : "";
  DAYBOOK_ASSIGN_OR_RETURN(bool going, CleanAll(options));
  if (going && !from.empty()) {
    mark_.clear_stream();
    mark_.set_until(std::move(from));
    DAYBOOK_ASSIGN_OR_RETURN(going, CleanAll(options));
  }
  if (going) {
    DAYBOOK_RETURN_IF_ERROR(EndMark());
    if (options.compact) DAYBOOK_RETURN_IF_ERROR(kv_.Compact());
  }
  report.finished = going;
  report.done = progress_;
  report.disk_after = kv_.DiskBytes();
  return report;
}

absl::StatusOr<bool> Scavenger::CleanAll(const ScavengeOptions& options) {
  while (true) {
    DAYBOOK_ASSIGN_OR_RETURN(const std::vector<std::string> streams, NextStreams());
    if (streams.empty()) return true;
    for (const std::string& stream : streams) {
      progress_.stream = stream;
      ++progress_.streams;
      Step step = Step::kAgain;
      while (step == Step::kAgain) {
        DAYBOOK_ASSIGN_OR_RETURN(step, Clean(stream, options));
      }
      if (step == Step::kStop) return false;
      mark_.set_stream(stream);
      mark_.set_streams(progress_.streams);
    }
    if (streams.size() == kStreamsAtOnce && !Goes(options)) {
      DAYBOOK_RETURN_IF_ERROR(StoreMark(mark_));
      return false;
    }
  }
}

absl::Status Scavenger::LoadMark() {
  DAYBOOK_ASSIGN_OR_RETURN(const auto row,
                           kv_.Get(nullptr, Family::kRows, RowKey(lifecycles_.table(), "")));
  if (!row.has_value()) return absl::OkStatus();
  marked_ = true;
  if (!mark_.ParseFromArray(row->view().data(), static_cast<int>(row->view().size()))) {
    return DamageError("row", Position(), "the mark of a scavenge does not parse");
  }
  progress_.streams = mark_.streams();
  progress_.events = mark_.events();
  progress_.bytes = mark_.bytes();
  return absl::OkStatus();
}

// Of the newest state each time: what is held longer keeps the backend from giving up its space.
absl::StatusOr<std::vector<std::string>> Scavenger::NextStreams() const {
  std::vector<std::string> streams;
  DAYBOOK_RETURN_IF_ERROR(lifecycles_.ForEach(
      kv_, publication_.Get()->snapshot, mark_.stream(),
      [&](absl::string_view stream, const v1::StreamLifecycle&) -> absl::StatusOr<bool> {
        if (!mark_.until().empty() && stream > mark_.until()) return false;
        streams.emplace_back(stream);
        return streams.size() < kStreamsAtOnce;
      }));
  return streams;
}

absl::StatusOr<Scavenger::Step> Scavenger::Clean(const std::string& stream,
                                                 const ScavengeOptions& options) {
  const std::shared_ptr<const Published> published = publication_.Get();
  const KvSnapshot* const snapshot = published->snapshot.get();
  DAYBOOK_ASSIGN_OR_RETURN(const auto lifecycle, lifecycles_.Find(kv_, snapshot, stream));
  DAYBOOK_ASSIGN_OR_RETURN(const auto bytes,
                           kv_.Get(snapshot, Family::kMeta, StreamNameKey(stream)));
  // It may be set for a stream that is to come.
  if (!bytes.has_value() || !lifecycle.has_value()) return Step::kDone;
  if (bytes->view().size() != sizeof(StreamId)) {
    return DamageError("dictionary", Position(), absl::StrCat("stream ", stream, " has no id"));
  }
  Removal removal{.stream = stream,
                  .id = LoadBig<StreamId>(bytes->view().data()),
                  .lifecycle = *lifecycle,
                  .first_version = lifecycle->removed_before(),
                  .stubs = {}};
  DAYBOOK_ASSIGN_OR_RETURN(const uint64_t last, LastVersion(removal, published->snapshot));
  uint64_t first = last + 1;
  if (IsThere(*lifecycle, last)) {
    DAYBOOK_ASSIGN_OR_RETURN(const StreamStart start,
                             FindStart(kv_, snapshot, removal.id, *lifecycle, last, clock_.Now()));
    first = start.first;
  }
  if (removal.first_version >= first) return Step::kDone;
  DAYBOOK_RETURN_IF_ERROR(Collect(first, snapshot, &removal));
  return Remove(removal, options);
}

absl::StatusOr<uint64_t> Scavenger::LastVersion(
    const Removal& removal, const std::shared_ptr<const KvSnapshot>& snapshot) const {
  const auto it = kv_.NewIterator(snapshot, Family::kStreams, {});
  it->SeekForPrev(StreamKey(removal.id, ~uint64_t{0}));
  DAYBOOK_RETURN_IF_ERROR(it->status());
  if (it->Valid() && LoadBig<StreamId>(it->key().data()) == removal.id) {
    return LoadBig<uint64_t>(it->key().data() + 8);
  }
  return DamageError("stream index", Position(),
                     absl::StrCat("stream ", removal.stream, " is empty"));
}

absl::Status Scavenger::Collect(uint64_t first, const KvSnapshot* snapshot,
                                Removal* removal) const {
  const uint64_t until = std::min(first, removal->first_version + kEventsPerCommit);
  for (uint64_t version = removal->first_version; version < until; ++version) {
    DAYBOOK_ASSIGN_OR_RETURN(const std::optional<uint64_t> sequence,
                             FindVersion(kv_, snapshot, removal->id, version));
    if (!sequence.has_value()) {
      return DamageError("stream index", Position(),
                         absl::StrCat("stream ", removal->stream, " lacks version ", version));
    }
    DAYBOOK_ASSIGN_OR_RETURN(const auto value, kv_.Get(snapshot, Family::kLog, LogKey(*sequence)));
    if (!value.has_value()) {
      return DamageError("event", Position(*sequence), "it is not in the log");
    }
    DAYBOOK_ASSIGN_OR_RETURN(const RecordView record, RecordView::Parse(*sequence, value->view()));
    if (record.stream() != removal->id || record.version() != version) {
      return DamageError("stream index", Position(*sequence), "it leads to another event");
    }
    if (record.kind() == RecordKind::kEvent) {
      ++removal->events;
      removal->bytes += record.body().size();
    }
    removal->stubs.emplace_back(*sequence, StubOf(record));
  }
  return absl::OkStatus();
}

// Some events of the stream: then it is looked at again, as it is by then.
absl::StatusOr<Scavenger::Step> Scavenger::Remove(const Removal& removal,
                                                  const ScavengeOptions& options) {
  // The stream at hand is not yet done with: the next scavenge goes on within it.
  v1::ScavengeMark mark = mark_;
  mark.set_events(progress_.events + removal.events);
  mark.set_bytes(progress_.bytes + removal.bytes);
  absl::StatusOr<bool> removed = false;
  DAYBOOK_RETURN_IF_ERROR(sequencer_.RunBetweenCommits(
      [&](CommitBuilder& builder) {
        removed = builder.Remove(removal);
        if (removed.ok() && *removed) builder.MarkScavenge(mark);
      },
      /*durably=*/true));
  DAYBOOK_RETURN_IF_ERROR(removed.status());
  if (*removed) {
    mark_ = std::move(mark);
    marked_ = true;
    progress_.events += removal.events;
    progress_.bytes += removal.bytes;
  }
  return Goes(options) ? Step::kAgain : Step::kStop;
}

bool Scavenger::Goes(const ScavengeOptions& options) const {
  return options.progress == nullptr || options.progress(progress_);
}

absl::Status Scavenger::EndMark() {
  return marked_ ? StoreMark(std::nullopt) : absl::OkStatus();
}

absl::Status Scavenger::StoreMark(const std::optional<v1::ScavengeMark>& mark) {
  return sequencer_.RunBetweenCommits([&](CommitBuilder& builder) { builder.MarkScavenge(mark); },
                                      /*durably=*/true);
}

}  // namespace daybook::internal
