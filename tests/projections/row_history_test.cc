// Rows as of every position: views of several keys and categories, rows deleted, events refused.
#include "daybook/projections/row_history.h"

#include <random>

#include "views_test.h"

namespace daybook {
namespace {

using shop::AsyncLabels;
using shop::Balances;
using shop::BalancesByHand;
using shop::Close;
using shop::Deposit;
using shop::Labels;
using shop::LabelsByHand;
using shop::Note;
using shop::View;
using shop::Withdraw;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class RowHistory : public ViewsTest {
 protected:
  void AppendAtRandom(std::mt19937_64& random, int commits) {
    for (int i = 0; i < commits; ++i) {
      const std::string account = absl::StrCat(random() % 3);
      const std::string stream = absl::StrCat("account-", account);
      const auto amount = static_cast<int64_t>(random() % 12);
      switch (random() % 6) {
        case 0:
          Append(stream, {Deposit(amount, {"red", absl::StrCat("l", amount % 3)}), View()});
          break;
        case 1:
          Append(stream, {Withdraw(amount, "red")});
          break;
        case 2:
          Append("note-1", {Note(account, absl::StrCat("note ", i))});
          break;
        case 3:
          Append(stream, {Deposit(1), Deposit(2, {"red", "red"}), Withdraw(1)});
          break;
        case 4:
          Append(stream, {Close()});
          break;
        default:
          Append(stream, {View()});
      }
    }
  }

  // RowsAt, RowAt of each key, and the last of the changes agree with `expected`.
  template <typename P>
  void ExpectRows(Position position, const Rows& expected, const std::vector<std::string>& keys) {
    const auto reader = store_->Reader();
    const auto definition = internal::DefinitionOf<P>();
    EXPECT_THAT(RowsAt(*reader, *definition, position), IsOkAndHolds(expected));
    for (const std::string& key : keys) {
      std::optional<std::string> row;
      if (const auto it = expected.find(key); it != expected.end()) row = it->second;
      EXPECT_THAT(RowAt(*reader, *definition, key, position), IsOkAndHolds(row)) << key;
      std::optional<std::string> last;
      EXPECT_THAT(VisitRowChanges(*reader, *definition, key, position,
                                  [&](const StoredChange& change) {
                                    EXPECT_EQ(change.before, last);
                                    EXPECT_LE(change.event.position, position);
                                    last = change.after;
                                    return true;
                                  }),
                  IsOk());
      EXPECT_EQ(last, row) << key;
    }
  }
};
INSTANTIATE_TEST_SUITE_P(Stores, RowHistory, testing::ValuesIn(StoreKinds()),
                         [](const auto& kind) { return std::string(kind.param.name); });

TEST_P(RowHistory, EveryPositionIsTheFoldOfThePrefix) {
  const int given = testing::UnitTest::GetInstance()->random_seed();
  const uint64_t seed = given != 0 ? given : 20'260'302;
  SCOPED_TRACE(absl::StrCat("seed ", seed, " (--gtest_random_seed)"));
  std::mt19937_64 random(seed);
  OpenViews({Inline<Balances>(), Async<AsyncLabels>()});
  AppendAtRandom(random, 60);
  const auto reader = store_->Reader();
  for (uint64_t i = 0; i <= reader->tip().sequence(); ++i) {
    SCOPED_TRACE(absl::StrCat("position ", i));
    ExpectRows<Balances>(Position(i), BalancesByHand(*reader, Position(i)), {"0", "1", "2", "9"});
    ExpectRows<Labels>(Position(i), LabelsByHand(*reader, Position(i)), {"red", "l0", "l1", "no"});
  }
  // And now is what the views hold.
  EXPECT_EQ(*RowsAt(*reader, *internal::DefinitionOf<Balances>(), reader->tip()),
            RowsOf<Balances>(Tip()));
  EXPECT_EQ(*RowsAt(*reader, *internal::DefinitionOf<AsyncLabels>(), reader->tip()),
            RowsOf<AsyncLabels>(Tip()));
}

TEST_P(RowHistory, ARowThatWasDeletedIsGoneAndMayComeAgain) {
  Append("account-7", {Deposit(30), Close(), Deposit(4)});
  std::vector<std::pair<bool, bool>> had;
  EXPECT_THAT(
      VisitRowChanges(*store_->Reader(), *internal::DefinitionOf<Balances>(), "7", Position(3),
                      [&](const StoredChange& change) {
                        had.emplace_back(change.before.has_value(), change.after.has_value());
                        return true;
                      }),
      IsOk());
  EXPECT_THAT(had,
              ElementsAre(std::pair(false, true), std::pair(true, false), std::pair(false, true)));
  EXPECT_THAT(GetAt<Balances>(*store_->Reader(), "7", Position(2)),
              StatusIs(absl::StatusCode::kNotFound));
  EXPECT_EQ(GetAt<Balances>(*store_->Reader(), "7", Position(3))->balance(), 4);
}

TEST_P(RowHistory, EndsWhenTheVisitorSaysSo) {
  Append("account-7", {Deposit(1), Deposit(2), Deposit(3)});
  int seen = 0;
  EXPECT_THAT(VisitRowChanges(*store_->Reader(), *internal::DefinitionOf<Balances>(), "7",
                              Position(3), [&](const StoredChange&) { return ++seen < 2; }),
              IsOk());
  EXPECT_EQ(seen, 2);
}

TEST_P(RowHistory, ARefusalOfTheRowIsReturnedAndAnotherRowsIsNot) {
  Append("account-7", {Deposit(5, {"red"}), Deposit(2, {"blue"}), Withdraw(13, "red")});
  EXPECT_THAT(GetAt<Labels>(*store_->Reader(), "red", Position(3)),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("position 3")));
  EXPECT_EQ(GetAt<Labels>(*store_->Reader(), "red", Position(2))->sum(), 5);
  EXPECT_EQ(GetAt<Labels>(*store_->Reader(), "blue", Position(3))->sum(), 2);
}

TEST_P(RowHistory, AnEmptyLogHasNoRows) {
  EXPECT_THAT(RowsAt(*store_->Reader(), *internal::DefinitionOf<Balances>(), Position::Start()),
              IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(GetAt<Balances>(*store_->Reader(), "7", absl::Now()),
              StatusIs(absl::StatusCode::kNotFound));
}

}  // namespace
}  // namespace daybook
