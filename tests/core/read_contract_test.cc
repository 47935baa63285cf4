#include <algorithm>
#include <atomic>
#include <map>
#include <random>
#include <thread>

#include "daybook/core/limits.h"
#include "daybook/core/subscription.h"
#include "forwarding_store.h"
#include "store_contract.h"

namespace daybook {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

constexpr uint64_t kHuge = ~uint64_t{0};

class ReadContract : public StoreContract {
 protected:
  void SetUp() override {
    StoreContract::SetUp();
    // log: a0 b0 a1 c0 a2 b1 — the types are Noted but for b's, which are Booked
    ASSERT_THAT(Append("a-1", {"a0"}), IsOk());
    ASSERT_THAT(store_->Append("b-1", ExpectedVersion::Any(), {Make("Booked", "b0")}), IsOk());
    ASSERT_THAT(Append("a-1", {"a1"}), IsOk());
    ASSERT_THAT(Append("c", {"c0"}), IsOk());
    ASSERT_THAT(Append("a-1", {"a2"}), IsOk());
    ASSERT_THAT(store_->Append("b-1", ExpectedVersion::Any(), {Make("Booked", "b1")}), IsOk());
  }
};

TEST_P(ReadContract, ReadsAStreamForwards) {
  EXPECT_THAT(ReadStream("a-1"), ElementsAre("a0", "a1", "a2"));
  EXPECT_THAT(ReadStream("a-1", {.from = 1}), ElementsAre("a1", "a2"));
  EXPECT_THAT(ReadStream("a-1", {.from = 1, .limit = 1}), ElementsAre("a1"));
  EXPECT_THAT(ReadStream("a-1", {.from = 3}), IsEmpty());
  EXPECT_THAT(ReadStream("a-1", {.from = kMaxVersion}), IsEmpty());
}

TEST_P(ReadContract, ReadsAStreamBackwards) {
  const Direction back = Direction::kBackwards;
  EXPECT_THAT(ReadStream("a-1", {.direction = back}), ElementsAre("a2", "a1", "a0"));
  EXPECT_THAT(ReadStream("a-1", {.direction = back, .from = 1}), ElementsAre("a1", "a0"));
  EXPECT_THAT(ReadStream("a-1", {.direction = back, .from = 0}), ElementsAre("a0"));
  EXPECT_THAT(ReadStream("a-1", {.direction = back, .limit = 2}), ElementsAre("a2", "a1"));
  EXPECT_THAT(ReadStream("a-1", {.direction = back, .from = 99}), ElementsAre("a2", "a1", "a0"));
}

TEST_P(ReadContract, TellsWhereAStreamReadEnds) {
  const auto reader = store_->Reader();
  EXPECT_TRUE(reader->ReadStream("a-1")->at_end());
  EXPECT_FALSE(reader->ReadStream("a-1", {.limit = 2})->at_end());
  EXPECT_TRUE(reader->ReadStream("a-1", {.from = 1, .limit = 2})->at_end());
  EXPECT_EQ(reader->ReadStream("a-1", {.max_bytes = 1})->size(), 1u);
}

// Streams of which the events lie close to one another, or far apart, are read in different ways:
// both give what the log says.
TEST_P(ReadContract, AStreamIsWhatTheLogSaysOfIt) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937_64 random(seed);
  std::map<std::string, std::vector<std::string>> streams;
  for (int i = 0; i < 3'000; i += 100) {
    Commit commit;
    std::map<std::string, std::vector<Event>> events;
    for (int j = i; j < i + 100; ++j) {
      // Half of all in one stream, the others in forty.
      const std::string stream = random() % 2 == 0 ? "z-0" : absl::StrCat("z-", random() % 40 + 1);
      const std::string payload = absl::StrCat(j, std::string(random() % 200, 'p'));
      events[stream].push_back(Make("Noted", payload));
      streams[stream].push_back(payload);
    }
    for (auto& [stream, list] : events) {
      commit.appends.push_back({stream, ExpectedVersion::Any(), std::move(list)});
    }
    ASSERT_THAT(store_->Append(std::move(commit)), IsOk());
  }
  for (const auto& [stream, payloads] : streams) {
    for (const bool forwards : {true, false}) {
      ReadStreamOptions options;
      options.direction = forwards ? Direction::kForwards : Direction::kBackwards;
      options.limit = random() % 3 == 0 ? random() % 50 + 1 : 1024;
      options.max_bytes = random() % 3 == 0 ? random() % 2'000 + 1 : size_t{4} << 20;
      std::vector<std::string> read;
      for (bool more = true; more;) {
        const auto batch = store_->Reader()->ReadStream(stream, options);
        ASSERT_THAT(batch, IsOk());
        ASSERT_FALSE(batch->empty());
        size_t bytes = 0;
        for (const RecordedEvent& event : *batch) {
          EXPECT_LT(bytes, options.max_bytes) << "more than was wanted";
          bytes += event.record.size();
          read.emplace_back(event.payload);
        }
        more = !batch->at_end();
        options.from = forwards ? batch->back().version + 1 : batch->back().version - 1;
      }
      if (!forwards) std::reverse(read.begin(), read.end());
      EXPECT_EQ(read, payloads) << stream << (forwards ? "" : ", backwards");
    }
  }
}

TEST_P(ReadContract, TellsBadReads) {
  const auto reader = store_->Reader();
  EXPECT_THAT(reader->ReadStream("none"), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(reader->ReadStream(""), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(reader->ReadStream(std::string(65'536, 'x')), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(reader->ReadStream("a-1", {.from = kHuge}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("options.from")));
  EXPECT_THAT(reader->ReadStream("a-1", {.limit = 0}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("options.limit")));
  EXPECT_THAT(reader->ReadLog({.limit = 0}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("options.limit")));
  EXPECT_THAT(reader->ReadLog({.max_bytes = 0}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("options.max_bytes")));
  EXPECT_THAT(reader->ReadLog({.max_scanned = 0}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("options.max_scanned")));
  EXPECT_THAT(reader->ReadLog({.from = Position(1, 3)}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("partition")));
}

TEST_P(ReadContract, ReadsTheLogBothWays) {
  EXPECT_THAT(ReadLog(), ElementsAre("a0", "b0", "a1", "c0", "a2", "b1"));
  EXPECT_THAT(ReadLog({.from = Position(4)}), ElementsAre("a2", "b1"));
  EXPECT_THAT(ReadLog({.from = Position(6)}), IsEmpty());
  EXPECT_THAT(ReadLog({.limit = 2}), ElementsAre("a0", "b0"));
  EXPECT_THAT(ReadLog({.from = Position::End()}), IsEmpty());
  const Direction back = Direction::kBackwards;
  EXPECT_THAT(ReadLog({.direction = back, .from = Position::End()}),
              ElementsAre("b1", "a2", "c0", "a1", "b0", "a0"));
  EXPECT_THAT(ReadLog({.direction = back, .from = Position(3)}), ElementsAre("b0", "a0"));
  EXPECT_THAT(ReadLog({.direction = back, .from = Position(1)}), IsEmpty());
  EXPECT_THAT(ReadLog({.direction = back, .from = Position::Start()}), IsEmpty());
}

TEST_P(ReadContract, GoesOnWhereABatchEnded) {
  for (const Direction direction : {Direction::kForwards, Direction::kBackwards}) {
    ReadLogOptions options;
    options.direction = direction;
    options.from = direction == Direction::kForwards ? Position::Start() : Position::End();
    options.limit = 2;
    std::vector<uint64_t> positions;
    while (true) {
      auto batch = store_->Reader()->ReadLog(options);
      ASSERT_THAT(batch, IsOk());
      for (const RecordedEvent& event : *batch) positions.push_back(event.position.sequence());
      options.from = batch->next();
      if (batch->at_end()) break;
      ASSERT_LE(positions.size(), 6u);
    }
    if (direction == Direction::kForwards) {
      EXPECT_THAT(positions, ElementsAre(1, 2, 3, 4, 5, 6));
    } else {
      EXPECT_THAT(positions, ElementsAre(6, 5, 4, 3, 2, 1));
    }
  }
}

TEST_P(ReadContract, FiltersByCategoryAndType) {
  EXPECT_THAT(ReadLog({.filter = {.categories = {"a"}}}), ElementsAre("a0", "a1", "a2"));
  EXPECT_THAT(ReadLog({.filter = {.categories = {"a", "c"}}}), ElementsAre("a0", "a1", "c0", "a2"));
  EXPECT_THAT(ReadLog({.filter = {.types = {"Booked"}}}), ElementsAre("b0", "b1"));
  EXPECT_THAT(ReadLog({.filter = {.categories = {"a"}, .types = {"Booked"}}}), IsEmpty());
  EXPECT_THAT(ReadLog({.filter = {.categories = {"unknown"}}}), IsEmpty());
  EXPECT_THAT(ReadLog({.filter = {.types = {"Unknown"}}}), IsEmpty());
  // Events that are left out are passed all the same.
  auto batch = store_->Reader()->ReadLog({.filter = {.types = {"Unknown"}}});
  EXPECT_EQ(batch->next(), Position(6));
  EXPECT_TRUE(batch->at_end());
  auto step = store_->Reader()->ReadLog({.filter = {.types = {"Booked"}}, .max_scanned = 1});
  EXPECT_THAT(*step, SizeIs(0));
  EXPECT_EQ(step->next(), Position(1));
  EXPECT_FALSE(step->at_end());
}

TEST_P(ReadContract, AReaderStaysAtItsTip) {
  const TableId table = store_->OpenTable("view").value();
  Commit write;
  write.writes.push_back({table, "row", "old"});
  ASSERT_THAT(store_->Append(write), IsOk());
  const auto reader = store_->Reader();
  write.writes[0].value = "new";
  ASSERT_THAT(store_->Append(write), IsOk());
  EXPECT_THAT(reader->GetRow(table, "row"), IsOkAndHolds(std::optional<std::string>("old")));
  EXPECT_THAT(reader->ScanRows(table, {},
                               [](absl::string_view, absl::string_view value) {
                                 EXPECT_EQ(value, "old");
                                 return true;
                               }),
              IsOk());
  ASSERT_THAT(Append("a-1", {"a3"}), IsOk());
  EXPECT_EQ(reader->tip(), Position(6));
  EXPECT_THAT(Payloads(*reader->ReadStream("a-1")), ElementsAre("a0", "a1", "a2"));
  EXPECT_THAT(*reader->ReadLog(), SizeIs(6));
  EXPECT_THAT(reader->StreamVersion("a-1"), IsOkAndHolds(std::optional<uint64_t>(2)));
  EXPECT_THAT(ReadStream("a-1"), ElementsAre("a0", "a1", "a2", "a3"));
}

TEST_P(ReadContract, ABatchOutlivesItsReader) {
  EventBatch batch = *store_->Reader()->ReadStream("a-1");
  ASSERT_THAT(Append("a-1", {"a3"}), IsOk());
  EXPECT_THAT(Payloads(batch), ElementsAre("a0", "a1", "a2"));
  EXPECT_EQ(batch[2].stream, "a-1");
  EXPECT_EQ(batch[2].type, "Noted");
}

TEST_P(ReadContract, ListsStreams) {
  ASSERT_THAT(Append("a-2", {"x"}), IsOk());
  std::vector<std::pair<std::string, uint64_t>> streams;
  const auto list = [&](absl::string_view category, absl::string_view after, size_t limit = 99) {
    streams.clear();
    return store_->Reader()->ListStreams(category, after,
                                         [&](absl::string_view stream, uint64_t version) {
                                           streams.emplace_back(std::string(stream), version);
                                           return streams.size() < limit;
                                         });
  };
  ASSERT_THAT(list("", ""), IsOk());
  EXPECT_THAT(streams, testing::UnorderedElementsAre(Pair("a-1", 2), Pair("a-2", 0), Pair("b-1", 1),
                                                     Pair("c", 0)));
  ASSERT_THAT(list("a", ""), IsOk());
  EXPECT_THAT(streams, ElementsAre(Pair("a-1", 2), Pair("a-2", 0)));
  ASSERT_THAT(list("a", "a-1"), IsOk());
  EXPECT_THAT(streams, ElementsAre(Pair("a-2", 0)));
  ASSERT_THAT(list("", "", 1), IsOk());
  EXPECT_THAT(streams, SizeIs(1));
  ASSERT_THAT(list("unknown", ""), IsOk());
  EXPECT_THAT(streams, IsEmpty());
  EXPECT_THAT(list("a", "b-1"), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(list("", "none"), StatusIs(absl::StatusCode::kNotFound));
}

TEST_P(ReadContract, FindsEventsByTheIdsThatTheyWereGiven) {
  std::vector<Event> events = Notes({"a", "b"});
  events[1].id = Uuid::Derive("b");
  const std::shared_ptr<const StoreReader> before = store_->Reader();
  ASSERT_THAT(store_->Append("find-1", ExpectedVersion::Any(), std::move(events)), IsOk());
  const std::shared_ptr<const StoreReader> reader = store_->Reader();
  EXPECT_THAT(reader->FindEvent(Uuid::Derive("b")), IsOkAndHolds(std::optional(reader->tip())));
  EXPECT_THAT(before->FindEvent(Uuid::Derive("b")), IsOkAndHolds(std::nullopt));
  EXPECT_THAT(reader->FindEvent(Uuid::Derive("c")), IsOkAndHolds(std::nullopt));
  const auto batch = reader->ReadStream("find-1");
  ASSERT_THAT(batch, IsOk());
  EXPECT_THAT(reader->FindEvent(batch->front().id), IsOkAndHolds(std::nullopt));
}

TEST_P(ReadContract, ScansRowsInOrder) {
  const TableId table = store_->OpenTable("view").value();
  const TableId other = store_->OpenTable("other").value();
  EXPECT_NE(table, other);
  EXPECT_THAT(store_->OpenTable("view"), IsOkAndHolds(table));
  Commit commit;
  for (const std::string key : {"b", "a", "", "c\xff", "c"}) {
    commit.writes.push_back({table, key, absl::StrCat("row ", key)});
  }
  commit.writes.push_back({other, "a", "another"});
  ASSERT_THAT(store_->Append(commit), IsOk());
  Commit erase;
  erase.writes.push_back({table, "b", std::nullopt});
  ASSERT_THAT(store_->Append(erase), IsOk());
  const auto scan = [&](const ScanOptions& options) {
    std::vector<std::string> keys;
    EXPECT_THAT(store_->Reader()->ScanRows(table, options,
                                           [&](absl::string_view key, absl::string_view value) {
                                             EXPECT_EQ(value, absl::StrCat("row ", key));
                                             keys.emplace_back(key);
                                             return true;
                                           }),
                IsOk());
    return keys;
  };
  EXPECT_THAT(scan({}), ElementsAre("", "a", "c", "c\xff"));
  EXPECT_THAT(scan({.from = "a", .until = "c"}), ElementsAre("a"));
  EXPECT_THAT(scan({.from = "b"}), ElementsAre("c", "c\xff"));
  EXPECT_THAT(scan({.from = "c", .until = "a"}), IsEmpty());
  EXPECT_THAT(scan({.limit = 2}), ElementsAre("", "a"));
  const Direction backwards = Direction::kBackwards;
  EXPECT_THAT(scan({.direction = backwards}), ElementsAre("c\xff", "c", "a", ""));
  EXPECT_THAT(scan({.from = "a", .until = "c", .direction = backwards}), ElementsAre("a"));
  EXPECT_THAT(scan({.from = "b", .direction = backwards}), ElementsAre("c\xff", "c"));
  EXPECT_THAT(scan({.until = "", .direction = backwards}), IsEmpty());
  EXPECT_THAT(scan({.limit = 2, .direction = backwards}), ElementsAre("c\xff", "c"));
  EXPECT_THAT(store_->Reader()->GetRow(table, "b"), IsOkAndHolds(std::nullopt));
  EXPECT_EQ(store_->Tip(), Position(6)) << "table writes take no position";
  EXPECT_THAT(store_->OpenTable(""), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(store_->OpenTable("a\nb"), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_P(ReadContract, ASubscriptionGoesOnLive) {
  Subscription subscription(store_.get(), {.after = Position(4)});
  auto old = subscription.Next();
  ASSERT_THAT(old, IsOk());
  EXPECT_THAT(Payloads(*old), ElementsAre("a2", "b1"));
  EXPECT_THAT(subscription.Poll(), IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(subscription.Next(absl::Milliseconds(5)),
              StatusIs(absl::StatusCode::kDeadlineExceeded));
  std::thread appender([&] { EXPECT_THAT(Append("a-1", {"live"}), IsOk()); });
  auto live = subscription.Next();
  ASSERT_THAT(live, IsOk());
  EXPECT_THAT(Payloads(*live), ElementsAre("live"));
  appender.join();
  EXPECT_EQ(subscription.checkpoint(), Position(7));
}

TEST_P(ReadContract, ASubscriptionThatTimesOutAgainAndAgainAsksOnce) {
  struct CountingStore : ForwardingStore {
    using ForwardingStore::ForwardingStore;
    void WhenPast(Position position, absl::AnyInvocable<void() &&> wake) override {
      ++asked;
      ForwardingStore::WhenPast(position, std::move(wake));
    }
    int asked = 0;
  } counting(store_.get());
  Subscription subscription(&counting, {.after = Position(6)});
  for (int round = 1; round <= 2; ++round) {
    for (int i = 0; i < 20; ++i) {
      EXPECT_THAT(subscription.Next(absl::Microseconds(100)),
                  StatusIs(absl::StatusCode::kDeadlineExceeded));
    }
    EXPECT_EQ(counting.asked, round);
    std::thread appender([&] { EXPECT_THAT(Append("a-1", {"live"}), IsOk()); });
    EXPECT_THAT(subscription.Next(), IsOkAndHolds(SizeIs(1)));
    appender.join();
  }
}

TEST_P(ReadContract, ASubscriptionIsStopped) {
  Subscription subscription(store_.get(), {.after = Position(6)});
  std::thread stopper([&] { subscription.Stop(); });
  EXPECT_THAT(subscription.Next(), StatusIs(absl::StatusCode::kCancelled));
  stopper.join();
}

TEST_P(ReadContract, ASubscriptionFilters) {
  Subscription subscription(store_.get(), {.filter = {.types = {"Booked"}}, .batch_events = 1});
  EXPECT_THAT(Payloads(*subscription.Next()), ElementsAre("b0"));
  EXPECT_THAT(Payloads(*subscription.Next()), ElementsAre("b1"));
  ASSERT_THAT(Append("a-1", {"a3"}), IsOk());
  EXPECT_THAT(subscription.Poll(), IsOkAndHolds(IsEmpty()));
  EXPECT_EQ(subscription.checkpoint(), Position(7)) << "moves over what it leaves out";
  // A type that is new to the store is found when it comes.
  Subscription later(store_.get(), {.filter = {.types = {"Later"}}});
  EXPECT_THAT(later.Poll(), IsOkAndHolds(IsEmpty()));
  ASSERT_THAT(store_->Append("d", ExpectedVersion::Any(), {Make("Later", "d0")}), IsOk());
  EXPECT_THAT(Payloads(*later.Next()), ElementsAre("d0"));
}

// Pieces end where their positions do or their bytes are reached, and filters leave gaps and whole
// pieces out: all of it together is what one reader gets.
TEST_P(ReadContract, APieceFollowsAPiece) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937_64 random(seed);
  for (int i = 0; i < 300; ++i) {
    const std::string type = random() % 4 == 0 ? "Booked" : "Noted";
    const std::string payload(random() % 10 == 0 ? 400 : 20, 'p');
    ASSERT_THAT(store_->Append(absl::StrCat("s-", random() % 3), ExpectedVersion::Any(),
                               {Make(type, absl::StrCat(i, payload))}),
                IsOk());
  }
  for (int round = 0; round < 40; ++round) {
    SubscriptionOptions options;
    options.after = Position(random() % 300);
    options.batch_events = 1 + random() % 20;
    options.batch_bytes = 1 + random() % 2'000;
    if (random() % 2 == 0) options.filter.types = {random() % 3 == 0 ? "Unheard of" : "Booked"};
    auto expected = store_->Reader()->ReadLog(
        {.from = options.after, .filter = options.filter, .limit = 1'000});
    ASSERT_THAT(expected, IsOk());
    Subscription subscription(store_.get(), options);
    std::vector<std::string> payloads;
    while (subscription.checkpoint() < store_->Tip()) {
      const std::vector<Subscription::Piece> pieces = subscription.Split(1 + random() % 4);
      ASSERT_FALSE(pieces.empty());
      // In any order: each is read by itself.
      std::vector<absl::StatusOr<EventBatch>> read(pieces.size());
      for (size_t i = pieces.size(); i-- > 0;) read[i] = pieces[i].Read();
      auto batches = subscription.Join(std::move(read));
      ASSERT_THAT(batches, IsOk());
      ASSERT_FALSE(batches->empty());
      EXPECT_EQ(batches->back().next(), subscription.checkpoint());
      for (const EventBatch& batch : *batches) {
        EXPECT_TRUE(!batch.empty() || &batch == &batches->back());
        for (const RecordedEvent& event : batch) payloads.emplace_back(event.payload);
      }
    }
    EXPECT_EQ(payloads, Payloads(*expected));
    EXPECT_THAT(subscription.Split(3), IsEmpty());
  }
}

TEST_P(ReadContract, WhatIsReadBehindADamagedPieceIsDropped) {
  Subscription subscription(store_.get(), {.batch_events = 2});
  std::vector<absl::StatusOr<EventBatch>> read;
  for (const auto& piece : subscription.Split(3)) read.push_back(piece.Read());
  ASSERT_THAT(read, SizeIs(3));
  read[1] = absl::DataLossError("damaged");
  auto batches = subscription.Join(std::move(read));
  ASSERT_THAT(batches, IsOkAndHolds(SizeIs(1)));
  EXPECT_THAT(Payloads(batches->front()), ElementsAre("a0", "b0"));
  EXPECT_THAT(Payloads(*subscription.Poll()), ElementsAre("a1", "c0"));
  read.clear();
  read.emplace_back(absl::DataLossError("damaged"));
  EXPECT_THAT(subscription.Join(std::move(read)), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_EQ(subscription.checkpoint(), Position(4));
}

// No reader misses an event or sees one twice while many write (G1).
TEST_P(ReadContract, SubscribersSeeEveryEventOnce) {
  constexpr int kWriters = 4;
  constexpr int kAppends = 500;
  constexpr uint64_t kLast = 6 + kWriters * kAppends;
  std::vector<std::thread> threads;
  for (int subscriber = 0; subscriber < 3; ++subscriber) {
    threads.emplace_back([&, subscriber] {
      Subscription subscription(store_.get(),
                                {.batch_events = static_cast<size_t>(1 + 10 * subscriber)});
      uint64_t expected = 1;
      while (expected <= kLast) {
        auto batch = subscription.Next();
        ASSERT_THAT(batch, IsOk());
        for (const RecordedEvent& event : *batch) {
          ASSERT_EQ(event.position, Position(expected)) << "subscriber " << subscriber;
          ++expected;
        }
      }
    });
  }
  for (int writer = 0; writer < kWriters; ++writer) {
    threads.emplace_back([&, writer] {
      Latch all;
      std::atomic<int> left = kAppends;
      for (int i = 0; i < kAppends; ++i) {
        Commit commit;
        commit.appends.push_back(
            {absl::StrCat("w-", writer), ExpectedVersion::Any(), Notes({"x"})});
        store_->AppendAsync(std::move(commit), [&](absl::StatusOr<AppendResult> result) {
          EXPECT_THAT(result, IsOk());
          if (--left == 0) all.Open();
        });
      }
      store_->runtime().Await(all);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

class CountingParticipant : public CommitParticipant {
 public:
  CountingParticipant(TableId table, std::string refused)
      : table_(table), refused_(std::move(refused)) {}
  absl::Status OnCommit(absl::Span<const RecordedEvent> events, TableTransaction& tables) override {
    for (const RecordedEvent& event : events) {
      if (event.payload == refused_) return absl::FailedPreconditionError("refused");
      absl::StatusOr<std::optional<std::string>> row = tables.Get(table_, event.stream);
      if (!row.ok()) return row.status();
      tables.Put(table_, event.stream, absl::StrCat(row->value_or(""), event.payload));
    }
    return absl::OkStatus();
  }

 private:
  const TableId table_;
  const std::string refused_;
};

// Reads or deletes a row of some table.
class StrayParticipant : public CommitParticipant {
 public:
  StrayParticipant(TableId table, bool reads) : table_(table), reads_(reads) {}
  absl::Status OnCommit(absl::Span<const RecordedEvent>, TableTransaction& tables) override {
    if (reads_) return tables.Get(table_, "key").status();
    tables.Delete(table_, "key");
    return absl::OkStatus();
  }

 private:
  const TableId table_;
  const bool reads_;
};

TEST_P(ReadContract, ParticipantsWriteWithTheCommit) {
  const TableId table = store_->OpenTable("counts").value();
  CountingParticipant participant(table, "no");
  EXPECT_EQ(store_->AddParticipant(&participant), Position(6));
  ASSERT_THAT(Append("p", {"1", "2"}), IsOk());
  EXPECT_THAT(Append("p", {"3", "no"}), StatusIs(absl::StatusCode::kFailedPrecondition));
  ASSERT_THAT(Append("p", {"4"}), IsOk());
  EXPECT_THAT(store_->Reader()->GetRow(table, "p"),
              IsOkAndHolds(std::optional<std::string>("124")));
  EXPECT_THAT(ReadStream("p"), ElementsAre("1", "2", "4"));
  EXPECT_EQ(store_->Tip(), Position(9)) << "what is refused takes no position";
  store_->RemoveParticipant(&participant);
  ASSERT_THAT(Append("p", {"no"}), IsOk());
  EXPECT_THAT(store_->Reader()->GetRow(table, "p"),
              IsOkAndHolds(std::optional<std::string>("124")));
}

TEST_P(ReadContract, ParticipantsWriteNoTableThatWasNotOpened) {
  // The store has a table of its own now, for tags.
  Event tagged = Make("Noted", "tagged");
  tagged.metadata.tags = {"tag"};
  ASSERT_THAT(store_->Append("p", ExpectedVersion::Any(), {tagged}), IsOk());
  const Position tip = store_->Tip();
  const TableId last = store_->OpenTable("rows").value();
  for (TableId table = 0; table <= last + 1; ++table) {
    SCOPED_TRACE(table);
    for (const bool reads : {true, false}) {
      StrayParticipant participant(table, reads);
      store_->AddParticipant(&participant);
      const absl::Status status = Append("p", {"x"}).status();
      store_->RemoveParticipant(&participant);
      if (table == last) {
        EXPECT_THAT(status, IsOk());
      } else {
        EXPECT_THAT(status,
                    StatusIs(absl::StatusCode::kInvalidArgument,
                             HasSubstr(absl::StrCat("participant.table: must be a table that was "
                                                    "opened, is ",
                                                    table))));
      }
    }
  }
  EXPECT_EQ(store_->Tip(), Position(tip.sequence() + 2)) << "what is refused takes no position";
}

INSTANTIATE_TEST_SUITE_P(Backends, ReadContract, testing::ValuesIn(Backends()), BackendName);

}  // namespace
}  // namespace daybook
