#include "application_test.h"
#include "fault_file_system.h"

namespace daybook::tools {
namespace {

using testing::HasSubstr;

class ExecuteCommand : public ApplicationTest {
 protected:
  void SetUp() override { MakeStore(); }
  Told Deposit(const std::string& json, const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = {"execute", "bank.Deposit", json, "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return Run(arguments);
  }
};

TEST_F(ExecuteCommand, PrintsTheReply) {
  const Told told = Deposit(R"({"account": "7", "amount": 3, "purpose": "rent"})");
  ASSERT_EQ(told.code, 0) << told.err;
  const auto reply = told.Json().at(0);
  EXPECT_EQ(reply["accepted"], true);
  EXPECT_EQ(reply["stream"], "account-7");
  EXPECT_EQ(reply["version"], 3);
  EXPECT_EQ(reply["token"], "5");
  EXPECT_EQ(reply["repeated"], false);
  EXPECT_EQ(reply["events"][0]["type"], "bank.Deposited");
  EXPECT_EQ(reply["events"][0]["payload"]["amount"], "3");
  EXPECT_EQ(Open().Get<Balances>("7")->amount(), 23);
}

TEST_F(ExecuteCommand, TakesTheShortNameOfACommand) {
  const Told told = Run({"execute", "Deposit", R"({"account": "9", "amount": 3})"});
  ASSERT_EQ(told.code, 0) << told.err;
  EXPECT_THAT(told.out, HasSubstr("account-9@0"));
}

TEST_F(ExecuteCommand, PrintsARejectionAndChangesNothing) {
  const Told told = Run({"execute", "Withdraw", R"({"account": "7", "amount": 100})", "--json"});
  EXPECT_EQ(told.code, 7) << told.err;
  const auto reply = told.Json().at(0);
  EXPECT_EQ(reply["accepted"], false);
  EXPECT_EQ(reply["rejection"]["type"], "bank.InsufficientFunds");
  EXPECT_EQ(reply["rejection"]["payload"]["missing"], "80");
  EXPECT_EQ(Open().store().Tip(), Position(4));
}

TEST_F(ExecuteCommand, IsExecutedOnceUnderItsId) {
  const std::vector<std::string> id = {"--id", Uuid::Derive("c").ToString(), "--actor", "cid"};
  const std::string command = R"({"account": "7", "amount": 3})";
  EXPECT_EQ(Deposit(command, id).Json().at(0)["repeated"], false);
  const Told again = Deposit(command, id);
  EXPECT_EQ(again.code, 0);
  EXPECT_EQ(again.Json().at(0)["repeated"], true);
  App app = Open();
  EXPECT_EQ(app.Get<Balances>("7")->amount(), 23);
  EXPECT_EQ(app.Why<Balances>("7")->back().event.metadata.actor, "cid");
}

// Whatever becomes of a sync: the command that the error names is executed once.
TEST_F(ExecuteCommand, NamesTheIdThatResolvesAnUnknownOutcome) {
  FaultFileSystem files(&FileSystem::Posix());
  options_.app.store.files = &files;
  options_.app.store.durability = Durability::kStrict;
  const std::string command = R"({"account": "7", "amount": 3})";
  int64_t amount = 20;
  int named = 0;
  for (int n = 1;; ++n) {
    Open();  // and closed in order, so that each attempt makes the same syncs
    const int before = files.count(FileOperation::kSync);
    files.FailNth(FileOperation::kSync, n, absl::InternalError("injected"));
    const Told told = Deposit(command);
    files.Heal();
    if (told.code == 0) amount += 3;
    if (files.count(FileOperation::kSync) - before < n) break;
    const size_t id = told.err.find("--id ");
    if (told.code == 0 || id == std::string::npos) continue;  // it was not opened, or closed badly
    ++named;
    const Told again = Deposit(command, {"--id", told.err.substr(id + 5, 36)});
    EXPECT_EQ(again.code, 0) << told.err << again.err;
    amount += 3;
    EXPECT_EQ(Open().Get<Balances>("7")->amount(), amount);
  }
  EXPECT_GT(named, 0);
}

TEST_F(ExecuteCommand, RefusesWhatIsWrongWithTheArguments) {
  const std::string sound = R"({"account": "7", "amount": 3})";
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"execute", "Erase", sound}, "no command Erase: it has bank.Deposit"},
      {{"execute", "bank.Deposited", sound}, "no command bank.Deposited"},
      {{"execute", "Deposit", "{"}, "this is no bank.Deposit"},
      {{"execute", "Deposit", R"({"sum": 3})"}, "sum"},
      {{"execute", "Deposit", R"({"account": "7", "amount": 0})"}, "Deposit.amount"},
      {{"execute", "Deposit", R"({"amount": 3})"}, "key"},
      {{"execute", "Deposit", sound, "--id", "7"}, "--id takes a UUID"},
      {{"execute", "Deposit"}, "JSON"},
  };
  for (const auto& [arguments, problem] : cases) {
    const Told told = Run(arguments);
    EXPECT_EQ(told.code, 2) << told.err;
    EXPECT_THAT(told.err, HasSubstr(problem));
    EXPECT_EQ(told.out, "");
  }
  EXPECT_EQ(Open().store().Tip(), Position(4));
}

TEST_F(ExecuteCommand, MakesAStoreWhenItIsToldTo) {
  const std::string fresh = directory_ + "/fresh";
  const ApplicationParts parts = PartsOf(Aggregate<Account>(), Inline<Balances>());
  const std::vector<std::string> execute = {"execute", "Deposit", R"({"account":"1","amount":"2"})",
                                            "--store", fresh};
  EXPECT_EQ(RunBare(parts, execute).code, 3);
  std::vector<std::string> create = execute;
  create.emplace_back("--create");
  EXPECT_EQ(RunBare(parts, create).code, 0);
  EXPECT_EQ(RunBare(parts, execute).code, 0);
}

TEST_F(ExecuteCommand, TellsWhatAnInlineViewRefused) {
  const Told told = Deposit(R"({"account": "7", "amount": 666})");
  EXPECT_EQ(told.code, 5);
  EXPECT_THAT(told.err, HasSubstr("the view takes no 666"));
}

}  // namespace
}  // namespace daybook::tools
