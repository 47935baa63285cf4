// Views that cannot take some of the events, in schedules drawn from a seed: one thread, every task
// a step at a time, engines closed and power cut at any moment. What is in the rows and what is
// parked are together the log, at every moment, and after the mend the rows are the log.
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "daybook/testkit/fake_clock.h"
#include "fragile.h"
#include "schedule.h"
#include "shop.h"
#include "view_tables.h"

namespace daybook {
namespace {

using shop::BalancesByHand;
using shop::Deposit;

class ParkingSchedule : public Schedule {
 public:
  explicit ParkingSchedule(uint64_t seed) : Schedule(seed) {
    FragileBalances::Break();
    Reopen();
  }

  void Run() {
    for (int action = 0; action < 200 && !testing::Test::HasFailure(); ++action) {
      switch (Draw(12)) {
        case 0:
          if (Draw(3) == 0) Reopen();
          if (Draw(4) == 0) CutPower();
          break;
        case 1:
        case 2:
        case 3:
        case 4:
          AppendSome();
          break;
        case 5:
          clock_.Advance(absl::Seconds(static_cast<int64_t>(Draw(4))));
          break;
        case 6:
          Replay();
          break;
        case 7:
          if (Draw(3) == 0) Rebuild();
          break;
        case 8:
          CheckExact();
          break;
        default:
          Steps(Draw(2) == 0 ? 4 : 60);
      }
    }
    Finish();
  }

  uint64_t held() const { return held_; }
  uint64_t taken() const { return taken_; }

 private:
  void CutPower() {
    Schedule::CutPower([this] { AppendSome(); });
    Reopen();
  }

  // By code that takes more or less than before.
  void Reopen() {
    views_.reset();
    FragileBalances::refuses_from = static_cast<int64_t>(100 * Draw(3));
    ProjectionOptions options = DrawOptions();
    options.clock = &clock_;
    FailureOptions failures;
    failures.retry = {.attempts = 1 + Draw(3),
                      .first_backoff = absl::Seconds(1),
                      .longest_backoff = absl::Seconds(2)};
    auto views = ProjectionEngine::Open(store_.get(), {Async<FragileBalances>(failures)}, options);
    ASSERT_THAT(views, IsOk());
    views_ = *std::move(views);
  }

  void AppendSome() {
    for (uint64_t n = Draw(6); n > 0; --n) {
      Commit commit;
      std::vector<Event> events;
      for (uint64_t k = Draw(3); k <= 2; ++k) {
        const uint64_t kind = Draw(9);
        events.push_back(kind == 0   ? shop::Withdraw(static_cast<int64_t>(Draw(9)))
                         : kind == 1 ? shop::View()
                         : kind == 2 ? shop::Close()
                         : kind == 3 ? Deposit(static_cast<int64_t>(13 + 100 * Draw(3)))
                                     : Deposit(static_cast<int64_t>(Draw(10))));
      }
      commit.appends.push_back(
          {absl::StrCat("account-", Draw(8)), ExpectedVersion::Any(), std::move(events)});
      if (Draw(5) == 0) {
        commit.appends.push_back(
            {"note-1", ExpectedVersion::Any(), {shop::Note(absl::StrCat(Draw(8)), "text")}});
      }
      store_->AppendAsync(std::move(commit), [](absl::StatusOr<AppendResult>) {});
      if (Draw(3) == 0) Steps(4);
    }
  }

  void Replay() {
    std::optional<std::string> key;
    if (Draw(2) == 0) key = absl::StrCat(Draw(8));
    FragileBalances::refuses_from = static_cast<int64_t>(100 * Draw(3));
    auto replayed = views_->ReplayParked(kBalances, key);
    if (!replayed.ok()) {
      // Another build may have taken over meanwhile.
      ASSERT_TRUE(absl::IsNotFound(replayed.status()) || absl::IsAborted(replayed.status()))
          << replayed.status();
    } else {
      taken_ += replayed->taken_events;
    }
  }

  void Rebuild() {
    auto rebuild = views_->Rebuild<FragileBalances>();
    ASSERT_THAT(rebuild, IsOk());
    if (Draw(2) == 0) rebuild->TakeOver({.with_parked = Draw(2) == 0});
    if (Draw(6) == 0) rebuild->Cancel();
  }

  // Of every build: a row is the fold of its events up to the first that is parked, which is that
  // one and all after it, up to the checkpoint.
  void CheckExact() {
    const std::shared_ptr<const StoreReader> reader = store_->Reader();
    auto tables = internal::ViewTables::Open(store_.get());
    ASSERT_THAT(tables, IsOk());
    auto known = internal::ReadGenerations(*reader, *tables, kBalances);
    ASSERT_THAT(known, IsOk());
    for (const v1::ViewGeneration& generation : (*known)->generations()) {
      if (generation.state() != v1::ViewGeneration::STATE_DROPPING) {
        CheckBuild(*reader, *tables, generation.number());
      }
    }
  }

  void CheckBuild(const StoreReader& reader, const internal::ViewTables& tables,
                  uint32_t generation) {
    SCOPED_TRACE(absl::StrCat("generation ", generation));
    auto checkpoint = internal::ReadCheckpoint(reader, tables, kBalances, generation);
    ASSERT_THAT(checkpoint, IsOk());
    const Position until(checkpoint->position());
    const auto sequences = SequencesByHand(reader, until);
    auto parked = ListParked(*store_, reader, kBalances, generation);
    ASSERT_THAT(parked, IsOk());
    std::map<std::string, Position> firsts;
    uint64_t events = 0;
    for (const ParkedKey& key : *parked) {
      firsts[key.key] = key.position;
      auto shown = ShowParked(*store_, reader, kBalances, generation, key.key, 10'000);
      ASSERT_THAT(shown, IsOk());
      std::vector<Position> expected;
      const auto sequence = sequences.find(key.key);
      ASSERT_NE(sequence, sequences.end());
      for (const Position position : sequence->second) {
        if (position >= key.position) expected.push_back(position);
      }
      std::vector<Position> positions;
      for (const ParkedEvent& event : shown->events) positions.push_back(event.position);
      ASSERT_EQ(positions, expected) << key.key;
      events += positions.size();
    }
    ASSERT_EQ(shop::StoredRows(*store_, reader, kBalances, generation),
              BalancesWithout(reader, firsts, until));
    ASSERT_EQ(checkpoint->failures().parked_keys(), parked->size());
    ASSERT_EQ(checkpoint->failures().parked_events(), events);
    held_ += events;
  }

  void Finish() {
    if (testing::Test::HasFailure()) return;
    FragileBalances::Mend();
    auto last = store_->Append("account-1", ExpectedVersion::Any(), {Deposit(1)});
    ASSERT_THAT(last, IsOk());
    const RangeOptions all{.at_least = Token(last->last)};
    ASSERT_THAT(views_->Range<FragileBalances>(all), IsOk());
    auto replayed = views_->ReplayParked(kBalances);
    ASSERT_THAT(replayed, IsOk());
    ASSERT_EQ(replayed->parked_keys, 0u);
    Steps(60);
    const uint32_t serving = views_->StatusOf<FragileBalances>()->generation;
    // Another build may have taken over since, of which more is parked.
    ASSERT_THAT(views_->ReplayParked(kBalances, std::nullopt, serving), IsOk());
    ASSERT_EQ(shop::StoredRows(*store_, *store_->Reader(), kBalances, serving),
              BalancesByHand(*store_->Reader()));
    CheckExact();
  }

  FakeClock clock_;
  uint64_t held_ = 0;
  uint64_t taken_ = 0;
};

TEST(ParkingScheduleTest, RowsAndWhatIsParkedAreTheLogInEverySchedule) {
  constexpr uint64_t kSchedules = CountOfSchedules(100);
  uint64_t held = 0;
  uint64_t taken = 0;
  RunSchedules<ParkingSchedule>(kSchedules, [&](const ParkingSchedule& schedule) {
    held += schedule.held();
    taken += schedule.taken();
  });
  // Otherwise the schedules did not reach what they are for.
  EXPECT_GT(held, 10 * kSchedules);
  EXPECT_GT(taken, kSchedules);
}

}  // namespace
}  // namespace daybook
