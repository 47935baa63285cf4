// Streams that are cut short, deleted, made anew, or gone for good; and the space that they leave.
#include <atomic>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "daybook/core/clock.h"
#include "daybook/core/errors.h"
#include "daybook/core/moment.h"
#include "daybook/core/stream_metadata.h"
#include "daybook/testkit/fake_clock.h"
#include "daybook/v1/stream_metadata.pb.h"
#include "store_contract.h"

namespace daybook {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr auto kNotFound = absl::StatusCode::kNotFound;
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

class LifecycleContract : public StoreContract {
 protected:
  void SetUp() override {
    StoreOptions options;
    options.clock = &clock_;
    Open(options);
  }

  void TearDown() override { store_.reset(); }  // before its clock

  absl::Status Read(absl::string_view stream) {
    return store_->Reader()->ReadStream(stream).status();
  }
  std::vector<uint64_t> Versions(absl::string_view stream, const ReadStreamOptions& options = {}) {
    auto batch = store_->Reader()->ReadStream(stream, options);
    EXPECT_THAT(batch, IsOk());
    std::vector<uint64_t> versions;
    if (!batch.ok()) return versions;
    EXPECT_TRUE(batch->at_end() || batch->size() == options.limit);
    for (const RecordedEvent& event : *batch) {
      EXPECT_FALSE(event.removed);
      versions.push_back(event.version);
    }
    return versions;
  }
  std::optional<uint64_t> Version(absl::string_view stream) {
    auto version = store_->Reader()->StreamVersion(stream);
    EXPECT_THAT(version, IsOk());
    return version.value_or(std::nullopt);
  }
  ScavengeReport Scavenge() {
    auto report = store_->Scavenge();
    EXPECT_THAT(report, IsOk());
    return report.value_or(ScavengeReport());
  }
  // Of the events of the log, by position: whether the payload is there.
  std::string Payloads() {
    std::string text;
    auto batch = store_->Reader()->ReadLog();
    EXPECT_THAT(batch, IsOk());
    if (!batch.ok()) return text;
    for (const RecordedEvent& event : *batch) {
      if (event.type == "Noted") text += event.removed ? '-' : 'x';
      EXPECT_EQ(event.removed, event.type == "Noted" && event.payload.empty());
    }
    return text;
  }

  FakeClock clock_;
};

TEST_P(LifecycleContract, TheLastSoManyAreThere) {
  ASSERT_THAT(Append("a-1", {"0", "1", "2", "3", "4"}), IsOk());
  ASSERT_THAT(SetStreamLimits(*store_, "a-1", {.max_count = 2}), IsOk());
  EXPECT_THAT(Versions("a-1"), ElementsAre(3, 4));
  EXPECT_THAT(Versions("a-1", {.from = 1}), ElementsAre(3, 4));
  EXPECT_THAT(Versions("a-1", {.from = 4}), ElementsAre(4));
  EXPECT_THAT(Versions("a-1", {.direction = Direction::kBackwards}), ElementsAre(4, 3));
  EXPECT_THAT(Versions("a-1", {.direction = Direction::kBackwards, .from = 2}), IsEmpty());
  EXPECT_THAT(Versions("a-1", {.limit = 1}), ElementsAre(3));
  ASSERT_THAT(Append("a-1", {"5"}, ExpectedVersion::Exactly(4)), IsOk());
  EXPECT_THAT(Versions("a-1"), ElementsAre(4, 5));
  // The log has them all, and they come back with a wider limit.
  EXPECT_EQ(Payloads(), "xxxxxx");
  ASSERT_THAT(SetStreamLimits(*store_, "a-1", {.max_count = 4}), IsOk());
  EXPECT_THAT(Versions("a-1"), ElementsAre(2, 3, 4, 5));
  ASSERT_THAT(SetStreamLimits(*store_, "a-1", {}), IsOk());
  EXPECT_THAT(Versions("a-1"), ElementsAre(0, 1, 2, 3, 4, 5));
}

TEST_P(LifecycleContract, WhatIsOlderIsGoneAsTimePasses) {
  for (int i = 0; i < 5; ++i) {
    ASSERT_THAT(Append("a-1", {absl::StrCat(i)}), IsOk());
    clock_.Advance(absl::Seconds(10));
  }
  ASSERT_THAT(SetStreamLimits(*store_, "a-1", {.max_age = absl::Seconds(30)}), IsOk());
  const std::shared_ptr<const StoreReader> reader = store_->Reader();
  EXPECT_THAT(Versions("a-1"), ElementsAre(2, 3, 4));
  clock_.Advance(absl::Microseconds(1));
  EXPECT_THAT(Versions("a-1"), ElementsAre(3, 4));
  // One reader is of one moment.
  auto then = reader->ReadStream("a-1");
  ASSERT_THAT(then, IsOk());
  EXPECT_EQ(then->size(), 3u);
  clock_.Advance(absl::Seconds(20));
  // It is there, though none of its events is.
  EXPECT_THAT(Versions("a-1"), IsEmpty());
  EXPECT_EQ(Version("a-1"), 4u);
  EXPECT_THAT(store_->Append("a-1", ExpectedVersion::Exactly(4), Notes({"5"})), IsOk());
  EXPECT_THAT(Versions("a-1"), ElementsAre(5));
}

TEST_P(LifecycleContract, WhatIsBeforeAVersionIsGone) {
  ASSERT_THAT(Append("a-1", {"0", "1", "2"}), IsOk());
  ASSERT_THAT(SetStreamLimits(*store_, "a-1", {.max_count = 2, .truncate_before = 2}), IsOk());
  EXPECT_THAT(Versions("a-1"), ElementsAre(2));
  ASSERT_THAT(SetStreamLimits(*store_, "a-1", {.truncate_before = 7}), IsOk());
  EXPECT_THAT(Versions("a-1"), IsEmpty());
  EXPECT_EQ(Version("a-1"), 2u);
  auto start = store_->Reader()->FindStart("a-1");
  ASSERT_THAT(start, IsOk());
  EXPECT_EQ(start->began, 0u);
  EXPECT_EQ(start->first, 3u);
}

TEST_P(LifecycleContract, LimitsMaySetBeforeTheStreamIsThere) {
  ASSERT_THAT(SetStreamLimits(*store_, "a-1", {.max_count = 1}), IsOk());
  EXPECT_THAT(Read("a-1"), StatusIs(kNotFound));
  EXPECT_EQ(Version("a-1"), std::nullopt);
  ASSERT_THAT(Append("a-1", {"0", "1"}, ExpectedVersion::NoStream()), IsOk());
  EXPECT_THAT(Versions("a-1"), ElementsAre(1));
}

TEST_P(LifecycleContract, ADeletedStreamIsNotThereAndGoesOnInItsNextLife) {
  ASSERT_THAT(Append("a-1", {"0", "1"}), IsOk());
  ASSERT_THAT(Append("a-2", {"other"}), IsOk());
  EXPECT_THAT(DeleteStream(*store_, "a-1", ExpectedVersion::Exactly(0)),
              StatusIs(absl::StatusCode::kAborted));
  ASSERT_THAT(DeleteStream(*store_, "a-1", ExpectedVersion::Exactly(1)), IsOk());
  EXPECT_THAT(Read("a-1"), StatusIs(kNotFound));
  EXPECT_EQ(Version("a-1"), std::nullopt);
  EXPECT_THAT(DeleteStream(*store_, "a-1"), StatusIs(kNotFound));
  std::vector<std::string> streams;
  ASSERT_THAT(store_->Reader()->ListStreams("a", "",
                                            [&](absl::string_view stream, uint64_t) {
                                              streams.emplace_back(stream);
                                              return true;
                                            }),
              IsOk());
  EXPECT_THAT(streams, ElementsAre("a-2"));
  // As if it had never been there, but for the number.
  EXPECT_THAT(Append("a-1", {"no"}, ExpectedVersion::Exactly(1)),
              StatusIs(absl::StatusCode::kAborted));
  EXPECT_THAT(Append("a-1", {"no"}, ExpectedVersion::StreamExists()),
              StatusIs(absl::StatusCode::kAborted));
  auto again = Append("a-1", {"2", "3"}, ExpectedVersion::NoStream());
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->streams[0].first_version, 2u);
  EXPECT_THAT(Versions("a-1"), ElementsAre(2, 3));
  EXPECT_EQ(Version("a-1"), 3u);
  auto start = store_->Reader()->FindStart("a-1");
  ASSERT_THAT(start, IsOk());
  EXPECT_EQ(start->began, 2u);
  EXPECT_EQ(start->first, 2u);
  EXPECT_THAT(Append("a-1", {"no"}, ExpectedVersion::NoStream()),
              StatusIs(absl::StatusCode::kAborted));
}

TEST_P(LifecycleContract, AfterATombstoneNothingEverComes) {
  ASSERT_THAT(Append("a-1", {"0", "1"}), IsOk());
  ASSERT_THAT(TombstoneStream(*store_, "a-1"), IsOk());
  ASSERT_THAT(TombstoneStream(*store_, "a-new"), IsOk());
  for (const char* stream : {"a-1", "a-new"}) {
    const absl::Status read = Read(stream);
    EXPECT_THAT(read, StatusIs(kNotFound));
    EXPECT_EQ(ErrorPayload<v1::StreamTombstoned>(read)->stream(), stream);
    for (const ExpectedVersion expected :
         {ExpectedVersion::Any(), ExpectedVersion::NoStream(), ExpectedVersion::Exactly(1)}) {
      const absl::Status append = Append(stream, {"no"}, expected).status();
      EXPECT_THAT(append, StatusIs(absl::StatusCode::kFailedPrecondition));
      EXPECT_EQ(ErrorPayload<v1::StreamTombstoned>(append)->stream(), stream);
    }
    EXPECT_THAT(SetStreamLimits(*store_, stream, {}),
                StatusIs(absl::StatusCode::kFailedPrecondition));
    EXPECT_THAT(DeleteStream(*store_, stream), StatusIs(absl::StatusCode::kFailedPrecondition));
  }
  EXPECT_EQ(Payloads(), "xx");
}

TEST_P(LifecycleContract, NothingIsThereOfAStreamWithATombstone) {
  ASSERT_THAT(Append("a-1", {"0", "1"}), IsOk());
  ASSERT_THAT(TombstoneStream(*store_, "a-1"), IsOk());
  for (const bool scavenged : {false, true}) {
    SCOPED_TRACE(scavenged);
    if (scavenged) Scavenge();
    auto start = store_->Reader()->FindStart("a-1");
    ASSERT_THAT(start, IsOk());
    EXPECT_EQ(start->began, 2u);
    EXPECT_EQ(start->first, 2u);
  }
}

TEST_P(LifecycleContract, ADeletedStreamStoodNowhere) {
  ASSERT_THAT(Append("a-1", {"0", "1"}), IsOk());
  ASSERT_THAT(Append("b-1", {"other"}), IsOk());
  ASSERT_THAT(DeleteStream(*store_, "a-1"), IsOk());
  const auto reader = store_->Reader();
  for (uint64_t position = 0; position <= 4; ++position) {
    EXPECT_THAT(VersionOf(*reader, "a-1", Position(position)), IsOkAndHolds(std::nullopt));
  }
  EXPECT_THAT(VersionOf(*reader, "a-1", clock_.Now()), IsOkAndHolds(std::nullopt));
}

TEST_P(LifecycleContract, AReaderSeesTheStreamsOfItsMoment) {
  ASSERT_THAT(Append("a-1", {"0", "1"}), IsOk());
  const std::shared_ptr<const StoreReader> before = store_->Reader();
  ASSERT_THAT(DeleteStream(*store_, "a-1"), IsOk());
  const std::shared_ptr<const StoreReader> deleted = store_->Reader();
  ASSERT_THAT(Append("a-1", {"2"}), IsOk());
  auto then = before->ReadStream("a-1");
  ASSERT_THAT(then, IsOk());
  EXPECT_EQ(then->size(), 2u);
  EXPECT_THAT(deleted->ReadStream("a-1"), StatusIs(kNotFound));
  EXPECT_THAT(deleted->StreamVersion("a-1"), IsOkAndHolds(std::nullopt));
  EXPECT_THAT(before->StreamVersion("a-1"), IsOkAndHolds(std::optional<uint64_t>(1)));
}

TEST_P(LifecycleContract, AScavengeLeavesTheProofAndTakesThePayload) {
  ASSERT_THAT(Append("a-1", {"0", "1", "2"}), IsOk());
  ASSERT_THAT(Append("b-1", {"whole"}), IsOk());
  ASSERT_THAT(Append("c-1", {"0", "1"}), IsOk());
  ASSERT_THAT(Append("d-1", {"0"}), IsOk());
  EXPECT_EQ(Scavenge().done.events, 0u);
  ASSERT_THAT(SetStreamLimits(*store_, "a-1", {.max_count = 1}), IsOk());
  ASSERT_THAT(DeleteStream(*store_, "c-1"), IsOk());
  ASSERT_THAT(TombstoneStream(*store_, "d-1"), IsOk());
  const std::string chain = store_->Stats().chain_hex;
  const std::shared_ptr<const StoreReader> before = store_->Reader();
  const ScavengeReport report = Scavenge();
  EXPECT_TRUE(report.finished);
  EXPECT_EQ(report.done.streams, 3u);
  EXPECT_EQ(report.done.events, 5u);
  EXPECT_EQ(report.done.bytes, 5u);
  EXPECT_EQ(Payloads(), "--xx---");
  EXPECT_EQ(store_->Stats().chain_hex, chain);
  EXPECT_THAT(Versions("a-1"), ElementsAre(2));
  // What it took is gone for good; who held the store as it was still sees it.
  ASSERT_THAT(SetStreamLimits(*store_, "a-1", {}), IsOk());
  EXPECT_THAT(Versions("a-1"), ElementsAre(2));
  EXPECT_EQ(before->ReadLog()->begin()->payload, "0");
  ASSERT_THAT(Append("c-1", {"2"}, ExpectedVersion::NoStream()), IsOk());
  EXPECT_THAT(Versions("c-1"), ElementsAre(2));
  EXPECT_EQ(Scavenge().done.events, 0u);
}

TEST_P(LifecycleContract, AScavengeThatWasStoppedGoesOn) {
  for (int i = 0; i < 3; ++i) {
    const std::string stream = absl::StrCat("a-", i);
    ASSERT_THAT(Append(stream, std::vector<std::string>(300, "x")), IsOk());
    ASSERT_THAT(SetStreamLimits(*store_, stream, {.max_count = 1}), IsOk());
  }
  uint64_t events = 0;
  int calls = 0;
  while (true) {
    auto report = store_->Scavenge({.progress = [&](const ScavengeProgress& progress) {
      EXPECT_GT(progress.events, events);
      events = progress.events;
      return false;
    }});
    ASSERT_THAT(report, IsOk());
    if (report->finished) {
      EXPECT_EQ(report->done.events, 897u);
      break;
    }
    ASSERT_LT(++calls, 100);
  }
  EXPECT_EQ(calls, 9);
  EXPECT_EQ(Scavenge().done.events, 0u);
}

TEST_P(LifecycleContract, AScavengeThatIsStoppedAgainAndAgainComesToItsEnd) {
  for (int i = 0; i < 600; ++i) {
    ASSERT_THAT(SetStreamLimits(*store_, absl::StrCat("a-", i), {.max_count = 1}), IsOk());
  }
  int calls = 0;
  for (bool finished = false; !finished; ++calls) {
    ASSERT_LT(calls, 10);
    auto report = store_->Scavenge({.progress = [](const ScavengeProgress&) { return false; }});
    ASSERT_THAT(report, IsOk());
    finished = report->finished;
  }
  EXPECT_GE(calls, 3);
}

TEST_P(LifecycleContract, AScavengeTakesNothingThatWasPutBackMeanwhile) {
  for (const char* stream : {"a-1", "b-1"}) {
    ASSERT_THAT(Append(stream, std::vector<std::string>(300, "x")), IsOk());
    ASSERT_THAT(SetStreamLimits(*store_, stream, {.max_count = 1}), IsOk());
  }
  bool first = true;
  ASSERT_THAT(store_->Scavenge({.progress =
                                    [&](const ScavengeProgress& progress) {
                                      EXPECT_EQ(progress.stream, "a-1");
                                      if (std::exchange(first, false)) {
                                        for (const char* stream : {"a-1", "b-1"}) {
                                          EXPECT_THAT(SetStreamLimits(*store_, stream, {}), IsOk());
                                        }
                                      }
                                      return true;
                                    }}),
              IsOk());
  EXPECT_EQ(Versions("a-1").front(), 128u);
  EXPECT_EQ(Versions("b-1").size(), 300u);
}

TEST_P(LifecycleContract, AScavengeThatGoesOnMissesNothingBeforeItsMark) {
  for (const char* stream : {"a-1", "b-1", "c-1"}) {
    ASSERT_THAT(Append(stream, {"0", "1"}), IsOk());
    ASSERT_THAT(SetStreamLimits(*store_, stream, {.max_count = stream[0] == 'a' ? 2u : 1u}),
                IsOk());
  }
  auto report = store_->Scavenge(
      {.progress = [](const ScavengeProgress& progress) { return progress.stream != "c-1"; }});
  ASSERT_THAT(report, IsOk());
  ASSERT_FALSE(report->finished);
  ASSERT_THAT(DeleteStream(*store_, "a-1"), IsOk());
  report = store_->Scavenge();
  ASSERT_THAT(report, IsOk());
  EXPECT_TRUE(report->finished);
  EXPECT_EQ(Payloads(), "---x-x");
}

TEST_P(LifecycleContract, LimitsAreSetWhileOthersAppend) {
  std::atomic<bool> stop{false};
  std::vector<std::thread> writers;
  for (int i = 0; i < 4; ++i) {
    writers.emplace_back([&] {
      while (!stop) EXPECT_THAT(Append("a-1", {"x"}), IsOk());
    });
  }
  EXPECT_THAT(SetStreamLimits(*store_, "a-1", {.max_count = 3}), IsOk());
  EXPECT_THAT(SetStreamLimits(*store_, "a-1", {.max_count = 2}), IsOk());
  const absl::Status deleted = DeleteStream(*store_, "a-1").status();
  EXPECT_TRUE(deleted.ok() || absl::IsAborted(deleted) || absl::IsNotFound(deleted)) << deleted;
  EXPECT_THAT(TombstoneStream(*store_, "b-1"), IsOk());
  stop = true;
  for (std::thread& writer : writers) writer.join();
}

TEST_P(LifecycleContract, WhoFoldsTheLogReadsWhatIsGoneTooUntilAScavenge) {
  ASSERT_THAT(Append("a-1", {"0", "1"}), IsOk());
  ASSERT_THAT(DeleteStream(*store_, "a-1"), IsOk());
  EXPECT_THAT(Versions("a-1", {.gone_too = true}), ElementsAre(0, 1));
  ASSERT_THAT(Append("a-1", {"2"}), IsOk());
  EXPECT_THAT(Versions("a-1", {.gone_too = true}), ElementsAre(0, 1, 2));
  ASSERT_THAT(TombstoneStream(*store_, "a-1"), IsOk());
  EXPECT_THAT(Versions("a-1", {.gone_too = true}), ElementsAre(0, 1, 2));
  Scavenge();
  EXPECT_THAT(Versions("a-1", {.gone_too = true}), IsEmpty());
}

TEST_P(LifecycleContract, OnlyOneScavengeAtATime) {
  ASSERT_THAT(Append("a-1", {"0", "1"}), IsOk());
  ASSERT_THAT(SetStreamLimits(*store_, "a-1", {.max_count = 1}), IsOk());
  absl::Status second;
  ASSERT_THAT(store_->Scavenge({.progress =
                                    [&](const ScavengeProgress&) {
                                      second = store_->Scavenge().status();
                                      return true;
                                    }}),
              IsOk());
  EXPECT_THAT(second, StatusIs(absl::StatusCode::kUnavailable));
}

TEST_P(LifecycleContract, TagsAndConditionsAskOfWhatWasNotOfWhatIsThere) {
  Event event = Make("Noted", "text");
  event.metadata.tags = {"course:1"};
  ASSERT_THAT(store_->Append("a-1", ExpectedVersion::Any(), {event}), IsOk());
  ASSERT_THAT(DeleteStream(*store_, "a-1"), IsOk());
  Scavenge();
  Commit commit;
  commit.appends.push_back({.stream = "a-2", .events = {Make("Noted")}});
  commit.conditions.push_back({.none_match = {{.tags = {"course:1"}}}});
  EXPECT_THAT(store_->Append(std::move(commit)), StatusIs(absl::StatusCode::kAborted));
}

TEST_P(LifecycleContract, ARetryOfEventsThatAreGoneIsStillKnown) {
  Event event = Make("Noted", "text");
  event.id = Uuid::Random();
  ASSERT_THAT(store_->Append("a-1", ExpectedVersion::NoStream(), {event}), IsOk());
  ASSERT_THAT(TombstoneStream(*store_, "a-1"), IsOk());
  Scavenge();
  auto again = store_->Append("a-1", ExpectedVersion::NoStream(), {event});
  ASSERT_THAT(again, IsOk());
  EXPECT_TRUE(again->duplicate);
}

TEST_P(LifecycleContract, WhatIsWrongIsNamed) {
  EXPECT_THAT(SetStreamLimits(*store_, "a-1", {.max_age = absl::ZeroDuration()}),
              StatusIs(kInvalid, HasSubstr("max_age")));
  EXPECT_THAT(SetStreamLimits(*store_, "a-1", {.max_count = 0}),
              StatusIs(kInvalid, HasSubstr("max_count")));
  EXPECT_THAT(SetStreamLimits(*store_, "a-1", {.truncate_before = ~uint64_t{0}}),
              StatusIs(kInvalid, HasSubstr("truncate_before")));
  EXPECT_THAT(SetStreamLimits(*store_, "$a", {}), StatusIs(kInvalid));
  EXPECT_THAT(SetStreamLimits(*store_, "", {}), StatusIs(kInvalid));
  // By hand: such streams hold such events only.
  EXPECT_THAT(Append("$$a-1", {"x"}), StatusIs(kInvalid, HasSubstr("stream")));
  EXPECT_THAT(store_->Append("a-1", ExpectedVersion::Any(), {Make("$metadata")}),
              StatusIs(kInvalid, HasSubstr("type")));
  EXPECT_THAT(store_->Append("$$$$a-1", ExpectedVersion::Any(), {Make("$metadata")}),
              StatusIs(kInvalid, HasSubstr("stream")));
  EXPECT_THAT(store_->Append("$$a-1", ExpectedVersion::Any(), {Make("$metadata", "\xff")}),
              StatusIs(kInvalid, HasSubstr("StreamMetadata")));
  v1::StreamMetadata metadata;
  metadata.set_deleted_before(1);
  EXPECT_THAT(store_->Append("$$a-1", ExpectedVersion::Any(),
                             {Make("$metadata", metadata.SerializeAsString())}),
              StatusIs(kInvalid, HasSubstr("deleted_before")));
  EXPECT_THAT(store_->OpenTable("$streams"), StatusIs(kInvalid));
  EXPECT_EQ(store_->Tip(), Position::Start());
  // What was deleted does not come back by metadata that do not know of it.
  ASSERT_THAT(Append("a-1", {"0"}), IsOk());
  ASSERT_THAT(DeleteStream(*store_, "a-1"), IsOk());
  ASSERT_THAT(Append("a-1", {"1"}), IsOk());
  metadata.Clear();
  metadata.set_max_count(100);
  EXPECT_THAT(store_->Append("$$a-1", ExpectedVersion::Any(),
                             {Make("$metadata", metadata.SerializeAsString())}),
              StatusIs(kInvalid, HasSubstr("deleted_before: at least 1")));
  // Nor do rows that somebody writes under the table's number, whichever that is.
  const absl::StatusOr<TableId> other = store_->OpenTable("rows");
  ASSERT_THAT(other, IsOk());
  ASSERT_GT(*other, 1u);
  for (TableId table = 1; table < *other; ++table) {
    Commit commit;
    commit.writes.push_back({table, "a-1", ""});
    EXPECT_THAT(store_->Append(std::move(commit)),
                StatusIs(kInvalid, HasSubstr("commit.writes[0].table")));
  }
}

// Against a model: streams with limits, deletions and scavenges, in any order.
TEST_P(LifecycleContract, RandomLivesOfStreams) {
  struct Model {
    uint64_t next = 0;
    uint64_t began = 0;
    uint64_t removed = 0;
    StreamLimits limits;
    bool tombstoned = false;
    std::vector<absl::Time> times;

    bool is_there() const { return next > began && !tombstoned; }
    uint64_t first(absl::Time now) const {
      uint64_t first = std::max({began, removed, limits.truncate_before.value_or(0)});
      if (limits.max_count.has_value() && *limits.max_count < next) {
        first = std::max(first, next - *limits.max_count);
      }
      while (first < next && limits.max_age.has_value() && times[first] < now - *limits.max_age) {
        ++first;
      }
      return std::min(first, next);
    }
  };
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937_64 random(seed);
  std::map<std::string, Model> model;
  for (int step = 0; step < 600; ++step) {
    const std::string stream = absl::StrCat("a-", random() % 5);
    Model& expected = model[stream];
    clock_.Advance(absl::Seconds(random() % 3));
    switch (random() % 10) {
      case 0:
        expected.limits = {};
        if (random() % 2 == 0) expected.limits.max_count = 1 + random() % 6;
        if (random() % 2 == 0) expected.limits.max_age = absl::Seconds(1 + random() % 20);
        if (random() % 3 == 0) expected.limits.truncate_before = random() % (expected.next + 3);
        EXPECT_EQ(SetStreamLimits(*store_, stream, expected.limits).ok(), !expected.tombstoned);
        break;
      case 1:
        EXPECT_EQ(DeleteStream(*store_, stream).ok(), expected.is_there());
        if (expected.is_there()) {
          expected.began = expected.next;
          expected.limits.truncate_before.reset();
        }
        break;
      case 2:
        if (random() % 20 == 0) {
          EXPECT_EQ(TombstoneStream(*store_, stream).ok(), !expected.tombstoned);
          expected.tombstoned = true;
        }
        break;
      case 3:
        Scavenge();
        for (auto& [name, any] : model) {
          any.removed = any.is_there() ? any.first(clock_.Now()) : any.next;
        }
        break;
      default: {
        const size_t count = 1 + random() % 3;
        const bool there = expected.is_there();
        const auto result = store_->Append(
            stream,
            there ? ExpectedVersion::Exactly(expected.next - 1) : ExpectedVersion::NoStream(),
            Notes(std::vector<std::string>(count, "x")));
        ASSERT_EQ(result.ok(), !expected.tombstoned) << result.status();
        if (!result.ok()) break;
        EXPECT_EQ(result->streams[0].first_version, expected.next);
        expected.next += count;
        expected.times.resize(expected.next, result->recorded_time);
      }
    }
    for (const auto& [name, any] : model) {
      SCOPED_TRACE(absl::StrCat(name, " after step ", step));
      ASSERT_EQ(Version(name), any.is_there() ? std::optional(any.next - 1) : std::nullopt);
      if (!any.is_there()) {
        ASSERT_THAT(Read(name), StatusIs(kNotFound));
        continue;
      }
      std::vector<uint64_t> versions;
      for (uint64_t v = any.first(clock_.Now()); v < any.next; ++v) versions.push_back(v);
      ASSERT_EQ(Versions(name), versions);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Backends, LifecycleContract, testing::ValuesIn(Backends()), BackendName);

}  // namespace
}  // namespace daybook
