#include "store_under_test.h"

#include <atomic>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "daybook/core/errors.h"
#include "daybook/snapshots/backup.h"
#include "quiet_copy.h"

namespace daybook {
namespace {

namespace fs = std::filesystem;

constexpr size_t kPieces = 3;

std::string Name(TableId table) {
  return absl::StrCat("table-", table);
}

template <typename T>
std::string Text(const std::optional<T>& value) {
  return value.has_value() ? absl::StrCat(*value) : "none";
}

// Empty where both are the same.
template <typename A, typename B>
std::string Differ(absl::string_view what, const A& found, const B& expected) {
  return found == expected
             ? ""
             : absl::StrCat(what, ": the store says ", found, ", should be ", expected);
}

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

std::string Ranges(const std::vector<StreamRange>& ranges) {
  std::string text;
  for (const StreamRange& range : ranges) {
    absl::StrAppend(&text, range.stream, "@", range.first_version, "-", range.last_version, " ");
  }
  return text;
}

// The codes, and the field that is to blame; the texts are the store's own.
std::string CompareStatus(const absl::Status& found, const absl::Status& expected) {
  if (found.code() != expected.code()) {
    return absl::StrCat("the store says ", found.ToString(), ", should be ", expected.ToString());
  }
  const auto field = ErrorPayload<v1::InvalidField>(found);
  const auto expected_field = ErrorPayload<v1::InvalidField>(expected);
  return Differ("field", field.has_value() ? field->field() : "",
                expected_field.has_value() ? expected_field->field() : "");
}

std::string First(std::initializer_list<std::string> differences) {
  for (const std::string& difference : differences) {
    if (!difference.empty()) return difference;
  }
  return "";
}

}  // namespace

StoreUnderTest::StoreUnderTest(Engine engine, std::string directory,
                               std::unique_ptr<ReferenceModel> model)
    : engine_(engine),
      directory_(std::move(directory)),
      model_(std::move(model)),
      path_(directory_ + "/store-0") {
  if (engine_ == Engine::kRocks) fs::create_directories(directory_);
}

StoreUnderTest::~StoreUnderTest() {
  followed_.clear();
  kept_.clear();
  store_.reset();
  std::error_code ignored;
  if (engine_ == Engine::kRocks) fs::remove_all(directory_, ignored);
}

std::string StoreUnderTest::Run(const operation::Operation& operation) {
  if (store_ == nullptr) {
    if (std::string wrong = Open(); !wrong.empty()) return wrong;
  }
  return std::visit([this](const auto& o) { return Do(o); }, operation);
}

StoreOptions StoreUnderTest::Options() {
  StoreOptions options;
  options.clock = &clock_;
  options.witness_bytes = size_t{1} << 20;
  options.block_cache_bytes = size_t{1} << 20;
  return options;
}

std::string StoreUnderTest::Open() {
  auto opened =
      engine_ == Engine::kMemory ? OpenMemoryStore(Options()) : OpenStore(path_, Options());
  if (!opened.ok()) return absl::StrCat("opening: ", opened.status().ToString());
  store_ = *std::move(opened);
  return "";
}

std::string StoreUnderTest::Reopen(const std::function<std::string()>& between) {
  ++outcomes_["opened again"];
  kept_.clear();
  for (auto& [number, followed] : followed_) followed.subscription.reset();
  const std::string chain = store_->Stats().chain_hex;
  store_.reset();
  std::string wrong = First({between(), Open()});
  if (!wrong.empty()) return wrong;
  for (auto& [number, followed] : followed_) {
    followed.subscription = std::make_unique<Subscription>(store_.get(), followed.options);
  }
  for (const auto& [table, number] : tables_) {
    wrong =
        Differ("number of a table", Text(FindTable(*store_, Name(table))), absl::StrCat(number));
    if (!wrong.empty()) return wrong;
  }
  return First({Differ("chain after opening", store_->Stats().chain_hex, chain),
                Do(operation::LookAtHeads())});
}

Commit StoreUnderTest::Translated(const Commit& commit) const {
  Commit translated = commit;
  for (Claim& claim : translated.claims) claim.table = NumberOf(claim.table);
  for (TableWrite& write : translated.writes) write.table = NumberOf(write.table);
  return translated;
}

TableId StoreUnderTest::NumberOf(TableId table) const {
  const auto it = tables_.find(table);
  return it == tables_.end() ? 0 : it->second;
}

StoreUnderTest::Seen StoreUnderTest::By(int reader) const {
  const auto kept = kept_.find(reader);
  if (kept == kept_.end()) return {store_->Reader(), model_->tip(), &model_->rows()};
  return {kept->second.reader, kept->second.view.tip, &kept->second.view.rows};
}

std::string StoreUnderTest::Do(const operation::Append& o) {
  const std::shared_ptr<CommitChain> chain = o.chained ? std::make_shared<CommitChain>() : nullptr;
  for (const Commit& commit : o.commits) {
    // It breaks the chain when it is handed over: whether those before it are refused too is a
    // matter of time.
    if (o.chained && !model_->CheckArguments(commit).ok()) return "";
  }
  std::vector<absl::StatusOr<AppendResult>> found(o.commits.size(),
                                                  absl::InternalError("no outcome"));
  if (o.commits.size() == 1) {
    Commit commit = Translated(o.commits[0]);
    commit.chain = chain;
    found[0] = store_->Append(std::move(commit));
  } else if (!o.commits.empty()) {
    std::atomic<size_t> left{o.commits.size()};
    Latch done;
    for (size_t i = 0; i < o.commits.size(); ++i) {
      Commit commit = Translated(o.commits[i]);
      commit.chain = chain;
      store_->AppendAsync(std::move(commit), [&, i](absl::StatusOr<AppendResult> result) {
        found[i] = std::move(result);
        if (--left == 0) done.Open();
      });
    }
    store_->runtime().Await(done);
  }
  bool broken = false;
  for (size_t i = 0; i < o.commits.size(); ++i) {
    const absl::StatusOr<AppendResult> expected =
        broken ? absl::AbortedError("")
               : model_->Append(o.commits[i], absl::ToUnixMicros(clock_.Now()));
    broken |= o.chained && !expected.ok();
    CountOutcome(found[i]);
    const std::string wrong = CompareAppend(o.commits[i], found[i], expected);
    if (!wrong.empty()) return absl::StrCat("commit ", i + 1, ": ", wrong);
  }
  return Differ("tip", store_->Tip().sequence(), model_->tip());
}

void StoreUnderTest::CountOutcome(const absl::StatusOr<AppendResult>& found) {
  const absl::Status& status = found.status();
  const auto field = ErrorPayload<v1::InvalidField>(status);
  if (found.ok()) {
    ++outcomes_[found->duplicate ? "appended before" : "appended"];
    if (found->streams.size() > 1) ++outcomes_["several streams"];
    if (found->streams.empty()) ++outcomes_["rows alone"];
  } else if (field.has_value()) {
    ++outcomes_[absl::StrCat("invalid ", field->field())];
  } else if (ErrorPayload<v1::VersionConflict>(status).has_value()) {
    ++outcomes_["version conflict"];
  } else if (ErrorPayload<v1::ConditionFailed>(status).has_value()) {
    ++outcomes_["condition failed"];
  } else if (ErrorPayload<v1::ClaimConflict>(status).has_value()) {
    ++outcomes_["claim conflict"];
  } else if (absl::IsAborted(status)) {
    ++outcomes_["broken chain"];
  }
}

std::string StoreUnderTest::CompareAppend(const Commit& commit,
                                          const absl::StatusOr<AppendResult>& found,
                                          const absl::StatusOr<AppendResult>& expected) const {
  if (!found.ok() || !expected.ok()) {
    return First({CompareStatus(found.status(), expected.status()),
                  CompareAborted(commit, found.status(), expected.status())});
  }
  return First({Differ("duplicate", found->duplicate, expected->duplicate),
                Differ("first", found->first.ToString(), expected->first.ToString()),
                Differ("last", found->last.ToString(), expected->last.ToString()),
                Differ("streams", Ranges(found->streams), Ranges(expected->streams)),
                Differ("recorded time", absl::ToUnixMicros(found->recorded_time),
                       absl::ToUnixMicros(expected->recorded_time))});
}

std::string StoreUnderTest::CompareAborted(const Commit& commit, const absl::Status& found,
                                           const absl::Status& expected) const {
  const auto version = ErrorPayload<v1::VersionConflict>(found);
  const auto condition = ErrorPayload<v1::ConditionFailed>(found);
  const auto claim = ErrorPayload<v1::ClaimConflict>(found);
  const auto expected_version = ErrorPayload<v1::VersionConflict>(expected);
  const auto expected_condition = ErrorPayload<v1::ConditionFailed>(expected);
  const auto expected_claim = ErrorPayload<v1::ClaimConflict>(expected);
  if (version.has_value() != expected_version.has_value() ||
      condition.has_value() != expected_condition.has_value() ||
      claim.has_value() != expected_claim.has_value()) {
    return absl::StrCat("the store says ", found.ToString(), ", should be ", expected.ToString());
  }
  if (version.has_value()) {
    return Differ("conflict", version->ShortDebugString(), expected_version->ShortDebugString());
  }
  if (claim.has_value()) {
    return First({Differ("claimed key", claim->key(), expected_claim->key()),
                  Differ("existing value", claim->existing(), expected_claim->existing())});
  }
  if (!condition.has_value()) return "";
  if (condition->condition() != expected_condition->condition()) {
    return Differ("condition", condition->condition(), expected_condition->condition());
  }
  // Any match will do.
  const AppendCondition& failed = commit.conditions[condition->condition()];
  const uint64_t match = condition->position();
  if (match <= failed.after.sequence() || match > model_->tip() ||
      !model_->Matches(model_->At(match), failed.none_match)) {
    return absl::StrCat("the event at ", match, " does not match what was excluded");
  }
  return "";
}

std::string StoreUnderTest::Do(const operation::OpenTable& o) {
  const absl::StatusOr<TableId> number = store_->OpenTable(Name(o.table));
  if (!number.ok()) return number.status().ToString();
  model_->OpenTable(o.table);
  const auto [known, is_new] = tables_.emplace(o.table, *number);
  return Differ("number of the table", *number, known->second);
}

std::string StoreUnderTest::Do(const operation::KeepReader& o) {
  kept_[o.reader] = {store_->Reader(), model_->Now()};
  return Differ("tip of the reader", kept_[o.reader].reader->tip().sequence(), model_->tip());
}

std::string StoreUnderTest::Do(const operation::ReadLog& o) {
  ReadLogOptions options = o.options;
  options.filter = o.filter.ToFilter();
  const Seen seen = By(o.reader);
  return CompareBatch(seen.reader->ReadLog(options), model_->ReadLog(seen.tip, options));
}

std::string StoreUnderTest::Do(const operation::ReadStream& o) {
  const Seen seen = By(o.reader);
  return CompareBatch(seen.reader->ReadStream(o.stream, o.options),
                      model_->ReadStream(seen.tip, o.stream, o.options));
}

std::string StoreUnderTest::Do(const operation::LoadStream& o) {
  const Seen seen = By(0);
  ReadStreamOptions options;
  options.from = o.from;
  options.limit = o.page;
  while (true) {
    const auto found = seen.reader->ReadStream(o.stream, options);
    const auto expected = model_->ReadStream(seen.tip, o.stream, options);
    const std::string wrong = CompareBatch(found, expected);
    if (!wrong.empty() || !found.ok() || found->at_end()) return wrong;
    options.from = found->back().version + 1;
  }
}

std::string StoreUnderTest::CompareBatch(const absl::StatusOr<EventBatch>& found,
                                         const absl::StatusOr<ReferenceModel::Batch>& expected) {
  if (!found.ok() || !expected.ok()) return CompareStatus(found.status(), expected.status());
  return First({CompareEvents({*found}, expected->positions),
                Differ("next", found->next().ToString(), expected->next.ToString()),
                Differ("at the end", found->at_end(), expected->at_end)});
}

std::string StoreUnderTest::CompareEvents(const std::vector<EventBatch>& found,
                                          const std::vector<uint64_t>& expected) {
  size_t next = 0;
  for (const EventBatch& batch : found) {
    for (const RecordedEvent& event : batch) {
      if (next == expected.size() || event.position != Position(expected[next])) {
        return Differ("events", Positions(found), Positions(expected));
      }
      ++outcomes_["event read"];
      std::string wrong = CompareEvent(event, expected[next++]);
      if (!wrong.empty()) return wrong;
    }
  }
  return next == expected.size() ? "" : Differ("events", Positions(found), Positions(expected));
}

std::string StoreUnderTest::CompareEvent(const RecordedEvent& found, uint64_t position) {
  ReferenceModel::Recorded& expected = model_->At(position);
  if (expected.event.id.is_nil()) expected.event.id = found.id;
  const std::string wrong =
      First({Differ("stream", found.stream, expected.stream),
             Differ("version", found.version, expected.version),
             Differ("id", found.id.ToString(), expected.event.id.ToString()),
             Differ("type", found.type, expected.event.type),
             Differ("schema version", found.schema_version, expected.event.schema_version),
             Differ("encoding", static_cast<int>(found.encoding),
                    static_cast<int>(expected.event.encoding)),
             Differ("payload", found.payload, expected.event.payload),
             Differ("removed", found.removed, false),
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
  const auto expected = model_->ListStreams(seen.tip, o.category, o.after);
  if (!status.ok() || !expected.ok()) return CompareStatus(status, expected.status());
  std::vector<StreamRange> ranges;
  for (const auto& [stream, version] : *expected) ranges.push_back({stream, 0, version});
  return Differ("streams", Ranges(listed), Ranges(ranges));
}

std::string StoreUnderTest::Do(const operation::LookAtHeads& o) {
  const Seen seen = By(o.reader);
  std::string wrong = Differ("tip of the reader", seen.reader->tip().sequence(), seen.tip);
  if (!wrong.empty()) return wrong;
  const auto all = model_->ListStreams(model_->tip(), "", "");
  for (const auto& [stream, version] : *all) {
    const auto found = seen.reader->StreamVersion(stream);
    if (!found.ok()) return found.status().ToString();
    wrong = Differ(absl::StrCat("head of ", stream), Text(*found),
                   Text(model_->StreamVersion(seen.tip, stream)));
    if (!wrong.empty()) return wrong;
  }
  const StoreStats stats = store_->Stats();
  return First({Differ("tip", store_->Tip().sequence(), model_->tip()),
                Differ("tip of Stats", stats.tip.sequence(), model_->tip()),
                Differ("number of streams", stats.streams, model_->streams()),
                Differ("number of categories", stats.categories, model_->categories()),
                Differ("number of types", stats.types, model_->types()),
                Differ("stopped", stats.stopped.ToString(), "OK")});
}

std::string StoreUnderTest::Do(const operation::FindEvent& o) {
  const Seen seen = By(o.reader);
  const auto found = seen.reader->FindEvent(o.id);
  if (!found.ok()) return found.status().ToString();
  return Differ("position", found->has_value() ? (*found)->ToString() : "none",
                Text(model_->FindEvent(seen.tip, o.id)));
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
    // What is there comes at once; what is not is not waited for.
    auto batch = wait ? followed.subscription->Next(expected.empty() ? absl::ZeroDuration()
                                                                     : absl::Minutes(1))
                      : followed.subscription->Poll();
    if (wait && expected.empty()) {
      return CompareStatus(batch.status(), absl::DeadlineExceededError(""));
    }
    if (!batch.ok()) return batch.status().ToString();
    found.push_back(*std::move(batch));
  }
  if (!expected.empty()) ++outcomes_["events delivered"];
  return First({CompareEvents(found, expected),
                Differ("checkpoint", followed.subscription->checkpoint().ToString(),
                       followed.options.after.ToString())});
}

std::string StoreUnderTest::Do(const operation::Unsubscribe& o) {
  followed_.erase(o.subscription);
  return "";
}

std::string StoreUnderTest::Do(const operation::MoveClock& o) {
  clock_.Set(clock_.Now() + absl::Microseconds(o.micros));
  return "";
}

std::string StoreUnderTest::Do(const operation::Restart& o) {
  if (engine_ == Engine::kMemory) return "";
  const std::string chain = store_->Stats().chain_hex;
  return Reopen([&]() -> std::string {
    if (!o.verify) return "";
    const auto report = VerifyStore(path_, Options());
    if (!report.ok()) return absl::StrCat("verify: ", report.status().ToString());
    return First({Differ("verified tip", report->tip.sequence(), model_->tip()),
                  Differ("verified events", report->events, model_->tip()),
                  Differ("verified streams", report->streams, model_->streams()),
                  Differ("verified chain", report->chain, chain)});
  });
}

std::string StoreUnderTest::Do(const operation::GoOnWithCopy&) {
  if (engine_ == Engine::kMemory) return "";
  const std::string old = std::exchange(path_, absl::StrCat(directory_, "/store-", ++paths_));
  QuietCopy(old, path_);
  return Reopen([&]() -> std::string {
    fs::remove_all(old);
    return "";
  });
}

std::string StoreUnderTest::Do(const operation::GoOnWithBackup&) {
  if (engine_ == Engine::kMemory) return "";
  const std::string old = std::exchange(path_, absl::StrCat(directory_, "/store-", ++paths_));
  const std::string backups = absl::StrCat(directory_, "/backups-", paths_);
  const std::string chain = store_->Stats().chain_hex;
  const auto taken = Backup(*store_, backups);
  if (!taken.ok()) return absl::StrCat("backup: ", taken.status().ToString());
  RestoreOptions options;
  options.store = Options();
  const auto report = Restore(backups, path_, options);
  if (!report.ok()) return absl::StrCat("restore: ", report.status().ToString());
  const std::string wrong = First({Differ("restored tip", report->tip.sequence(), model_->tip()),
                                   Differ("restored chain", report->chain, chain)});
  if (!wrong.empty()) return wrong;
  return Reopen([&]() -> std::string {
    fs::remove_all(old);
    fs::remove_all(backups);
    return "";
  });
}

}  // namespace daybook
