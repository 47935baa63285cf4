// Reads of events and rows, at once and by subscriptions.
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "daybook/core/errors.h"
#include "differences.h"
#include "store_under_test.h"

namespace daybook {
namespace {

constexpr size_t kPieces = 3;

std::string Positions(const std::vector<EventBatch>& batches) {
  std::string text;
  for (const EventBatch& batch : batches) {
    for (const RecordedEvent& event : batch) absl::StrAppend(&text, event.position.ToString(), " ");
  }
  return text;
}

std::string Positions(const std::vector<uint64_t>& positions) {
  std::string text;
  for (const uint64_t position : positions) absl::StrAppend(&text, position, " ");
  return text;
}

}  // namespace

std::string StoreUnderTest::Do(const operation::ReadLog& o) {
  ReadLogOptions options = o.options;
  options.filter = o.filter.ToFilter();
  const Seen seen = By(o.reader);
  return CompareBatch(seen.reader->ReadLog(options), model_->ReadLog(seen.moment.tip, options),
                      seen);
}

std::string StoreUnderTest::Do(const operation::ReadStream& o) {
  const Seen seen = By(o.reader);
  return CompareBatch(seen.reader->ReadStream(o.stream, o.options),
                      model_->ReadStream(seen.moment, o.stream, o.options), seen);
}

std::string StoreUnderTest::Do(const operation::LoadStream& o) {
  const Seen seen = By(0);
  ReadStreamOptions options;
  options.from = o.from;
  options.limit = o.page;
  while (true) {
    const auto found = seen.reader->ReadStream(o.stream, options);
    const auto expected = model_->ReadStream(seen.moment, o.stream, options);
    const std::string wrong = CompareBatch(found, expected, seen);
    if (!wrong.empty() || !found.ok() || found->at_end()) return wrong;
    options.from = found->back().version + 1;
  }
}

std::string StoreUnderTest::CompareBatch(const absl::StatusOr<EventBatch>& found,
                                         const absl::StatusOr<ReferenceModel::Batch>& expected,
                                         const Seen& seen) {
  if (!found.ok() || !expected.ok()) return CompareStatus(found.status(), expected.status());
  return First({CompareEvents({*found}, expected->positions, seen.moment.removals),
                Differ("next", found->next().ToString(), expected->next.ToString()),
                Differ("at the end", found->at_end(), expected->at_end)});
}

std::string StoreUnderTest::CompareEvents(const std::vector<EventBatch>& found,
                                          const std::vector<uint64_t>& expected,
                                          uint64_t removals) {
  size_t next = 0;
  for (const EventBatch& batch : found) {
    for (const RecordedEvent& event : batch) {
      if (next == expected.size() || event.position != Position(expected[next])) {
        return Differ("events", Positions(found), Positions(expected));
      }
      ++outcomes_["event read"];
      std::string wrong = CompareEvent(event, expected[next++], removals);
      if (!wrong.empty()) return wrong;
    }
  }
  return next == expected.size() ? "" : Differ("events", Positions(found), Positions(expected));
}

std::string StoreUnderTest::CompareEvent(const RecordedEvent& found, uint64_t position,
                                         uint64_t removals) {
  ReferenceModel::Recorded& expected = model_->At(position);
  if (expected.event.id.is_nil()) expected.event.id = found.id;
  const bool removed = expected.removal > 0 && expected.removal <= removals;
  if (removed) ++outcomes_["removed event read"];
  const std::string wrong =
      First({Differ("stream", found.stream, expected.stream),
             Differ("version", found.version, expected.version),
             Differ("id", found.id.ToString(), expected.event.id.ToString()),
             Differ("type", found.type, expected.event.type),
             Differ("schema version", found.schema_version, expected.event.schema_version),
             Differ("encoding", static_cast<int>(found.encoding),
                    static_cast<int>(expected.event.encoding)),
             Differ("removed", found.removed, removed),
             Differ("payload", found.payload, removed ? "" : expected.event.payload),
             Differ("recorded time", absl::ToUnixMicros(found.recorded_time), expected.micros)});
  if (!wrong.empty()) return absl::StrCat("event ", position, ", ", wrong);
  if (found.metadata.ToMetadata() == expected.event.metadata) return "";
  return absl::StrCat("event ", position, " has other metadata");
}

std::string StoreUnderTest::Do(const operation::ListStreams& o) {
  const Seen seen = By(o.reader);
  std::vector<StreamRange> listed;
  const absl::Status status = seen.reader->ListStreams(
      o.category, o.after, [&](absl::string_view stream, uint64_t last_version) {
        listed.push_back({std::string(stream), 0, last_version});
        return true;
      });
  const auto expected = model_->ListStreams(seen.moment.tip, o.category, o.after);
  if (!status.ok() || !expected.ok()) return CompareStatus(status, expected.status());
  std::vector<StreamRange> ranges;
  for (const auto& [stream, version] : *expected) ranges.push_back({stream, 0, version});
  return Differ("streams", Ranges(listed), Ranges(ranges));
}

std::string StoreUnderTest::Do(const operation::LookAtHeads& o) {
  const Seen seen = By(o.reader);
  std::string wrong = Differ("tip of the reader", seen.reader->tip().sequence(), seen.moment.tip);
  if (!wrong.empty()) return wrong;
  for (const std::string& stream : model_->streams()) {
    const auto found = seen.reader->StreamVersion(stream);
    if (!found.ok()) return found.status().ToString();
    wrong = Differ(absl::StrCat("head of ", stream), Text(*found),
                   Text(model_->StreamVersion(seen.moment.tip, stream)));
    if (!wrong.empty()) return wrong;
  }
  const StoreStats stats = store_->Stats();
  return First({Differ("tip", store_->Tip().sequence(), model_->tip()),
                Differ("tip of Stats", stats.tip.sequence(), model_->tip()),
                Differ("number of streams", stats.streams, model_->streams().size()),
                Differ("number of categories", stats.categories, model_->categories()),
                Differ("number of types", stats.types, model_->types()),
                Differ("stopped", stats.stopped.ToString(), "OK")});
}

std::string StoreUnderTest::Do(const operation::FindEvent& o) {
  const Seen seen = By(o.reader);
  const auto found = seen.reader->FindEvent(o.id);
  if (!found.ok()) return found.status().ToString();
  return Differ("position", found->has_value() ? (*found)->ToString() : "none",
                Text(model_->FindEvent(seen.moment.tip, o.id)));
}

std::string StoreUnderTest::Do(const operation::GetRow& o) {
  const Seen seen = By(o.reader);
  const auto found = seen.reader->GetRow(NumberOf(o.table), o.key);
  if (!found.ok()) return found.status().ToString();
  const auto expected = seen.rows->find({o.table, o.key});
  return Differ("row", Text(*found), expected == seen.rows->end() ? "none" : expected->second);
}

std::string StoreUnderTest::Do(const operation::ScanRows& o) {
  const Seen seen = By(o.reader);
  std::vector<std::pair<std::string, std::string>> found;
  const absl::Status status = seen.reader->ScanRows(
      NumberOf(o.table), o.options, [&](absl::string_view key, absl::string_view value) {
        ++outcomes_["row read"];
        found.emplace_back(key, value);
        return true;
      });
  if (!status.ok()) return status.ToString();
  const auto text = [](const auto& rows) {
    std::string text;
    for (const auto& [key, value] : rows) absl::StrAppend(&text, "'", key, "' = ", value, ", ");
    return text;
  };
  return Differ("rows", text(found), text(model_->ScanRows(*seen.rows, o.table, o.options)));
}

std::string StoreUnderTest::Do(const operation::Subscribe& o) {
  Followed& followed = followed_[o.subscription];
  followed.options = {};
  followed.options.after = o.after;
  followed.options.filter = o.filter.ToFilter();
  followed.options.batch_events = o.batch_events;
  followed.subscription = std::make_unique<Subscription>(store_.get(), followed.options);
  return "";
}

std::vector<uint64_t> StoreUnderTest::NextOf(Followed* followed) const {
  while (followed->options.after < Position(model_->tip())) {
    ReadLogOptions options;
    options.from = followed->options.after;
    options.filter = followed->options.filter;
    options.limit = followed->options.batch_events;
    const auto batch = model_->ReadLog(model_->tip(), options);
    followed->options.after = batch->next;
    if (!batch->positions.empty()) return batch->positions;
  }
  return {};
}

std::vector<uint64_t> StoreUnderTest::NextPiecesOf(Followed* followed, size_t pieces) const {
  ReadLogOptions options;
  options.from = followed->options.after;
  options.filter = followed->options.filter;
  options.max_scanned = pieces * followed->options.batch_events;
  const auto batch = model_->ReadLog(model_->tip(), options);
  followed->options.after = batch->next;
  return batch->positions;
}

std::string StoreUnderTest::Do(const operation::Poll& o) {
  const auto it = followed_.find(o.subscription);
  if (it == followed_.end()) return "";
  Followed& followed = it->second;
  std::vector<EventBatch> found;
  std::vector<uint64_t> expected;
  if (o.how == operation::Poll::How::kSplit) {
    std::vector<absl::StatusOr<EventBatch>> read;
    for (const auto& piece : followed.subscription->Split(kPieces)) read.push_back(piece.Read());
    if (!read.empty()) {
      auto joined = followed.subscription->Join(std::move(read));
      if (!joined.ok()) return joined.status().ToString();
      found = *std::move(joined);
    }
    expected = NextPiecesOf(&followed, kPieces);
  } else {
    expected = NextOf(&followed);
    const bool wait = o.how == operation::Poll::How::kNext;
    // What is there comes at once; what is not, which a wrong model may want, is not waited for.
    auto batch =
        wait ? followed.subscription->Next(absl::ZeroDuration()) : followed.subscription->Poll();
    if (wait && expected.empty()) {
      return CompareStatus(batch.status(), absl::DeadlineExceededError(""));
    }
    if (!batch.ok()) return batch.status().ToString();
    found.push_back(*std::move(batch));
  }
  if (!expected.empty()) ++outcomes_["events delivered"];
  return First({CompareEvents(found, expected, model_->Newest(0).removals),
                Differ("checkpoint", followed.subscription->checkpoint().ToString(),
                       followed.options.after.ToString())});
}

std::string StoreUnderTest::Do(const operation::Unsubscribe& o) {
  followed_.erase(o.subscription);
  return "";
}

}  // namespace daybook
