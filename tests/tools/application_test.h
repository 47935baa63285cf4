// A store of the bank in a temporary directory, and the bank's tool run on it within this process.
#ifndef DAYBOOK_TESTS_TOOLS_APPLICATION_TEST_H_
#define DAYBOOK_TESTS_TOOLS_APPLICATION_TEST_H_

#include <map>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "application/run_application.h"
#include "bank.h"
#include "daybook/v1/view.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace daybook::tools {

// Balances under another name, behind the commits.
struct AsyncBalances : Balances {
  static constexpr absl::string_view kName = "AsyncBalance";
};

// Of an application whose view means something else.
struct RevisedBalances : Balances {
  static constexpr uint32_t kRevision = 1;
};

// The clock of these tests stands still: an event that is to be tried again would wait for ever.
inline constexpr FailureOptions kStopAtOnce = {.policy = FailurePolicy::kStop,
                                               .retry = {.attempts = 1}};
inline constexpr FailureOptions kParkAtOnce = {.retry = {.attempts = 1}};

struct Told {
  int code = -1;
  std::string out;
  std::string err;
  // The lines of `out`, each of which is a JSON object.
  std::vector<nlohmann::json> Json() const;
};

// Balances by their amounts.
struct RankedBalances : Balances {
  static constexpr absl::string_view kName = "RankedBalance";
  static constexpr std::array<DeclaredIndex, 1> kIndexes = {{{"by_amount", "amount"}}};
  static void AppendIndexValues(size_t, const Row& row, std::string* bytes) {
    internal::AppendIndexValue(row.amount(), bytes);
  }
};

class ApplicationTest : public testing::Test {
 protected:
  ApplicationTest();
  ~ApplicationTest() override;

  // What the tests run on, made by an application with Account and Balances, both views' rows in
  // account-7 and account-8, a minute apart from 12:00:00 on the first of March 2026:
  //   1 account-7@0 Deposited 10, command a, by ann      3 account-8@0 Deposited 5
  //   2 account-7@1 Deposited 50, command b, by bob      4 account-7@2 withdrawn 40
  void MakeStore();

  // Changes what the store knows of the builds of Balance.
  void ChangeGenerations(absl::FunctionRef<void(v1::ViewGenerations&)> change);
  // Has the store hold generation 1 of Balances, which answers, and generation 2 of
  // RevisedBalances, which is paused.
  void MakePausedRevision();

  // An application on the store, as its process has it.
  template <typename... Registrations>
  App Open(Registrations... registrations) {
    auto app = App::Open(store_, options_.app, registrations...);
    EXPECT_THAT(app, IsOk());
    return *std::move(app);
  }
  App Open() { return Open(Aggregate<Account>(), Inline<Balances>()); }

  // Runs `bank arguments... --store <the store>` with Account and Balances registered, or others.
  Told Run(const std::vector<std::string>& arguments) {
    return RunWith(PartsOf(Aggregate<Account>(), Inline<Balances>()), arguments);
  }
  Told RunWith(ApplicationParts parts, std::vector<std::string> arguments);
  // As they are.
  Told RunBare(ApplicationParts parts, const std::vector<std::string>& arguments);

  const std::string directory_;
  const std::string store_;
  FakeClock clock_;
  ToolOptions options_;
};

}  // namespace daybook::tools

#endif  // DAYBOOK_TESTS_TOOLS_APPLICATION_TEST_H_
