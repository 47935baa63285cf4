#include "reader.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "daybook/core/errors.h"
#include "daybook/core/limits.h"
#include "daybook/core/status_macros.h"
#include "daybook/core/stream_name.h"
#include "event_storage.h"
#include "log_filter.h"
#include "stream_events.h"
#include "tag_skip.h"

namespace daybook::internal {
namespace {

absl::Status CheckLimits(size_t limit, size_t max_bytes) {
  if (limit == 0) return InvalidFieldError("options.limit", "must be at least 1");
  if (max_bytes == 0) return InvalidFieldError("options.max_bytes", "must be at least 1");
  return absl::OkStatus();
}

std::string Text(absl::string_view view) {
  return std::string(view);
}

// The position in a value of the stream index.
absl::StatusOr<uint64_t> ParseEntry(absl::string_view stream, absl::string_view value) {
  uint64_t sequence = 0;
  if (ConsumeVarint(&value, &sequence) && value.empty()) return sequence;
  return DamageError("stream index", Position(),
                     absl::StrCat("an entry of stream ", stream, " holds no position"));
}

// The version in a key of the stream index.
absl::StatusOr<uint64_t> VersionOf(absl::string_view stream, absl::string_view key) {
  if (key.size() == sizeof(StreamId) + sizeof(uint64_t)) {
    return LoadBig<uint64_t>(key.data() + sizeof(StreamId));
  }
  return DamageError("stream index", Position(),
                     absl::StrCat("an entry of stream ", stream, " holds no version"));
}

}  // namespace

absl::StatusOr<EventBatch> Reader::ReadLog(const ReadLogOptions& options) const {
  DAYBOOK_RETURN_IF_ERROR(CheckLimits(options.limit, options.max_bytes));
  if (options.max_scanned == 0) {
    return InvalidFieldError("options.max_scanned", "must be at least 1");
  }
  if (options.from.partition() != 0) {
    return InvalidFieldError("options.from", "must be of partition 0, the only one here");
  }
  DAYBOOK_ASSIGN_OR_RETURN(LogFilter filter,
                           LogFilter::Of(options.filter, {*names_, *kv_, snapshot()}));
  const bool forwards = options.direction == Direction::kForwards;
  const uint64_t tip = published_->mark.tip;
  const uint64_t from = options.from.sequence();
  // The next position to look at, and how many there are from it on.
  uint64_t next = forwards ? from + 1 : std::min(from - 1, tip);
  uint64_t left = forwards ? (from < tip ? tip - from : 0) : (from == 0 ? 0 : next);
  if (left == 0) {
    return EventBatch({}, nullptr, options.from, /*at_end=*/true);
  }

  DAYBOOK_ASSIGN_OR_RETURN(
      TagSkip skip, TagSkip::Of(filter.TagSets(), *kv_, published_->snapshot, options.direction));
  auto storage = std::make_shared<EventStorage>();
  std::vector<RecordedEvent> events;
  events.reserve(std::min<uint64_t>({options.limit, left, 1024}));
  auto it = kv_->NewIterator(published_->snapshot, Family::kLog,
                             {.lower = Text(LogKey(1)), .upper = Text(LogKey(tip + 1))});
  bool stands = false;  // the iterator at `next`
  size_t bytes = 0;
  size_t scanned = 0;
  while (left > 0 && events.size() < options.limit && bytes < options.max_bytes &&
         scanned < options.max_scanned) {
    uint64_t unwanted = 0;
    if (skip.skips()) {
      DAYBOOK_ASSIGN_OR_RETURN(unwanted, skip.From(next));
    }
    if (unwanted > 0) {
      const uint64_t step = std::min<uint64_t>({unwanted, left, options.max_scanned - scanned});
      scanned += step;
      left -= step;
      forwards ? next += step : next -= step;
      stands = false;
      continue;
    }
    if (!stands) it->Seek(LogKey(next));
    stands = true;
    if (!it->Valid() || it->key() != LogKey(next)) {
      DAYBOOK_RETURN_IF_ERROR(it->status());
      return DamageError("event", Position(next), "it is not in the log");
    }
    DAYBOOK_ASSIGN_OR_RETURN(RecordView record, RecordView::Parse(next, it->value()));
    DAYBOOK_ASSIGN_OR_RETURN(const bool matches, filter.Matches(record));
    if (matches) {
      const absl::string_view kept = storage->arena.Copy(it->value());
      DAYBOOK_ASSIGN_OR_RETURN(record, RecordView::Parse(next, kept));
      events.push_back(record.ToEvent());
      bytes += kept.size();
    }
    ++scanned;
    --left;
    forwards ? (++next, it->Next()) : (--next, it->Prev());
  }
  it.reset();
  DAYBOOK_RETURN_IF_ERROR(
      names_->Resolve(*kv_, snapshot(), absl::MakeSpan(events), &storage->names));
  storage->dictionary = names_;
  return EventBatch(std::move(events), std::move(storage), Position(forwards ? next - 1 : next + 1),
                    left == 0);
}

absl::StatusOr<EventBatch> Reader::ReadStream(absl::string_view stream,
                                              const ReadStreamOptions& options) const {
  DAYBOOK_RETURN_IF_ERROR(CheckLimits(options.limit, options.max_bytes));
  if (options.from.has_value() && *options.from > kMaxVersion) {
    return InvalidFieldError("options.from", absl::StrCat("must be at most ", kMaxVersion));
  }
  DAYBOOK_ASSIGN_OR_RETURN(const Found found, Find(stream, options.gone_too));
  const StreamId id = found.id;
  const bool forwards = options.direction == Direction::kForwards;
  const uint64_t first = found.start.first;
  std::unique_ptr<KvIterator> it = EntriesOf(id, first);
  forwards ? it->Seek(StreamKey(id, std::max(options.from.value_or(0), first)))
           : it->SeekForPrev(StreamKey(id, options.from.value_or(kMaxVersion)));
  std::vector<uint64_t> sequences;
  uint64_t first_version = 0;  // of the first entry
  if (it->Valid()) {
    DAYBOOK_ASSIGN_OR_RETURN(first_version, VersionOf(stream, it->key()));
  }
  while (it->Valid() && sequences.size() < options.limit) {
    DAYBOOK_ASSIGN_OR_RETURN(const uint64_t sequence, ParseEntry(stream, it->value()));
    sequences.push_back(sequence);
    forwards ? it->Next() : it->Prev();
  }
  DAYBOOK_RETURN_IF_ERROR(it->status());
  const bool more = it->Valid();
  it.reset();

  auto storage = std::make_shared<EventStorage>();
  StreamEvents loaded(*kv_, published_->snapshot, id, storage.get());
  DAYBOOK_ASSIGN_OR_RETURN(std::vector<RecordedEvent> events,
                           loaded.Load(sequences, options.max_bytes));
  const bool at_end = !more && events.size() == sequences.size();
  storage->names = std::string(stream);
  DAYBOOK_RETURN_IF_ERROR(names_->ResolveTypes(absl::MakeSpan(events)));
  for (size_t i = 0; i < events.size(); ++i) {
    events[i].stream = storage->names;
    // The index and the log hold the version each: they must agree, and nothing may be missing.
    const uint64_t expected = forwards ? first_version + i : first_version - i;
    if (events[i].version != expected) {
      return DamageError("stream index", events[i].position,
                         absl::StrCat("stream ", stream, " has version ", events[i].version,
                                      " here, where ", expected, " belongs"));
    }
  }
  if (at_end && forwards && !events.empty()) {
    const RecordedEvent& last = events.back();
    heads_->Offer(stream, {id, last.version, last.position.sequence()}, published_->mark.tip);
  }
  storage->dictionary = names_;
  storage->kv = kv_;
  const Position next = events.empty() ? Position() : events.back().position;
  return EventBatch(std::move(events), std::move(storage), next, at_end);
}

absl::StatusOr<std::optional<StreamId>> Reader::FindStream(absl::string_view stream) const {
  const std::optional<StreamHead> known = heads_->Find(stream);
  if (known.has_value() && known->sequence <= published_->mark.tip) return known->id;
  DAYBOOK_ASSIGN_OR_RETURN(const auto id,
                           kv_->Get(snapshot(), Family::kMeta, StreamNameKey(stream)));
  if (!id.has_value()) return std::nullopt;
  if (id->view().size() != sizeof(StreamId)) {
    return DamageError("dictionary", Position(), absl::StrCat("stream ", stream, " has no id"));
  }
  return LoadBig<StreamId>(id->view().data());
}

absl::StatusOr<Reader::Found> Reader::Find(absl::string_view stream, bool gone_too) const {
  const auto no_stream = [&] { return absl::NotFoundError(absl::StrCat("no stream ", stream)); };
  DAYBOOK_ASSIGN_OR_RETURN(const std::optional<StreamId> id, FindStream(stream));
  DAYBOOK_ASSIGN_OR_RETURN(const auto lifecycle, lifecycles_->Find(*kv_, snapshot(), stream));
  if (!lifecycle.has_value()) {
    if (id.has_value()) return Found{*id, {}};
    return no_stream();
  }
  if (gone_too && id.has_value()) return Found{*id, {.first = lifecycle->removed_before()}};
  if (lifecycle->metadata().tombstoned()) {
    return TombstonedError(absl::StatusCode::kNotFound, stream);
  }
  if (!id.has_value()) return no_stream();
  DAYBOOK_ASSIGN_OR_RETURN(const std::optional<StreamHead> head, FindHead(stream));
  if (!head.has_value() || !IsThere(*lifecycle, head->version)) return no_stream();
  DAYBOOK_ASSIGN_OR_RETURN(
      const StreamStart start,
      internal::FindStart(*kv_, snapshot(), *id, *lifecycle, head->version, now_));
  return Found{*id, start};
}

std::unique_ptr<KvIterator> Reader::EntriesOf(StreamId id, uint64_t first) const {
  return kv_->NewIterator(
      published_->snapshot, Family::kStreams,
      {.lower = Text(StreamKey(id, first)), .upper = Text(StreamKey(id + 1, 0))});
}

absl::StatusOr<std::optional<StreamHead>> Reader::FindHead(absl::string_view stream) const {
  const uint64_t tip = published_->mark.tip;
  const std::optional<StreamHead> known = heads_->Find(stream);
  if (known.has_value() && known->sequence <= tip) return known;
  DAYBOOK_ASSIGN_OR_RETURN(const std::optional<StreamId> id, FindStream(stream));
  if (!id.has_value()) return std::nullopt;
  const std::unique_ptr<KvIterator> it = EntriesOf(*id, 0);
  it->SeekForPrev(StreamKey(*id, ~uint64_t{0}));
  DAYBOOK_RETURN_IF_ERROR(it->status());
  if (!it->Valid()) return std::nullopt;
  StreamHead head{*id};
  DAYBOOK_ASSIGN_OR_RETURN(head.version, VersionOf(stream, it->key()));
  DAYBOOK_ASSIGN_OR_RETURN(head.sequence, ParseEntry(stream, it->value()));
  heads_->Offer(stream, head, tip);
  return head;
}

absl::StatusOr<std::optional<uint64_t>> Reader::StreamVersion(absl::string_view stream) const {
  DAYBOOK_ASSIGN_OR_RETURN(const std::optional<StreamHead> head, FindHead(stream));
  if (!head.has_value()) return std::nullopt;
  DAYBOOK_ASSIGN_OR_RETURN(const auto lifecycle, lifecycles_->Find(*kv_, snapshot(), stream));
  if (lifecycle.has_value() && !IsThere(*lifecycle, head->version)) return std::nullopt;
  return head->version;
}

absl::StatusOr<StreamStart> Reader::FindStart(absl::string_view stream) const {
  DAYBOOK_ASSIGN_OR_RETURN(const auto lifecycle, lifecycles_->Find(*kv_, snapshot(), stream));
  if (!lifecycle.has_value()) return StreamStart();
  DAYBOOK_ASSIGN_OR_RETURN(const std::optional<StreamHead> head, FindHead(stream));
  if (!head.has_value()) return StreamStart();
  return internal::FindStart(*kv_, snapshot(), head->id, *lifecycle, head->version, now_);
}

absl::Status Reader::ListStreams(
    absl::string_view category, absl::string_view after,
    absl::FunctionRef<bool(absl::string_view stream, uint64_t last_version)> visit) const {
  StreamId first = 0;
  std::string end = "o";
  if (!category.empty()) {
    DAYBOOK_ASSIGN_OR_RETURN(const std::optional<uint32_t> id,
                             names_->FindCategory(*kv_, snapshot(), category));
    if (!id.has_value()) {
      return after.empty() ? absl::OkStatus()
                           : absl::NotFoundError(absl::StrCat("no stream ", after));
    }
    first = MakeStreamId(*id, 0);
    end = Text(StreamIdKey(MakeStreamId(*id + 1, 0)));
  }
  if (!after.empty()) {
    DAYBOOK_ASSIGN_OR_RETURN(const std::optional<StreamId> id, FindStream(after));
    if (!id.has_value() || *id < first || (!category.empty() && CategoryOf(after) != category)) {
      return absl::NotFoundError(absl::StrCat("no stream ", after));
    }
    first = *id + 1;
  }
  auto names = kv_->NewIterator(published_->snapshot, Family::kMeta,
                                {.lower = Text(StreamIdKey(first)), .upper = std::move(end)});
  auto versions = kv_->NewIterator(published_->snapshot, Family::kStreams, {});
  for (names->Seek(StreamIdKey(first)); names->Valid(); names->Next()) {
    if (names->key().size() != 9) {
      return DamageError("dictionary", Position(), "a stream's id is malformed");
    }
    const auto id = LoadBig<StreamId>(names->key().data() + 1);
    versions->SeekForPrev(StreamKey(id, ~uint64_t{0}));
    DAYBOOK_RETURN_IF_ERROR(versions->status());
    if (!versions->Valid() || LoadBig<StreamId>(versions->key().data()) != id) {
      return DamageError("stream index", Position(),
                         absl::StrCat("stream ", names->value(), " is empty"));
    }
    const auto last = LoadBig<uint64_t>(versions->key().data() + 8);
    DAYBOOK_ASSIGN_OR_RETURN(const auto lifecycle,
                             lifecycles_->Find(*kv_, snapshot(), names->value()));
    if (lifecycle.has_value() && !IsThere(*lifecycle, last)) continue;
    if (!visit(names->value(), last)) {
      return absl::OkStatus();
    }
  }
  return names->status();
}

absl::StatusOr<std::optional<Position>> Reader::FindEvent(const EventId& id) const {
  DAYBOOK_ASSIGN_OR_RETURN(const auto entry, kv_->Get(snapshot(), Family::kIds, IdKey(id)));
  if (!entry.has_value()) return std::nullopt;
  absl::string_view bytes = entry->view();
  uint64_t sequence = 0;
  if (!ConsumeVarint(&bytes, &sequence) || !bytes.empty()) {
    return DamageError("id index", Position(), "an entry holds no position");
  }
  return Position(sequence);
}

absl::StatusOr<std::optional<std::string>> Reader::GetRow(TableId table,
                                                          absl::string_view key) const {
  DAYBOOK_ASSIGN_OR_RETURN(const auto row, kv_->Get(snapshot(), Family::kRows, RowKey(table, key)));
  if (!row.has_value()) return std::nullopt;
  return std::string(row->view());
}

absl::Status Reader::ScanRows(
    TableId table, const ScanOptions& options,
    absl::FunctionRef<bool(absl::string_view key, absl::string_view value)> visit) const {
  std::string lower = RowKey(table, options.from);
  std::string upper =
      options.until.has_value() ? RowKey(table, *options.until) : RowKey(table + 1, "");
  if (lower >= upper) return absl::OkStatus();
  const bool forwards = options.direction == Direction::kForwards;
  auto it = kv_->NewIterator(published_->snapshot, Family::kRows, {.lower = lower, .upper = upper});
  size_t left = options.limit;
  for (forwards ? it->Seek(lower) : it->SeekForPrev(upper); left > 0 && it->Valid();
       forwards ? it->Next() : it->Prev(), --left) {
    if (!visit(it->key().substr(4), it->value())) return absl::OkStatus();
  }
  return it->status();
}

}  // namespace daybook::internal
