#include <atomic>
#include <thread>

#include "absl/cleanup/cleanup.h"
#include "daybook/core/errors.h"
#include "daybook/core/limits.h"
#include "daybook/core/mutex.h"
#include "daybook/testkit/fake_clock.h"
#include "store_contract.h"

namespace daybook {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

class AppendContract : public StoreContract {};

TEST_P(AppendContract, GivesVersionsAndGaplessPositions) {
  auto first = Append("account-1", {"a", "b"});
  ASSERT_THAT(first, IsOk());
  EXPECT_EQ(first->first, Position(1));
  EXPECT_EQ(first->last, Position(2));
  ASSERT_THAT(first->streams, SizeIs(1));
  EXPECT_EQ(first->streams[0].first_version, 0u);
  EXPECT_EQ(first->streams[0].last_version, 1u);

  auto second = Append("account-1", {"c"});
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(second->first, Position(3));
  EXPECT_EQ(second->streams[0].last_version, 2u);
  EXPECT_EQ(store_->Tip(), Position(3));
}

TEST_P(AppendContract, KeepsWhatWasGiven) {
  Event event = Make("Opened", "payload");
  event.id = Uuid::Derive("an id");
  event.schema_version = 7;
  event.encoding = PayloadEncoding::kSealed;
  event.metadata.actor = "somebody";
  event.metadata.command_id = Uuid::Derive("a command");
  event.metadata.free = {{"k", "v"}};
  auto result = store_->Append("account-1", ExpectedVersion::NoStream(), {event});
  ASSERT_THAT(result, IsOk());
  auto batch = store_->Reader()->ReadStream("account-1");
  ASSERT_THAT(batch, IsOk());
  ASSERT_EQ(batch->size(), 1u);
  const RecordedEvent& recorded = batch->front();
  EXPECT_EQ(recorded.position, Position(1));
  EXPECT_EQ(recorded.stream, "account-1");
  EXPECT_EQ(recorded.version, 0u);
  EXPECT_EQ(recorded.id, event.id);
  EXPECT_EQ(recorded.type, "Opened");
  EXPECT_EQ(recorded.schema_version, 7u);
  EXPECT_EQ(recorded.encoding, PayloadEncoding::kSealed);
  EXPECT_EQ(recorded.payload, "payload");
  EXPECT_EQ(recorded.metadata.ToMetadata(), event.metadata);
  EXPECT_EQ(recorded.recorded_time, result->recorded_time);
  EXPECT_FALSE(recorded.removed);
}

TEST_P(AppendContract, ChecksExpectedVersions) {
  EXPECT_THAT(Append("s", {"a"}, ExpectedVersion::StreamExists()),
              StatusIs(absl::StatusCode::kAborted));
  EXPECT_THAT(Append("s", {"a"}, ExpectedVersion::Exactly(0)),
              StatusIs(absl::StatusCode::kAborted));
  EXPECT_THAT(Append("s", {"a"}, ExpectedVersion::NoStream()), IsOk());
  EXPECT_THAT(Append("s", {"b"}, ExpectedVersion::NoStream()),
              StatusIs(absl::StatusCode::kAborted));
  EXPECT_THAT(Append("s", {"b"}, ExpectedVersion::StreamExists()), IsOk());
  EXPECT_THAT(Append("s", {"c"}, ExpectedVersion::Exactly(1)), IsOk());
  const auto conflict = Append("s", {"d"}, ExpectedVersion::Exactly(1));
  ASSERT_THAT(conflict, StatusIs(absl::StatusCode::kAborted));
  const auto payload = ErrorPayload<v1::VersionConflict>(conflict.status());
  ASSERT_TRUE(payload.has_value());
  EXPECT_EQ(payload->stream(), "s");
  EXPECT_EQ(payload->expected(), "1");
  EXPECT_EQ(payload->actual(), 2u);
  EXPECT_THAT(ReadStream("s"), ElementsAre("a", "b", "c"));
}

TEST_P(AppendContract, WritesSeveralStreamsOrNone) {
  ASSERT_THAT(Append("b-1", {"old"}), IsOk());
  Commit refused;
  refused.appends.push_back({"a-1", ExpectedVersion::NoStream(), Notes({"1", "2"})});
  refused.appends.push_back({"b-1", ExpectedVersion::NoStream(), Notes({"3"})});
  EXPECT_THAT(store_->Append(refused), StatusIs(absl::StatusCode::kAborted));
  EXPECT_THAT(store_->Reader()->ReadStream("a-1"), StatusIs(absl::StatusCode::kNotFound));

  Commit taken = refused;
  taken.appends[1].expected = ExpectedVersion::Exactly(0);
  auto result = store_->Append(taken);
  ASSERT_THAT(result, IsOk());
  EXPECT_THAT(result->streams, SizeIs(2));
  EXPECT_THAT(ReadLog(), ElementsAre("old", "1", "2", "3"));
  EXPECT_THAT(ReadStream("b-1"), ElementsAre("old", "3"));
}

TEST_P(AppendContract, ChecksAStreamWithoutAppendingToIt) {
  ASSERT_THAT(Append("a", {"1"}), IsOk());
  Commit commit;
  commit.appends.push_back({"a", ExpectedVersion::Exactly(0), {}});
  commit.appends.push_back({"b", ExpectedVersion::Any(), Notes({"2"})});
  auto result = store_->Append(commit);
  ASSERT_THAT(result, IsOk());
  EXPECT_THAT(result->streams, SizeIs(1));
  commit.appends[0].expected = ExpectedVersion::NoStream();
  EXPECT_THAT(store_->Append(commit), StatusIs(absl::StatusCode::kAborted));
  // A check makes no stream.
  Commit absent;
  absent.appends.push_back({"none", ExpectedVersion::NoStream(), {}});
  absent.appends.push_back({"b", ExpectedVersion::Any(), Notes({"3"})});
  EXPECT_THAT(store_->Append(absent), IsOk());
  EXPECT_THAT(store_->Reader()->StreamVersion("none"), IsOkAndHolds(std::nullopt));
}

TEST_P(AppendContract, IsIdempotentByEventId) {
  std::vector<Event> events = Notes({"a", "b"});
  events[0].id = Uuid::Derive("e", 0);
  events[1].id = Uuid::Derive("e", 1);
  auto first = store_->Append("s", ExpectedVersion::NoStream(), events);
  ASSERT_THAT(first, IsOk());
  EXPECT_FALSE(first->duplicate);
  ASSERT_THAT(Append("s", {"c"}), IsOk());
  // The expected version held then; the retry is told what happened then.
  auto again = store_->Append("s", ExpectedVersion::NoStream(), events);
  ASSERT_THAT(again, IsOk());
  EXPECT_TRUE(again->duplicate);
  EXPECT_EQ(again->first, first->first);
  EXPECT_EQ(again->last, first->last);
  EXPECT_EQ(again->recorded_time, first->recorded_time);
  EXPECT_EQ(again->streams[0].first_version, 0u);
  EXPECT_EQ(again->streams[0].last_version, 1u);
  EXPECT_EQ(store_->Tip(), Position(3));

  std::vector<Event> mixed = {events[1], Make("Noted", "new")};
  mixed[1].id = Uuid::Derive("e", 2);
  EXPECT_THAT(store_->Append("s", ExpectedVersion::Any(), mixed),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("all new or all known")));
  EXPECT_THAT(store_->Append("other", ExpectedVersion::Any(), events),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("another commit")));
  std::vector<Event> twice = {events[0], events[0]};
  EXPECT_THAT(store_->Append("s", ExpectedVersion::Any(), twice),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("events[1].id")));
  EXPECT_THAT(ReadStream("s"), ElementsAre("a", "b", "c"));
}

TEST_P(AppendContract, ARetryIsToldWhatEachStreamGot) {
  ASSERT_THAT(Append("a", {"before", "and"}), IsOk());
  ASSERT_THAT(Append("b", {"before"}), IsOk());
  Commit commit;
  commit.appends.push_back({"a", ExpectedVersion::Exactly(1), Notes({"a1"})});
  commit.appends.push_back({"b", ExpectedVersion::Exactly(0), Notes({"b1", "b2", "b3"})});
  uint64_t number = 0;
  for (StreamAppend& append : commit.appends) {
    for (Event& event : append.events) event.id = Uuid::Derive("retry", ++number);
  }
  const auto first = store_->Append(commit);
  ASSERT_THAT(first, IsOk());
  ASSERT_THAT(Append("a", {"after"}), IsOk());
  const auto again = store_->Append(commit);
  ASSERT_THAT(again, IsOk());
  EXPECT_TRUE(again->duplicate);
  EXPECT_EQ(again->first, first->first);
  EXPECT_EQ(again->last, first->last);
  EXPECT_EQ(again->recorded_time, first->recorded_time);
  ASSERT_EQ(again->streams.size(), 2u);
  EXPECT_EQ(again->streams[0].first_version, 2u);
  EXPECT_EQ(again->streams[0].last_version, 2u);
  EXPECT_EQ(again->streams[1].first_version, 1u);
  EXPECT_EQ(again->streams[1].last_version, 3u);
}

TEST_P(AppendContract, DoesNotLookUpIdsThatAreNewButFindsThemLater) {
  Commit commit;
  commit.appends.push_back({"account-1", ExpectedVersion::Any(), {Make("a")}});
  commit.appends[0].events[0].id = Uuid::Derive("once");
  commit.new_ids = true;
  ASSERT_THAT(store_->Append(commit), IsOk());
  EXPECT_THAT(store_->Reader()->FindEvent(Uuid::Derive("once")), IsOkAndHolds(Position(1)));

  commit.new_ids = false;
  const auto again = store_->Append(commit);
  ASSERT_THAT(again, IsOk());
  EXPECT_TRUE(again->duplicate);
  EXPECT_EQ(store_->Tip(), Position(1));
}

TEST_P(AppendContract, AnswersTheSameAppendSentTwiceAtOnce) {
  constexpr int kAppends = 100;  // some of them are in one batch
  Latch all;
  std::atomic<int> answered = 0;
  std::atomic<int> duplicates = 0;
  for (int i = 0; i < 2 * kAppends; ++i) {
    std::vector<Event> events = Notes({"a"});
    events[0].id = Uuid::Derive("twice", static_cast<uint64_t>(i / 2));
    Commit commit;
    commit.appends.push_back({absl::StrCat("s-", i / 2), ExpectedVersion::NoStream(), events});
    store_->AppendAsync(commit, [&](absl::StatusOr<AppendResult> result) {
      EXPECT_THAT(result, IsOk());
      if (result.ok() && result->duplicate) ++duplicates;
      if (++answered == 2 * kAppends) all.Open();
    });
  }
  store_->runtime().Await(all);
  EXPECT_EQ(duplicates, kAppends);
  EXPECT_THAT(ReadLog(), SizeIs(kAppends));
}

TEST_P(AppendContract, RecordedTimeNeverDecreases) {
  FakeClock clock(absl::FromUnixSeconds(1'700'000'000));
  const absl::Cleanup close = [this] { store_.reset(); };  // before its clock
  StoreOptions options;
  options.clock = &clock;
  Open(options);
  ASSERT_THAT(Append("s", {"a"}), IsOk());
  clock.Advance(-absl::Hours(1));
  ASSERT_THAT(Append("s", {"b"}), IsOk());
  clock.Advance(absl::Hours(2));
  ASSERT_THAT(Append("s", {"c"}), IsOk());
  auto batch = store_->Reader()->ReadLog();
  ASSERT_THAT(batch, IsOk());
  EXPECT_EQ((*batch)[0].recorded_time, absl::FromUnixSeconds(1'700'000'000));
  EXPECT_EQ((*batch)[1].recorded_time, absl::FromUnixSeconds(1'700'000'000));
  EXPECT_EQ((*batch)[2].recorded_time, absl::FromUnixSeconds(1'700'003'600));
  store_.reset();
}

TEST_P(AppendContract, ClaimsAreTakenOnce) {
  const TableId table = store_->OpenTable("emails").value();
  Commit commit;
  commit.appends.push_back({"user-1", ExpectedVersion::NoStream(), Notes({"a"})});
  commit.claims.push_back({table, "x@example.org", "user-1"});
  ASSERT_THAT(store_->Append(commit), IsOk());
  commit.appends[0].stream = "user-2";
  const auto taken = store_->Append(commit);
  ASSERT_THAT(taken, StatusIs(absl::StatusCode::kAborted));
  const auto payload = ErrorPayload<v1::ClaimConflict>(taken.status());
  ASSERT_TRUE(payload.has_value());
  EXPECT_EQ(payload->key(), "x@example.org");
  EXPECT_EQ(payload->existing(), "user-1");
  EXPECT_THAT(store_->Reader()->ReadStream("user-2"), StatusIs(absl::StatusCode::kNotFound));

  // A commit may hold a claim alone.
  Commit alone;
  alone.claims.push_back({table, "y@example.org", "user-3"});
  auto result = store_->Append(alone);
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->last, Position(1));
  EXPECT_THAT(store_->Reader()->GetRow(table, "y@example.org"),
              IsOkAndHolds(std::optional<std::string>("user-3")));
}

TEST_P(AppendContract, AClaimSentTwiceAtOnceIsTakenOnce) {
  const TableId table = store_->OpenTable("emails").value();
  constexpr int kClaims = 100;  // some of them are in one batch
  Latch all;
  std::atomic<int> answered = 0;
  std::atomic<int> taken = 0;
  for (int i = 0; i < 2 * kClaims; ++i) {
    Commit commit;
    commit.appends.push_back({absl::StrCat("user-", i), ExpectedVersion::NoStream(), Notes({"a"})});
    commit.claims.push_back({table, absl::StrCat(i / 2, "@example.org"), absl::StrCat("user-", i)});
    store_->AppendAsync(commit, [&](const absl::StatusOr<AppendResult>& result) {
      if (result.ok()) ++taken;
      if (++answered == 2 * kClaims) all.Open();
    });
  }
  store_->runtime().Await(all);
  EXPECT_EQ(taken, kClaims);
  EXPECT_THAT(ReadLog(), SizeIs(kClaims));
}

TEST_P(AppendContract, WhatIsRefusedLeavesNoTrace) {
  const TableId table = store_->OpenTable("emails").value();
  Commit first;
  first.claims.push_back({table, "y", "1"});
  ASSERT_THAT(store_->Append(first), IsOk());
  // Refused by its second claim, when the first is granted.
  Commit refused;
  refused.appends.push_back({"user-2", ExpectedVersion::NoStream(), Notes({"a"})});
  refused.claims.push_back({table, "x", "2"});
  refused.claims.push_back({table, "y", "2"});
  EXPECT_THAT(store_->Append(refused), StatusIs(absl::StatusCode::kAborted));
  EXPECT_THAT(Append("user-3", {"b"}), IsOk());
  EXPECT_THAT(store_->Reader()->GetRow(table, "x"), IsOkAndHolds(std::nullopt));
  EXPECT_EQ(store_->Tip(), Position(1));
  EXPECT_THAT(ReadLog(), ElementsAre("b"));
}

TEST_P(AppendContract, ChainedCommitsFallTogether) {
  auto chain = std::make_shared<CommitChain>();
  std::vector<absl::StatusCode> codes;
  Latch all;
  Mutex mutex;
  for (int i = 0; i < 3; ++i) {
    Commit commit;
    // The second expects what is not so; the third would be right all the same.
    commit.appends.push_back(
        {"s", i == 1 ? ExpectedVersion::Exactly(9) : ExpectedVersion::Any(), Notes({"x"})});
    commit.chain = chain;
    store_->AppendAsync(std::move(commit), [&](absl::StatusOr<AppendResult> result) {
      MutexLock lock(&mutex);
      codes.push_back(result.status().code());
      if (codes.size() == 3) all.Open();
    });
  }
  store_->runtime().Await(all);
  MutexLock lock(&mutex);  // who opened the latch held it
  EXPECT_THAT(codes, ElementsAre(absl::StatusCode::kOk, absl::StatusCode::kAborted,
                                 absl::StatusCode::kAborted));
  EXPECT_TRUE(chain->broken());
}

TEST_P(AppendContract, TellsOversizedAndMalformedCommits) {
  const auto refuses = [&](Commit commit, const std::string& field) {
    const auto result = store_->Append(std::move(commit));
    ASSERT_THAT(result, StatusIs(absl::StatusCode::kInvalidArgument));
    const auto payload = ErrorPayload<v1::InvalidField>(result.status());
    ASSERT_TRUE(payload.has_value());
    EXPECT_EQ(payload->field(), field);
    EXPECT_FALSE(payload->rule().empty());
  };
  const auto with = [](std::string stream, Event event) {
    Commit commit;
    commit.appends.push_back({std::move(stream), ExpectedVersion::Any(), {std::move(event)}});
    return commit;
  };
  refuses({}, "commit");
  for (const std::string& name :
       {std::string(), std::string("a\0b", 3), std::string("a\nb"), std::string(65'536, 'a'),
        std::string("$all"), std::string("$$a"), std::string("\xC0\x80")}) {
    refuses(with(name, Make("T")), "commit.appends[0].stream");
  }
  refuses(with("s", Make("")), "commit.appends[0].events[0].type");
  refuses(with("s", Make(std::string(kMaxTypeNameBytes + 1, 't'))),
          "commit.appends[0].events[0].type");
  refuses(with("s", Make("T", std::string(kMaxPayloadBytes + 1, 'p'))),
          "commit.appends[0].events[0].payload");
  Event no_version = Make("T");
  no_version.schema_version = 0;
  refuses(with("s", no_version), "commit.appends[0].events[0].schema_version");
  no_version.schema_version = 65'536;
  refuses(with("s", no_version), "commit.appends[0].events[0].schema_version");
  Commit many;
  many.appends.push_back(
      {"s", ExpectedVersion::Any(), std::vector<Event>(kMaxEventsPerCommit + 1, Make("T"))});
  refuses(many, "commit.appends");
  Commit far = with("s", Make("T"));
  far.appends[0].expected = ExpectedVersion::Exactly(~uint64_t{0});
  refuses(far, "commit.appends[0].expected");
  Commit twice = with("s", Make("T"));
  twice.appends.push_back(twice.appends[0]);
  refuses(twice, "commit.appends[1].stream");
  Commit table;
  table.writes.push_back({4'000'000'000u, "k", "v"});
  refuses(table, "commit.writes[0].table");
  Commit key;
  key.writes.push_back({1, std::string(kMaxRowKeyBytes + 1, 'k'), "v"});
  refuses(key, "commit.writes[0].key");
  EXPECT_EQ(store_->Tip(), Position());
}

TEST_P(AppendContract, TakesTheLargestEventAndTheLargestBatch) {
  const std::string payload(kMaxPayloadBytes, 'p');
  ASSERT_THAT(Append("large", {payload}), IsOk());
  EXPECT_THAT(ReadStream("large"), ElementsAre(payload));
  ASSERT_THAT(store_->Append("many", ExpectedVersion::NoStream(),
                             std::vector<Event>(kMaxEventsPerCommit, Make("T"))),
              IsOk());
  EXPECT_THAT(store_->Reader()->StreamVersion("many"),
              IsOkAndHolds(std::optional<uint64_t>(kMaxEventsPerCommit - 1)));
}

TEST_P(AppendContract, RefusesWhatTheQueueCannotHold) {
  // Nothing leaves the queue before somebody waits.
  const std::unique_ptr<Runtime> runtime = MakeStepRuntime(1);
  StoreOptions options;
  options.queue_bytes = size_t{1} << 20;
  options.runtime = runtime.get();
  Open(options);
  Latch all;
  std::vector<absl::StatusCode> codes;
  // The first finds the queue empty, and is taken though it is larger.
  for (const size_t size : {size_t{2} << 20, size_t{100}}) {
    Commit commit;
    commit.appends.push_back({"s", ExpectedVersion::Any(), Notes({std::string(size, 'p')})});
    store_->AppendAsync(std::move(commit), [&](absl::StatusOr<AppendResult> result) {
      codes.push_back(result.status().code());
      if (codes.size() == 2) all.Open();
    });
  }
  runtime->Await(all);
  EXPECT_THAT(codes, ElementsAre(absl::StatusCode::kResourceExhausted, absl::StatusCode::kOk));
  EXPECT_THAT(Append("s", {"small"}), IsOk());
  store_.reset();
}

// Of two writers at the same expected version exactly one wins.
// Rows alone, so that the tip stands still and nothing else tells that the queue has room.
TEST_P(AppendContract, CallsWhenAFullQueueHasRoom) {
  StoreOptions options;
  options.queue_bytes = size_t{1} << 20;
  Open(options);
  const TableId table = *store_->OpenTable("rows");
  const auto write = [table](size_t bytes) {
    Commit commit;
    commit.writes.push_back({table, "row", std::string(bytes, 'x')});
    return commit;
  };
  bool at_once = false;
  store_->WhenRoom([&] { at_once = true; });
  EXPECT_TRUE(at_once);

  Latch entered, go_on, has_room;
  store_->AppendAsync(write(1), [&](absl::StatusOr<AppendResult>) {
    entered.Open();
    Runtime::Threads().Await(go_on);  // holds the store up
  });
  store_->runtime().Await(entered);
  std::atomic<int> written{0};
  std::atomic<bool> full{false};
  int queued = 0;
  for (const size_t bytes : {size_t{100'000}, size_t{100}}) {
    for (full = false; !full; ++queued) {
      store_->AppendAsync(write(bytes), [&](absl::StatusOr<AppendResult> result) {
        if (absl::IsResourceExhausted(result.status())) full = true;
        written += result.ok();
      });
    }
  }
  store_->WhenRoom([&] { has_room.Open(); });
  EXPECT_FALSE(has_room.is_open());
  go_on.Open();
  store_->runtime().Await(has_room);
  EXPECT_THAT(store_->Append(write(100'000)), IsOk());
  EXPECT_EQ(written, queued - 2);

  // Nobody waits for room in a store that closes.
  Latch held, woken;
  store_->AppendAsync(write(1), [&](absl::StatusOr<AppendResult>) {
    held.Open();
    Runtime::Threads().Await(woken);
  });
  store_->runtime().Await(held);
  for (full = false; !full;) {
    store_->AppendAsync(write(100'000), [&](absl::StatusOr<AppendResult> result) {
      if (absl::IsResourceExhausted(result.status())) full = true;
    });
  }
  store_->WhenRoom([&] { woken.Open(); });
  EXPECT_FALSE(woken.is_open());
  store_.reset();
  EXPECT_TRUE(woken.is_open());
}

TEST_P(AppendContract, OneOfTwoWritersWins) {
  constexpr int kRounds = 10'000;
  std::atomic<int> wins = 0;
  std::atomic<int> conflicts = 0;
  constexpr int kBatch = 100;  // rounds in flight at once
  for (int base = 0; base < kRounds; base += kBatch) {
    std::vector<std::thread> writers;
    for (int writer = 0; writer < 2; ++writer) {
      writers.emplace_back([&] {
        Latch all;
        std::atomic<int> left = kBatch;
        for (int i = 0; i < kBatch; ++i) {
          Commit commit;
          commit.appends.push_back(
              {absl::StrCat("race-", base + i), ExpectedVersion::NoStream(), Notes({"x"})});
          store_->AppendAsync(std::move(commit), [&](absl::StatusOr<AppendResult> result) {
            if (result.ok()) ++wins;
            if (result.status().code() == absl::StatusCode::kAborted) ++conflicts;
            if (--left == 0) all.Open();
          });
        }
        store_->runtime().Await(all);
      });
    }
    for (std::thread& writer : writers) writer.join();
  }
  EXPECT_EQ(wins, kRounds);
  EXPECT_EQ(conflicts, kRounds);
  EXPECT_EQ(store_->Tip(), Position(kRounds));
}

TEST_P(AppendContract, KeepsTheOrderOfEachCaller) {
  constexpr int kCallers = 8;
  constexpr int kAppends = 200;
  std::vector<std::thread> callers;
  for (int caller = 0; caller < kCallers; ++caller) {
    callers.emplace_back([&, caller] {
      Latch all;
      std::atomic<int> left = kAppends;
      for (int i = 0; i < kAppends; ++i) {
        Commit commit;
        commit.appends.push_back(
            {absl::StrCat("caller-", caller), ExpectedVersion::Any(), Notes({absl::StrCat(i)})});
        store_->AppendAsync(std::move(commit), [&](absl::StatusOr<AppendResult> result) {
          EXPECT_THAT(result, IsOk());
          if (--left == 0) all.Open();
        });
      }
      store_->runtime().Await(all);
    });
  }
  for (std::thread& caller : callers) caller.join();
  for (int caller = 0; caller < kCallers; ++caller) {
    const std::vector<std::string> payloads = ReadStream(absl::StrCat("caller-", caller));
    ASSERT_THAT(payloads, SizeIs(kAppends));
    for (int i = 0; i < kAppends; ++i) EXPECT_EQ(payloads[i], absl::StrCat(i));
  }
}

TEST_P(AppendContract, CountsWhatItHolds) {
  ASSERT_THAT(Append("a-1", {"x", "y"}), IsOk());
  ASSERT_THAT(Append("a-2", {"x"}), IsOk());
  ASSERT_THAT(Append("b-1", {"x"}), IsOk());
  const StoreStats stats = store_->Stats();
  EXPECT_EQ(stats.tip, Position(4));
  EXPECT_EQ(stats.streams, 3u);
  EXPECT_EQ(stats.categories, 2u);
  EXPECT_EQ(stats.types, 1u);
  EXPECT_EQ(stats.events_appended, 4u);
  EXPECT_THAT(stats.chain_hex, SizeIs(64));
  EXPECT_THAT(stats.stopped, IsOk());
}

INSTANTIATE_TEST_SUITE_P(Backends, AppendContract, testing::ValuesIn(Backends()), BackendName);

}  // namespace
}  // namespace daybook
