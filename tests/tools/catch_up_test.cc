// catch-up and views.
#include "application_test.h"

namespace daybook::tools {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

class CatchUpCommand : public ApplicationTest {
 protected:
  void SetUp() override { MakeStore(); }
  // Account with both views.
  static ApplicationParts Both() {
    return PartsOf(Aggregate<Account>(), Inline<Balances>(), Async<AsyncBalances>());
  }
};

TEST_F(CatchUpCommand, BuildsAViewThatIsNew) {
  auto views = RunWith(Both(), {"views", "--json"}).Json();
  ASSERT_THAT(views, SizeIs(2));
  EXPECT_EQ(views[0]["view"], "Balance");
  EXPECT_EQ(views[0]["lifecycle"], "inline");
  EXPECT_EQ(views[0]["state"], "at the tip");
  EXPECT_EQ(views[0]["generation"], 1);
  EXPECT_EQ(views[0]["checkpoint"], 4);
  EXPECT_EQ(views[0]["lag_events"], 0);
  EXPECT_EQ(views[1]["view"], "AsyncBalance");
  EXPECT_EQ(views[1]["lifecycle"], "async");
  EXPECT_EQ(views[1]["state"], "not built");
  EXPECT_EQ(views[1]["generation"], 0);
  EXPECT_EQ(views[1]["lag_events"], 4);
  EXPECT_EQ(views[1]["behind_since"], "2026-03-01T12:00:00.000000Z");

  const Told told = RunWith(Both(), {"catch-up", "--json"});
  ASSERT_EQ(told.code, 0) << told.err;
  EXPECT_EQ(told.Json().at(1)["checkpoint"], 4);
  views = RunWith(Both(), {"views", "--json"}).Json();
  EXPECT_EQ(views[1]["state"], "at the tip");
  EXPECT_EQ(views[1]["generation"], 1);
  EXPECT_EQ(RunWith(Both(), {"query", "AsyncBalance", "7", "--json"}).Json().at(0)["row"]["amount"],
            "20");
}

// The build of the old definition stands at the tip all the while.
TEST_F(CatchUpCommand, BuildsAViewWhoseDefinitionChanged) {
  for (const auto& parts : {PartsOf(Aggregate<Account>(), Inline<RevisedBalances>()),
                            PartsOf(Aggregate<Account>(), Inline<Balances>())}) {
    EXPECT_EQ(RunWith(parts, {"views", "--json"}).Json().at(0)["state"], "to be rebuilt");
    const Told told = RunWith(parts, {"catch-up", "--json"});
    ASSERT_EQ(told.code, 0) << told.err;
    const auto view = RunWith(parts, {"views", "--json"}).Json().at(0);
    EXPECT_EQ(view["state"], "at the tip");
    EXPECT_EQ(view["generation"], told.Json().at(0)["generation"]);
    EXPECT_EQ(RunWith(parts, {"doctor", "--min-free", "0"}).code, 0);
  }
}

// Nothing at the log's end is for it: it has nothing to do.
TEST_F(CatchUpCommand, AViewDoesNotLagBehindWhatItPassesOver) {
  ASSERT_EQ(RunWith(Both(), {"catch-up"}).code, 0);
  {
    const App app = Open(Aggregate<Account>());
    ASSERT_THAT(app.store().Append("note-1", ExpectedVersion::Any(), {Event{.type = "Noted"}}),
                IsOk());
  }
  const auto views = RunWith(Both(), {"views", "--json"}).Json();
  ASSERT_THAT(views, SizeIs(2));
  for (const auto& view : views) {
    EXPECT_EQ(view["state"], "at the tip") << view;
    EXPECT_EQ(view["lag_events"], 0) << view;
  }
  const Told told = RunWith(Both(), {"catch-up"});
  EXPECT_EQ(told.code, 0);
  EXPECT_THAT(told.out, HasSubstr("Balance  at the tip  generation 1"));
  EXPECT_THAT(told.out, HasSubstr("AsyncBalance  at the tip  generation 1"));
}

TEST_F(CatchUpCommand, DoesNotWaitForABuildThatIsPaused) {
  MakePausedRevision();
  const auto parts = PartsOf(Aggregate<Account>(), Async<RevisedBalances>());
  const Told told = RunWith(parts, {"catch-up", "--json"});
  EXPECT_EQ(told.code, 6);
  EXPECT_THAT(told.err, HasSubstr("generation 2, of today's, is paused"));
  EXPECT_EQ(told.Json().at(0)["state"], "stale");
}

TEST_F(CatchUpCommand, AnOptionOutOfRangeIsNoMissingStore) {
  options_.app.projections.fold_workers = 65;
  const Told told = RunWith(Both(), {"catch-up"});
  EXPECT_EQ(told.code, 2);
  EXPECT_THAT(told.err, HasSubstr("fold_workers"));
  EXPECT_THAT(told.err, testing::Not(HasSubstr("no store")));
}

TEST_F(CatchUpCommand, TellsWhichViewHasStopped) {
  // An event that no view was asked about when it was appended, and that none takes.
  ASSERT_THAT(Open(Aggregate<Account>()).Execute(DepositOf(666)), IsOk());
  const Told told =
      RunWith(PartsOf(Aggregate<Account>(), Async<AsyncBalances>(kStopAtOnce)), {"catch-up"});
  EXPECT_EQ(told.code, 6);
  EXPECT_THAT(told.err, HasSubstr("AsyncBalance stopped at position 5"));
  EXPECT_THAT(told.err, HasSubstr("the view takes no 666"));
}

TEST_F(CatchUpCommand, RefusesATimeoutThatIsNone) {
  for (const char* timeout : {"0", "-1", "soon"}) {
    EXPECT_EQ(RunWith(Both(), {"catch-up", "--timeout", timeout}).code, 2);
  }
}

}  // namespace
}  // namespace daybook::tools
