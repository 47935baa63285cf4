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
  bool going = true;
  while (going) {
    DAYBOOK_ASSIGN_OR_RETURN(const std::vector<Stream> streams, NextStreams());
    if (streams.empty()) break;
    for (size_t i = 0; going && i < streams.size(); ++i) {
      DAYBOOK_ASSIGN_OR_RETURN(going, Clean(streams[i], options));
    }
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
absl::StatusOr<std::vector<Scavenger::Stream>> Scavenger::NextStreams() const {
  std::vector<Stream> streams;
  DAYBOOK_RETURN_IF_ERROR(lifecycles_.ForEach(
      kv_, publication_.Get()->snapshot, mark_.stream(),
      [&](absl::string_view stream, const v1::StreamLifecycle& lifecycle) -> absl::StatusOr<bool> {
        streams.emplace_back(stream, lifecycle);
        return streams.size() < kStreamsAtOnce;
      }));
  return streams;
}

absl::StatusOr<bool> Scavenger::Clean(const Stream& stream, const ScavengeOptions& options) {
  const std::string& name = stream.first;
  const v1::StreamLifecycle& lifecycle = stream.second;
  const std::shared_ptr<const Published> published = publication_.Get();
  const KvSnapshot* const snapshot = published->snapshot.get();
  progress_.stream = name;
  ++progress_.streams;
  const auto done = [&] {
    mark_.set_stream(name);
    mark_.set_streams(progress_.streams);
    return true;
  };
  DAYBOOK_ASSIGN_OR_RETURN(const auto bytes, kv_.Get(snapshot, Family::kMeta, StreamNameKey(name)));
  if (!bytes.has_value()) return done();  // set for a stream that is to come
  if (bytes->view().size() != sizeof(StreamId)) {
    return DamageError("dictionary", Position(), absl::StrCat("stream ", name, " has no id"));
  }
  const auto id = LoadBig<StreamId>(bytes->view().data());
  uint64_t last = 0;
  {
    const auto it = kv_.NewIterator(published->snapshot, Family::kStreams, {});
    it->SeekForPrev(StreamKey(id, ~uint64_t{0}));
    DAYBOOK_RETURN_IF_ERROR(it->status());
    if (!it->Valid() || LoadBig<StreamId>(it->key().data()) != id) {
      return DamageError("stream index", Position(), absl::StrCat("stream ", name, " is empty"));
    }
    last = LoadBig<uint64_t>(it->key().data() + 8);
  }
  uint64_t first = last + 1;
  if (IsThere(lifecycle, last)) {
    DAYBOOK_ASSIGN_OR_RETURN(const StreamStart start,
                             FindStart(kv_, snapshot, id, lifecycle, last, clock_.Now()));
    first = start.first;
  }
  for (uint64_t from = lifecycle.removed_before(); from < first;) {
    DAYBOOK_ASSIGN_OR_RETURN(const Removal removal, Collect(name, id, from, first, snapshot));
    from += removal.stubs.size();
    DAYBOOK_ASSIGN_OR_RETURN(const bool more, Remove(removal, options));
    if (!more) return false;
  }
  return done();
}

absl::StatusOr<Removal> Scavenger::Collect(const std::string& stream, StreamId id, uint64_t from,
                                           uint64_t first, const KvSnapshot* snapshot) {
  Removal removal{.stream = stream, .id = id, .first_version = from, .stubs = {}};
  const uint64_t until = std::min(first, from + kEventsPerCommit);
  for (uint64_t version = from; version < until; ++version) {
    DAYBOOK_ASSIGN_OR_RETURN(const std::optional<uint64_t> sequence,
                             FindVersion(kv_, snapshot, id, version));
    if (!sequence.has_value()) {
      return DamageError("stream index", Position(),
                         absl::StrCat("stream ", stream, " lacks version ", version));
    }
    DAYBOOK_ASSIGN_OR_RETURN(const auto value, kv_.Get(snapshot, Family::kLog, LogKey(*sequence)));
    if (!value.has_value()) {
      return DamageError("event", Position(*sequence), "it is not in the log");
    }
    DAYBOOK_ASSIGN_OR_RETURN(const RecordView record, RecordView::Parse(*sequence, value->view()));
    if (record.stream() != id || record.version() != version) {
      return DamageError("stream index", Position(*sequence), "it leads to another event");
    }
    if (record.kind() == RecordKind::kEvent) {
      ++progress_.events;
      progress_.bytes += record.body().size();
    }
    removal.stubs.emplace_back(*sequence, StubOf(record));
  }
  return removal;
}

absl::StatusOr<bool> Scavenger::Remove(const Removal& removal, const ScavengeOptions& options) {
  // The stream at hand is not yet done with: the next one goes on within it.
  mark_.set_events(progress_.events);
  mark_.set_bytes(progress_.bytes);
  marked_ = true;
  absl::Status added;
  DAYBOOK_RETURN_IF_ERROR(sequencer_.RunBetweenCommits(
      [&](CommitBuilder& builder) {
        added = builder.Remove(removal);
        if (added.ok()) builder.MarkScavenge(mark_);
      },
      /*durably=*/true));
  DAYBOOK_RETURN_IF_ERROR(added);
  return options.progress == nullptr || options.progress(progress_);
}

absl::Status Scavenger::EndMark() {
  if (!marked_) return absl::OkStatus();
  return sequencer_.RunBetweenCommits(
      [](CommitBuilder& builder) { builder.MarkScavenge(std::nullopt); }, /*durably=*/true);
}

}  // namespace daybook::internal
