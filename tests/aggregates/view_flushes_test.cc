// How often an async view writes its rows while it catches up.
#include "app_fixture.h"

namespace daybook {
namespace {

constexpr size_t kEvents = 64;
constexpr size_t kEventBytes = size_t{256} << 10;

class ViewFlushesTest : public AppFixture {
 protected:
  ViewFlushesTest() : AppFixture(std::make_unique<MemoryDisk>()) {
    options_.projections.flush_bytes = size_t{1} << 20;
  }

  // Much more than the view reads at once.
  void Fill() {
    bank::Deposited deposited;
    deposited.set_amount(1);
    deposited.set_purpose(std::string(kEventBytes, 'p'));
    for (size_t i = 0; i < kEvents; ++i) {
      Event event = OutsideDeposit(1);
      event.payload = EncodeMessage(deposited);
      ASSERT_THAT(app_->store().Append("account-7", ExpectedVersion::Any(), {std::move(event)}),
                  IsOk());
    }
  }
};

TEST_F(ViewFlushesTest, CountWhatTheRowsTakeAndNotTheEvents) {
  Fill();
  ReopenWith(Aggregate<Account>(), Async<Balances>());
  const auto row = app_->Get<Balances>("7", {.at_least = Token(app_->store().Tip())});
  ASSERT_THAT(row, IsOk());
  EXPECT_EQ(row->amount(), int64_t{kEvents});
  EXPECT_EQ(app_->views().StatusOf<Balances>()->rows_written, 1u);
}

}  // namespace
}  // namespace daybook
