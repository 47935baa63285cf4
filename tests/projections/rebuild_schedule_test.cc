// Rebuilds and rollbacks in schedules drawn from a seed: one thread, every task a step at a time,
// appends in flight, queries between the steps, engines closed and power cut at any moment.
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "live_copy.h"
#include "schedule.h"
#include "shop.h"
#include "view_tables.h"

namespace daybook {
namespace {

class RebuildSchedule : public Schedule {
 public:
  explicit RebuildSchedule(uint64_t seed) : Schedule(seed) { Reopen(); }

  void Run() {
    for (int action = 0; action < 250 && !testing::Test::HasFailure(); ++action) {
      switch (Draw(15)) {
        case 0:
          if (Draw(3) == 0) Reopen();
          if (Draw(3) == 0) CutPower();
          break;
        case 1:
        case 2:
        case 3:
        case 4:
          AppendSome();
          break;
        case 5:
          Change<shop::Balances>();
          break;
        case 6:
          Change<shop::AsyncBalances>();
          break;
        case 7:
          CheckExact();
          break;
        case 8:
          Query<shop::Balances>();
          Query<shop::AsyncBalances>();
          break;
        case 9:
          Watch(&balances_);
          Watch(&async_balances_);
          break;
        default:
          Steps(Draw(2) == 0 ? 4 : 60);
      }
    }
    Finish();
  }

  uint64_t flips() const { return flips_; }
  uint64_t resumed() const { return resumed_; }
  uint64_t batches() const { return batches_; }

 private:
  void CutPower() {
    ForgetWatches();
    Schedule::CutPower([this] { AppendSome(); });
    queried_.clear();  // other events may stand at the positions that were lost
    by_hand_.clear();
    Reopen();
  }

  // The engine ends wherever it is; what it has in flight falls as it may.
  void Reopen() {
    ForgetWatches();
    views_.reset();
    handles_.clear();
    auto views = ProjectionEngine::Open(
        store_.get(), {Inline<shop::Balances>(), Async<shop::AsyncBalances>()}, DrawOptions());
    ASSERT_THAT(views, IsOk());
    views_ = *std::move(views);
    const auto statuses = views_->Status();
    ASSERT_THAT(statuses, IsOk());
    for (const ViewStatus& status : *statuses) {
      for (const GenerationStatus& generation : status.generations) {
        if (generation.state == GenerationState::kBuilding && generation.checkpoint > Position(0)) {
          ++resumed_;
        }
      }
    }
  }

  void AppendSome() {
    for (uint64_t n = Draw(6); n > 0; --n) {
      Commit commit;
      std::vector<Event> events;
      for (uint64_t k = Draw(3); k <= 2; ++k) {
        const uint64_t kind = Draw(8);
        events.push_back(kind == 0   ? shop::Withdraw(1 + static_cast<int64_t>(Draw(9)), "out")
                         : kind == 1 ? shop::View()
                         : kind == 2 ? shop::Close()
                                     : shop::Deposit(static_cast<int64_t>(Draw(100)), {"in"}));
      }
      commit.appends.push_back(
          {absl::StrCat("account-", Draw(5)),
           Draw(8) == 0 ? ExpectedVersion::Exactly(1'000'000) : ExpectedVersion::Any(),
           std::move(events)});
      store_->AppendAsync(std::move(commit), [](absl::StatusOr<AppendResult>) {});
      if (Draw(3) == 0) Steps(4);
    }
  }

  template <typename P>
  void Change() {
    auto known = handles_.find(P::kName);
    switch (Draw(7)) {
      case 0: {
        auto back = views_->Rollback<P>();
        if (back.ok()) handles_.insert_or_assign(P::kName, *back);
        // None is kept, or another is being built.
        if (!back.ok()) {
          ASSERT_TRUE(absl::IsNotFound(back.status()) || absl::IsFailedPrecondition(back.status()))
              << back.status();
        }
        break;
      }
      case 1:
        if (known != handles_.end()) known->second.Pause();
        break;
      case 2:
        if (known != handles_.end()) known->second.Resume();
        break;
      case 3:
        if (known != handles_.end() && Draw(4) == 0) known->second.Cancel();
        break;
      case 4: {
        auto status = views_->StatusOf<P>();
        ASSERT_THAT(status, IsOk());
        for (const GenerationStatus& generation : status->generations) {
          if (generation.state != GenerationState::kKept || Draw(2) == 0) continue;
          const absl::Status dropped = views_->DropGeneration<P>(generation.number);
          // It may just have been taken back.
          ASSERT_TRUE(dropped.ok() || absl::IsInvalidArgument(dropped) || absl::IsNotFound(dropped))
              << dropped;
        }
        break;
      }
      default: {
        auto begun = views_->Rebuild<P>({.compare = Draw(4) != 0, .flip = Flip::kAlways});
        ASSERT_THAT(begun, IsOk());
        handles_.insert_or_assign(P::kName, *begun);
      }
    }
    for (auto& [name, handle] : handles_) CheckOutcome(handle);
  }

  // Two builds of one definition are equal, always.
  void CheckOutcome(const RebuildHandle& handle) {
    auto report = handle.Wait(absl::ZeroDuration());
    if (!report.ok()) {
      ASSERT_TRUE(absl::IsDeadlineExceeded(report.status()) || absl::IsCancelled(report.status()) ||
                  absl::IsUnavailable(report.status()))
          << report.status();
      return;
    }
    ASSERT_EQ(report->rows_different, 0u);
    if (report->serving) ++flips_;
  }

  // Every query answers, with what is the fold of the log up to a position that never goes back.
  template <typename P>
  void Query() {
    std::map<std::string, std::string> rows;
    ASSERT_THAT(views_->Scan<P>({},
                                [&](absl::string_view key, const typename P::Row& row) {
                                  rows[std::string(key)] = EncodeMessage(row);
                                  return true;
                                }),
                IsOk());
    const auto reader = store_->Reader();
    uint64_t position = seen_[P::kName];
    shop::BalancesFold& by_hand = queried_[P::kName];
    while (by_hand.At(*reader, Position(position)) != rows) {
      ASSERT_LT(position, reader->tip().sequence()) << P::kName << ": rows of no position";
      ++position;
    }
    seen_[P::kName] = position;
  }

  // Whoever watches a view, and takes some batches now and then.
  template <typename P>
  struct Watched {
    std::optional<LiveQuery<P>> query;
    LiveCopy<P> copy;
    shop::BalancesFold by_hand;
  };
  template <typename P>
  void Watch(Watched<P>* watched) {
    if (!watched->query.has_value()) {
      if (Draw(8) == 0) watched->copy = LiveCopy<P>();
      auto query = views_->Watch<P>({.batch_rows = 1 + Draw(6), .resume = watched->copy.resume});
      ASSERT_THAT(query, IsOk());
      watched->query = *std::move(query);
    }
    for (uint64_t batches = 1 + Draw(3); batches > 0; --batches) {
      ASSERT_TRUE(watched->copy.TakeNext(*watched->query, absl::ZeroDuration()));
      if (!watched->copy.complete) continue;
      ++batches_;
      ASSERT_EQ(watched->copy.rows, watched->by_hand.At(*store_->Reader(), watched->copy.position))
          << P::kName << " at " << watched->copy.position.ToString();
    }
  }
  // They go on from where they were told to.
  void ForgetWatches() {
    balances_.query.reset();
    async_balances_.query.reset();
    balances_.by_hand = {};
    async_balances_.by_hand = {};
  }

  // At every published moment the rows of every build are the fold of the log up to its checkpoint,
  // but for those that go.
  void CheckExact() {
    const std::shared_ptr<const StoreReader> reader = store_->Reader();
    auto tables = internal::ViewTables::Open(store_.get());
    ASSERT_THAT(tables, IsOk());
    for (const absl::string_view view : {"Balance", "AsyncBalance"}) {
      auto known = internal::ReadGenerations(*reader, *tables, view);
      ASSERT_THAT(known, IsOk());
      for (const v1::ViewGeneration& generation : (*known)->generations()) {
        if (generation.state() == v1::ViewGeneration::STATE_DROPPING) continue;
        auto checkpoint = internal::ReadCheckpoint(*reader, *tables, view, generation.number());
        ASSERT_THAT(checkpoint, IsOk());
        shop::BalancesFold& by_hand = by_hand_[std::make_pair(view, generation.number())];
        ASSERT_EQ(shop::StoredRows(*store_, *reader, view, generation.number()),
                  by_hand.At(*reader, Position(checkpoint->position())))
            << view << " " << generation.number() << " at " << checkpoint->position() << " of "
            << reader->tip().ToString();
      }
    }
  }

  template <typename P>
  void FinishView() {
    auto handle = views_->Rebuild<P>();
    ASSERT_THAT(handle, IsOk());
    handle->Resume();
    handle->TakeOver();
    auto report = handle->Wait(absl::Seconds(1));
    ASSERT_THAT(report, IsOk()) << P::kName;
    EXPECT_TRUE(report->serving);
    EXPECT_EQ(report->rows_different, 0u);
  }

  void Finish() {
    if (testing::Test::HasFailure()) return;
    // An old inline view may itself still wait for a commit to be promoted in.
    for (int i = 0; i < 20; ++i) {
      ASSERT_THAT(store_->Append("account-1", ExpectedVersion::Any(), {shop::Deposit(1)}), IsOk());
      Steps(40);
    }
    FinishView<shop::Balances>();
    FinishView<shop::AsyncBalances>();
    auto last = store_->Append("account-1", ExpectedVersion::Any(), {shop::Deposit(1)});
    ASSERT_THAT(last, IsOk());
    const RangeOptions all{.at_least = Token(last->last)};
    ASSERT_THAT(views_->Range<shop::Balances>(all), IsOk());
    ASSERT_THAT(views_->Range<shop::AsyncBalances>(all), IsOk());
    Query<shop::Balances>();
    Query<shop::AsyncBalances>();
    EXPECT_EQ(seen_["Balance"], last->last.sequence());
    EXPECT_EQ(seen_["AsyncBalance"], last->last.sequence());
    CheckExact();
  }

  std::map<absl::string_view, RebuildHandle> handles_;
  std::map<absl::string_view, uint64_t> seen_;
  std::map<absl::string_view, shop::BalancesFold> queried_;
  std::map<std::pair<absl::string_view, uint32_t>, shop::BalancesFold> by_hand_;
  Watched<shop::Balances> balances_;
  Watched<shop::AsyncBalances> async_balances_;
  uint64_t batches_ = 0;
  uint64_t flips_ = 0;
  uint64_t resumed_ = 0;
};

TEST(RebuildScheduleTest, NothingIsLostRepeatedOrGoesBackInEverySchedule) {
  constexpr uint64_t kSchedules = CountOfSchedules(150);
  uint64_t flips = 0;
  uint64_t resumed = 0;
  uint64_t batches = 0;
  RunSchedules<RebuildSchedule>(kSchedules, [&](const RebuildSchedule& schedule) {
    flips += schedule.flips();
    resumed += schedule.resumed();
    batches += schedule.batches();
  });
  // Otherwise the schedules did not reach what they are for.
  EXPECT_GT(flips, kSchedules);
  EXPECT_GT(resumed, kSchedules / 8);
  EXPECT_GT(batches, 20 * kSchedules);
}

}  // namespace
}  // namespace daybook
