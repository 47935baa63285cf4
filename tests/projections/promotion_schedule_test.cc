// The hand-over of an inline view from catch-up to the commits, in schedules drawn from a seed: one
// thread, every task a step at a time, commits in flight, refused ones among them, applications
// opened with and without the view. docs/adr/0003-one-mover-for-each-checkpoint.md.
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "daybook/v1/view.pb.h"
#include "schedule.h"
#include "shop.h"
#include "view_tables.h"

namespace daybook {
namespace {

class PromotionSchedule : public Schedule {
 public:
  explicit PromotionSchedule(uint64_t seed)
      : Schedule(seed), views_table_(*store_->OpenTable("$views")) {}

  void Run() {
    for (int action = 0; action < 400 && !testing::Test::HasFailure(); ++action) {
      switch (Draw(12)) {
        case 0:
          if (Draw(4) == 0) Reopen();
          break;
        case 1:
        case 2:
        case 3:
        case 4:
        case 5:
          AppendSome();
          break;
        case 6:
          AppendRefused();
          break;
        case 7:
          CheckExact();
          break;
        default:
          Steps(Draw(2) == 0 ? 3 : 40);
      }
    }
    Finish();
  }

  uint64_t promotions_under_load() const { return promotions_; }

 private:
  // Opens with the views in some lifecycles, or without them.
  void Reopen() {
    views_.reset();
    inline_ = Draw(3) != 0;
    if (Draw(4) == 0) return;
    const ProjectionOptions options = DrawOptions();
    auto views =
        ProjectionEngine::Open(store_.get(),
                               {inline_ ? Inline<shop::Balances>() : Async<shop::Balances>(),
                                Inline<shop::Labels>(), Async<shop::AsyncBalances>()},
                               options);
    ASSERT_THAT(views, IsOk());
    views_ = *std::move(views);
  }

  void Queue(std::vector<Event> events, ExpectedVersion expected) {
    Commit commit;
    commit.appends.push_back({absl::StrCat("account-", Draw(5)), expected, std::move(events)});
    store_->AppendAsync(std::move(commit), [](absl::StatusOr<AppendResult>) {});
  }

  void AppendSome() {
    for (uint64_t n = Draw(6); n > 0; --n) {
      std::vector<Event> events;
      for (uint64_t k = Draw(3); k <= 2; ++k) {
        switch (Draw(6)) {
          case 0:
            events.push_back(shop::Withdraw(1 + static_cast<int64_t>(Draw(9)), "out"));
            break;
          case 1:
            events.push_back(shop::View());
            break;
          case 2:
            events.push_back(Draw(3) == 0 ? shop::Close() : shop::Deposit(1, {"a", "b"}));
            break;
          default:
            events.push_back(shop::Deposit(static_cast<int64_t>(Draw(100)), {"in"}));
        }
      }
      Queue(std::move(events), ExpectedVersion::Any());
      if (Draw(3) == 0) Steps(4);
    }
  }

  // Refused after the views have seen it (the second one cannot take thirteen), or before. Only
  // while that view is in the commits: otherwise it would be written, and stop the view's catch-up.
  void AppendRefused() {
    Queue({shop::Deposit(7, {"in"})}, ExpectedVersion::Exactly(1'000'000));
    if (views_ == nullptr) return;
    auto labels = views_->StatusOf<shop::Labels>();
    ASSERT_THAT(labels, IsOk());
    if (labels->state != ViewState::kPromoted) return;
    Queue({shop::Deposit(5, {"in"}), shop::Withdraw(13, "out")}, ExpectedVersion::Any());
  }

  // At every published moment a view's rows are the fold of the log up to its checkpoint; and in
  // the commits, the checkpoint is the tip.
  void CheckExact() {
    const std::shared_ptr<const StoreReader> reader = store_->Reader();
    CheckView(*reader, "Balance", views_ != nullptr && inline_, &balances_);
    CheckView(*reader, "Label", views_ != nullptr, &labels_);
    CheckView(*reader, "AsyncBalance", false, &async_balances_);
  }

  template <typename ByHand>
  void CheckView(const StoreReader& reader, absl::string_view view, bool registered_inline,
                 ByHand* by_hand) {
    auto row = reader.GetRow(views_table_, internal::CheckpointKey(view, 1));
    ASSERT_THAT(row, IsOk());
    if (!row->has_value()) return;
    v1::ViewCheckpoint checkpoint;
    ASSERT_TRUE(checkpoint.ParseFromString(**row));
    ASSERT_EQ(shop::StoredRows(*store_, reader, view),
              by_hand->At(reader, Position(checkpoint.position())))
        << view << " at " << checkpoint.position() << " of " << reader.tip().ToString();
    if (registered_inline && checkpoint.in_commits()) {
      ASSERT_EQ(checkpoint.position(), reader.tip().sequence()) << view;
      if (reader.tip().sequence() > 0) ++promotions_;
    }
  }

  void Finish() {
    inline_ = true;
    views_.reset();
    auto views = ProjectionEngine::Open(
        store_.get(),
        {Inline<shop::Balances>(), Inline<shop::Labels>(), Async<shop::AsyncBalances>()});
    ASSERT_THAT(views, IsOk());
    views_ = *std::move(views);
    // Promotion needs a commit to happen in; with enough of them in flight it must.
    for (int i = 0; i < 300; ++i) {
      Queue({shop::Deposit(1, {"end"})}, ExpectedVersion::Any());
      Steps(20);
    }
    auto last = store_->Append("account-1", ExpectedVersion::Any(), {shop::Deposit(1)});
    ASSERT_THAT(last, IsOk());
    const RangeOptions all{.at_least = Token(last->last)};
    ASSERT_THAT(views_->Range<shop::Balances>(all), IsOk());
    ASSERT_THAT(views_->Range<shop::Labels>(all), IsOk());
    ASSERT_THAT(views_->Range<shop::AsyncBalances>(all), IsOk());
    EXPECT_EQ(views_->StatusOf<shop::Balances>()->state, ViewState::kPromoted);
    EXPECT_EQ(views_->StatusOf<shop::Labels>()->state, ViewState::kPromoted);
    CheckExact();
    const auto reader = store_->Reader();
    EXPECT_EQ(shop::StoredRows(*store_, *reader, "Balance"),
              shop::StoredRows(*store_, *reader, "AsyncBalance"));
  }

  const TableId views_table_;
  bool inline_ = true;
  uint64_t promotions_ = 0;
  shop::BalancesFold balances_;
  shop::BalancesFold async_balances_;
  shop::LabelsFold labels_;
};

TEST(PromotionTest, RowsAreTheFoldOfTheLogInEverySchedule) {
  constexpr uint64_t kSchedules = CountOfSchedules(300);
  uint64_t promotions = 0;
  RunSchedules<PromotionSchedule>(kSchedules, [&](const PromotionSchedule& schedule) {
    promotions += schedule.promotions_under_load();
  });
  EXPECT_GT(promotions, kSchedules);  // otherwise the schedules did not reach what they are for
}

}  // namespace
}  // namespace daybook
