#include "random_operations.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace daybook {
namespace {

const std::vector<std::string>& Streams() {
  static const auto* const pool = new std::vector<std::string>{
      "account-1", "account-2", "account-11", "order-1", "order-1-2", "order", "plain", "käse-ü"};
  return *pool;
}

const std::vector<std::string>& Categories() {
  static const auto* const pool = new std::vector<std::string>{
      "account", "order", "plain", "käse", "fresh", "nobody", "$$account"};
  return *pool;
}

const std::vector<std::string>& Types() {
  static const auto* const pool =
      new std::vector<std::string>{"Opened", "Noted", "NotedAgain", "Closed"};
  return *pool;
}

const std::vector<std::string>& Tags() {
  static const auto* const pool = new std::vector<std::string>{"a:1", "a:12", "b:1", "b:2", "c:1"};
  return *pool;
}

const std::vector<std::string>& Keys() {
  static const auto* const pool =
      new std::vector<std::string>{"", "k", "k1", "k2", "ka", std::string("k\0", 2), "\xff", "z"};
  return *pool;
}

}  // namespace

std::vector<std::string> RandomOperations::Some(const std::vector<std::string>& pool,
                                                uint64_t most) {
  std::vector<std::string> some(Below(most + 1));
  for (std::string& one : some) one = Of(pool);
  return some;
}

operation::Operation RandomOperations::Next(const ReferenceModel& model) {
  if (reopen_each_ != 0 && OneIn(reopen_each_)) return DrawReopen();
  const uint64_t kind = Below(100);
  if (kind < 43) return DrawAppend(model);
  if (kind < 67) return DrawRead(model);
  if (kind < 75) return DrawRowRead();
  if (kind < 89) return DrawFollow(model);
  if (kind < 92) return operation::KeepReader{static_cast<int>(1 + Below(3))};
  if (kind < 93) return operation::OpenTable{static_cast<TableId>(1 + Below(3))};
  if (kind < 98) return DrawLife(model);
  // Now and then the clock steps back.
  return operation::MoveClock{static_cast<int64_t>(Below(2'000'000)) - 500'000};
}

std::vector<operation::Operation> RandomOperations::Last() {
  std::vector<operation::Operation> last;
  operation::ReadLog log;
  log.options.limit = log.options.max_bytes = ~size_t{0} >> 1;
  last.emplace_back(log);
  log.options.direction = Direction::kBackwards;
  log.options.from = Position::End();
  last.emplace_back(log);
  last.emplace_back(operation::LookAtHeads());
  for (const std::string& stream : Streams()) {
    operation::LoadStream load;
    load.stream = stream;
    load.page = 100;
    last.emplace_back(load);
    last.emplace_back(operation::LookAtStream{0, stream, Position()});
  }
  for (TableId table = 1; table <= 3; ++table) {
    operation::ScanRows scan;
    scan.table = table;
    last.emplace_back(scan);
  }
  // What a scavenge takes does not change what is seen of streams, nor the proof.
  last.emplace_back(operation::Scavenge());
  const std::vector<operation::Operation> before(last.begin(), last.end() - 1);
  last.insert(last.end(), before.begin(), before.end());
  last.emplace_back(operation::Restart{true});
  return last;
}

std::string RandomOperations::DrawStream() {
  if (OneIn(30)) return absl::StrCat("fresh-", ++streams_);
  if (OneIn(30)) return absl::StrCat("fresh-", 1 + Below(streams_ + 1));
  return Of(Streams());
}

Position RandomOperations::DrawPosition(const ReferenceModel& model) {
  const uint64_t tip = model.tip();
  switch (Below(5)) {
    case 0:
      return Position::Start();
    case 1:
      return Position(tip);
    case 2:
      return Position(tip + Below(2));
    default:
      // Near the tip, where most is going on, or anywhere.
      return Position(OneIn(2) ? tip - std::min(tip, Below(20)) : Below(tip + 1));
  }
}

EventQuery RandomOperations::DrawQuery() {
  EventQuery query(OneIn(10) ? 0 : 1 + Below(2));
  for (QueryItem& item : query) {
    item.types = Some(Types(), 2);
    item.tags = Some(Tags(), 2);
    if (OneIn(15)) item.types.push_back("Unheard");
  }
  return query;
}

operation::Filter RandomOperations::DrawFilter() {
  operation::Filter filter;
  if (OneIn(3)) return filter;
  if (OneIn(3)) filter.plain.categories = Some(Categories(), 2);
  if (OneIn(3)) filter.plain.types = Some(Types(), 2);
  if (OneIn(3)) filter.plain.tags = Some(Tags(), 2);
  if (OneIn(5)) filter.plain.stream_prefixes = Some({"a", "account-1", "order-", "k", "x"}, 2);
  if (OneIn(5)) filter.stream_ends = Of({"1", "2", "n"});
  if (OneIn(5)) filter.type_holds = Of({"Noted", "ed", "Again"});
  if (OneIn(3)) filter.plain.query = DrawQuery();
  return filter;
}

uint64_t RandomOperations::DrawCount() {
  // Some streams are so long that a scavenge takes several steps.
  if (OneIn(300)) return 100 + Below(200);
  return OneIn(10) ? Below(6) : 1 + Below(2);
}

Event RandomOperations::DrawEvent() {
  Event event;
  event.type = Of(Types());
  event.payload = absl::StrCat("p", ++payloads_);
  // Some of these fill the witness, so that tables are written.
  if (OneIn(80)) event.payload = std::string(20'000 + Below(40'000), 'x');
  if (OneIn(2)) event.id = operation::NthId(++ids_);
  if (OneIn(2)) event.metadata.tags = Some(Tags(), 3);
  if (OneIn(10)) event.metadata.actor = "somebody";
  if (OneIn(10)) event.metadata.free = {{"k", "v"}, {"k", ""}};
  if (OneIn(10)) event.schema_version = static_cast<uint32_t>(1 + Below(0xffff));
  if (OneIn(20)) event.encoding = PayloadEncoding::kSealed;
  return event;
}

ExpectedVersion RandomOperations::DrawExpected(const ReferenceModel& model,
                                               const std::string& stream) {
  const std::optional<uint64_t> head = model.StreamVersion(model.tip(), stream);
  switch (Below(12)) {
    case 0:
      return ExpectedVersion::NoStream();
    case 1:
      return ExpectedVersion::StreamExists();
    case 2:
      return ExpectedVersion::Exactly(head.value_or(0) + 1);
    case 3:
      return ExpectedVersion::Exactly(head.value_or(1) == 0 ? 0 : head.value_or(1) - 1);
    case 4:
    case 5:
    case 6:
      return ExpectedVersion::Any();
    default:
      return ExpectedVersion::Of(head);
  }
}

bool RandomOperations::DrawRetry(const ReferenceModel& model, Commit* commit) {
  if (model.tip() == 0) return false;
  // Some events in a row, as they were appended: one commit, a part of one, or parts of several.
  uint64_t position = 1 + Below(model.tip());
  for (uint64_t left = 1 + Below(4); left > 0 && position <= model.tip(); --left, ++position) {
    const ReferenceModel::Recorded& recorded = model.At(position);
    if (!recorded.id_given && !OneIn(8)) break;
    if (commit->appends.empty() || commit->appends.back().stream != recorded.stream) {
      commit->appends.push_back({recorded.stream, DrawExpected(model, recorded.stream), {}});
    }
    commit->appends.back().events.push_back(recorded.event);
    if (!recorded.id_given) commit->appends.back().events.back().id = EventId();
  }
  if (commit->appends.empty()) return false;
  // Sometimes another stream, or one more event.
  if (OneIn(12)) commit->appends.back().stream = DrawStream();
  if (OneIn(6)) commit->appends.back().events.push_back(DrawEvent());
  return true;
}

Commit RandomOperations::DrawCommit(const ReferenceModel& model) {
  Commit commit;
  if (!OneIn(8) || !DrawRetry(model, &commit)) {
    bool all_new = true;
    for (uint64_t left = OneIn(4) ? Below(4) : 1; left > 0; --left) {
      StreamAppend append;
      append.stream = DrawStream();
      if (OneIn(25)) {
        commit.appends.push_back(DrawMetadata(model));
        all_new &= !commit.appends.back().events.back().id.is_nil();
        continue;
      }
      append.expected = DrawExpected(model, append.stream);
      const bool again = std::any_of(commit.appends.begin(), commit.appends.end(),
                                     [&](const auto& a) { return a.stream == append.stream; });
      if (again && !OneIn(40)) continue;
      for (uint64_t events = DrawCount(); events > 0; --events) {
        append.events.push_back(DrawEvent());
        all_new &= !append.events.back().id.is_nil();
      }
      commit.appends.push_back(std::move(append));
    }
    commit.new_ids = all_new && OneIn(8);
  }
  if (OneIn(5)) {
    commit.conditions.resize(1 + Below(2));
    for (AppendCondition& condition : commit.conditions) {
      condition = {DrawQuery(), std::min(DrawPosition(model), Position(model.tip()))};
      if (OneIn(15)) condition.after = Position(model.tip() + 1);
    }
  }
  if (OneIn(6)) {
    const auto table = static_cast<TableId>(1 + Below(3));
    commit.claims.push_back({table, Of(Keys()), absl::StrCat("c", ++payloads_)});
    if (OneIn(20)) commit.claims.push_back(commit.claims.front());
  }
  for (uint64_t left = OneIn(4) ? Below(4) : 0; left > 0; --left) {
    TableWrite& write = commit.writes.emplace_back();
    write.table = static_cast<TableId>(1 + Below(3));
    write.key = Of(Keys());
    if (!OneIn(3)) write.value = absl::StrCat("v", ++payloads_);
  }
  if (OneIn(40)) BreakSomething(&commit);
  return commit;
}

void RandomOperations::BreakSomething(Commit* commit) {
  switch (Below(6)) {
    case 0:
      *commit = Commit();
      break;
    case 1:
      commit->appends.push_back({});
      break;
    case 2:
      if (!commit->appends.empty()) {
        commit->appends.back().events.emplace_back();
        break;
      }
      [[fallthrough]];
    case 3:
      commit->conditions.push_back({{{{}, {""}}}, Position()});
      break;
    case 4:
      if (!commit->appends.empty() && !commit->appends.front().events.empty()) {
        const Event event = commit->appends.front().events.front();
        commit->appends.front().events.push_back(event);
      }
      break;
    default:
      if (!commit->appends.empty()) {
        commit->appends.front().expected = ExpectedVersion::Exactly(~uint64_t{0});
      }
  }
}

operation::Append RandomOperations::DrawAppend(const ReferenceModel& model) {
  operation::Append append;
  for (uint64_t left = OneIn(8) ? 2 + Below(4) : 1; left > 0; --left) {
    append.commits.push_back(DrawCommit(model));
    // The same one again, before it is answered.
    if (OneIn(40)) append.commits.push_back(append.commits.back());
    append.commits.back().new_ids &= append.commits.size() == 1;
  }
  append.chained = OneIn(append.commits.size() > 1 ? 2 : 20);
  return append;
}

operation::Operation RandomOperations::DrawRead(const ReferenceModel& model) {
  const uint64_t kind = Below(12);
  if (kind < 4) {
    operation::ReadLog read;
    read.reader = DrawReader();
    read.options.from = DrawPosition(model);
    if (OneIn(2)) {
      read.options.direction = Direction::kBackwards;
      if (OneIn(2)) read.options.from = Position::End();
    }
    read.options.limit = OneIn(30) ? 0 : 1 + Below(12);
    if (OneIn(10)) read.options.max_bytes = 1;
    if (OneIn(4)) read.options.max_scanned = 1 + Below(30);
    read.filter = DrawFilter();
    return read;
  }
  if (kind < 7) {
    operation::ReadStream read;
    read.reader = DrawReader();
    read.stream = DrawStream();
    if (OneIn(2)) read.options.direction = Direction::kBackwards;
    if (!OneIn(3)) {
      const uint64_t events = model.StreamVersion(model.tip(), read.stream).value_or(0) + 2;
      read.options.from = OneIn(50) ? ~uint64_t{0} : Below(events);
    }
    read.options.limit = OneIn(30) ? 0 : 1 + Below(12);
    if (OneIn(10)) read.options.max_bytes = 1;
    return read;
  }
  if (kind < 8) {
    operation::LoadStream load;
    load.stream = DrawStream();
    const uint64_t last = model.StreamVersion(model.tip(), load.stream).value_or(0);
    load.from = last - std::min(last, Below(60));
    load.page = 1 + Below(20);
    return load;
  }
  if (kind < 9) {
    if (OneIn(2)) return operation::LookAtHeads{DrawReader()};
    return operation::LookAtStream{DrawReader(), DrawStream(), DrawPosition(model)};
  }
  if (kind < 10) {
    operation::ListStreams list;
    list.reader = DrawReader();
    if (OneIn(2)) list.category = Of(Categories());
    if (OneIn(3)) list.after = DrawStream();
    return list;
  }
  return operation::FindEvent{DrawReader(), operation::NthId(1 + Below(ids_ + 1))};
}

operation::Operation RandomOperations::DrawRowRead() {
  const auto table = static_cast<TableId>(1 + Below(3));
  if (OneIn(2)) return operation::GetRow{DrawReader(), table, Of(Keys())};
  operation::ScanRows scan;
  scan.reader = DrawReader();
  scan.table = table;
  if (OneIn(2)) scan.options.from = Of(Keys());
  if (OneIn(2)) scan.options.until = Of(Keys());
  if (OneIn(2)) scan.options.limit = Below(4);
  if (OneIn(2)) scan.options.direction = Direction::kBackwards;
  return scan;
}

operation::Operation RandomOperations::DrawFollow(const ReferenceModel& model) {
  const auto subscription = static_cast<int>(Below(4));
  const uint64_t kind = Below(12);
  if (kind == 0) return operation::Unsubscribe{subscription};
  if (kind == 1) {
    operation::Subscribe subscribe;
    subscribe.subscription = subscription;
    subscribe.after = DrawPosition(model);
    subscribe.filter = DrawFilter();
    subscribe.batch_events = 1 + Below(10);
    return subscribe;
  }
  using How = operation::Poll::How;
  return operation::Poll{subscription, kind < 9    ? How::kPoll
                                       : kind < 11 ? How::kNext
                                                   : How::kSplit};
}

operation::Operation RandomOperations::DrawReopen() {
  switch (Below(9)) {
    case 0:
      return operation::GoOnWithBackup();
    case 8:
      return operation::GoOnWithImport();
    case 1:
      return operation::Restart{true};
    case 2:
    case 3:
    case 4:
      return operation::GoOnWithCopy();
    default:
      return operation::Restart{false};
  }
}

}  // namespace daybook
