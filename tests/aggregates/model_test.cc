// Random commands, retries, openings and outside writers against a model that fits on a page.
#include <map>
#include <random>

#include "app_fixture.h"
#include "daybook/testkit/rejection_matchers.h"

namespace daybook {
namespace {

// What the application should do.
class Model {
 public:
  struct Outcome {
    bool accepted = false;
    std::optional<uint64_t> version;
    int64_t missing = 0;
  };

  // `amounts` are deposits, or one withdrawal when `withdraw`.
  Outcome Execute(uint64_t id, const std::string& account, bool withdraw,
                  const std::vector<int64_t>& amounts) {
    const auto [outcome, is_new] = outcomes_.try_emplace(id);
    if (!is_new) return outcome->second;
    Stream& stream = streams_[account];
    if (withdraw && stream.balance < amounts[0]) {
      outcome->second.missing = amounts[0] - stream.balance;
    } else {
      outcome->second.accepted = true;
      for (const int64_t amount : amounts) Add(account, withdraw ? -amount : amount);
      if (stream.events > 0) outcome->second.version = stream.events - 1;
    }
    return outcome->second;
  }
  void Add(const std::string& account, int64_t amount) {
    streams_[account].balance += amount;
    ++streams_[account].events;
  }
  int64_t balance(const std::string& account) { return streams_[account].balance; }

 private:
  struct Stream {
    int64_t balance = 0;
    uint64_t events = 0;
  };
  std::map<std::string, Stream> streams_;
  std::map<uint64_t, Outcome> outcomes_;
};

class ModelTest : public AppTest {
 protected:
  struct Step {
    uint64_t id;
    std::string account;
    int kind;
    std::vector<int64_t> amounts;
  };

  absl::StatusOr<Reply> Run(const Step& step) {
    switch (step.kind) {
      case 0:
        return app_->Execute(DepositOf(step.amounts[0], step.account), WithId(step.id));
      case 1:
        return app_->Execute(WithdrawOf(step.amounts[0], step.account), WithId(step.id));
      default:
        return app_->Execute(Make<DepositAll>({.account = step.account, .amounts = step.amounts}),
                             WithId(step.id));
    }
  }
  void Check(const Step& step, Model& model) {
    const Model::Outcome expected =
        model.Execute(step.id, step.account, step.kind == 1, step.amounts);
    const auto reply = Run(step);
    if (expected.accepted) {
      ASSERT_THAT(reply, IsOk());
      EXPECT_EQ(reply->version, expected.version);
      EXPECT_EQ(reply->events.size(), step.amounts.size());
    } else {
      ASSERT_THAT(reply, Rejects<InsufficientFunds>({.missing = expected.missing}));
    }
  }
};
INSTANTIATE_TEST_SUITE_P(Disks, ModelTest, testing::ValuesIn(DiskKinds()), DiskKindName);

TEST_P(ModelTest, DoesWhatTheModelDoes) {
  const uint64_t seed = testing::UnitTest::GetInstance()->random_seed() != 0
                            ? testing::UnitTest::GetInstance()->random_seed()
                            : 20'260'101;
  SCOPED_TRACE(absl::StrCat("seed ", seed, " (--gtest_random_seed)"));
  std::mt19937_64 random(seed);
  Model model;
  std::vector<Step> steps;
  for (int i = 0; i < 3'000; ++i) {
    const std::string account = std::to_string(random() % 7);
    const uint64_t dice = random() % 100;
    if (dice < 2) {
      options_.cached_states = random() % 5;
      ReopenWith(Aggregate<Account>(), Inline<Balances>());
    } else if (dice < 6) {
      ASSERT_THAT(
          app_->store().Append("account-" + account, ExpectedVersion::Any(), {OutsideDeposit(9)}),
          IsOk());
      model.Add(account, 9);
    } else if (dice < 20 && !steps.empty()) {
      Check(steps[random() % steps.size()], model);
    } else {
      Step step{static_cast<uint64_t>(i), account, static_cast<int>(random() % 3), {}};
      const size_t amounts = step.kind == 2 ? random() % 4 : 1;
      for (size_t n = 0; n < amounts; ++n) {
        step.amounts.push_back(static_cast<int64_t>(random() % 50 + 1));
      }
      Check(step, model);
      steps.push_back(std::move(step));
    }
    if (HasFatalFailure() || HasNonfatalFailure()) return;
  }
  ReopenWith(Aggregate<Account>(), Inline<Balances>());
  const Token tip(app_->store().Tip());
  for (int i = 0; i < 7; ++i) {
    const std::string account = std::to_string(i);
    EXPECT_EQ(BalanceOf(account), model.balance(account));
    EXPECT_EQ(Folded(account).balance(), model.balance(account));
    const auto row = app_->Get<Balances>(account, {.at_least = tip});
    ASSERT_THAT(row, IsOk());
    EXPECT_EQ(row->amount(), model.balance(account));
  }
}

}  // namespace
}  // namespace daybook
