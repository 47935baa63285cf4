#include "application_test.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/str_split.h"

namespace daybook::tools {
namespace {

std::string MakeDirectory() {
  std::string path = testing::TempDir() + "daybook_apptool_XXXXXX";
  EXPECT_NE(mkdtemp(path.data()), nullptr);
  return path;
}

}  // namespace

std::vector<nlohmann::json> Told::Json() const {
  std::vector<nlohmann::json> objects;
  for (const absl::string_view line : absl::StrSplit(out, '\n', absl::SkipEmpty())) {
    objects.push_back(nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false));
    EXPECT_TRUE(objects.back().is_object()) << line;
  }
  return objects;
}

ApplicationTest::ApplicationTest() : directory_(MakeDirectory()), store_(directory_ + "/store") {
  options_.app.store.clock = &clock_;
  options_.app.store.durability = Durability::kNone;
  options_.app.store.witness_bytes = size_t{1} << 20;
}

ApplicationTest::~ApplicationTest() {
  std::filesystem::remove_all(directory_);
}

void ApplicationTest::MakeStore() {
  App app = Open();
  clock_.Set(absl::FromCivil(absl::CivilSecond(2026, 3, 1, 12, 0, 0), absl::UTCTimeZone()));
  const auto execute = [&](const google::protobuf::Message& command,
                           const CommandOptions& options = {}) {
    ASSERT_THAT(app.Execute(command, options), IsOk());
    clock_.Advance(absl::Minutes(1));
  };
  execute(DepositOf(10), {.command_id = Uuid::Derive("a"), .actor = "ann"});
  execute(DepositOf(50), {.command_id = Uuid::Derive("b"), .actor = "bob"});
  execute(DepositOf(5, "8"));
  execute(WithdrawOf(40));
}

void ApplicationTest::ChangeGenerations(absl::FunctionRef<void(v1::ViewGenerations&)> change) {
  const auto store = OpenStore(store_, options_.app.store);
  ASSERT_THAT(store, IsOk());
  const TableId table = *(*store)->OpenTable("$view-generations");
  const auto row = (*store)->Reader()->GetRow(table, "Balance");
  ASSERT_TRUE(row.ok() && row->has_value());
  v1::ViewGenerations generations;
  ASSERT_TRUE(generations.ParseFromString(**row));
  change(generations);
  Commit commit;
  commit.writes.push_back({table, "Balance", generations.SerializeAsString()});
  ASSERT_THAT((*store)->Append(std::move(commit)), IsOk());
}

void ApplicationTest::MakePausedRevision() {
  const auto parts = PartsOf(Aggregate<Account>(), Async<RevisedBalances>());
  ASSERT_EQ(RunWith(parts, {"catch-up"}).code, 0);
  ChangeGenerations([](v1::ViewGenerations& generations) {
    ASSERT_EQ(generations.generations_size(), 2);
    generations.set_serving(1);
    generations.mutable_generations(0)->set_state(v1::ViewGeneration::STATE_SERVING);
    generations.mutable_generations(1)->set_state(v1::ViewGeneration::STATE_BUILDING);
    generations.mutable_generations(1)->set_served(false);
    generations.mutable_generations(1)->set_paused(true);
  });
}

Told ApplicationTest::RunWith(ApplicationParts parts, std::vector<std::string> arguments) {
  arguments.insert(arguments.end(), {"--store", store_});
  return RunBare(std::move(parts), arguments);
}

Told ApplicationTest::RunBare(ApplicationParts parts, const std::vector<std::string>& arguments) {
  std::vector<std::string> words = {"bank"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  std::ostringstream out, err;
  Console console{.out = out, .err = err};
  const Application application("bank", options_, std::move(parts));
  Told told;
  told.code = RunApplication(application, static_cast<int>(argv.size()), argv.data(), console);
  told.out = out.str();
  told.err = err.str();
  return told;
}

namespace {

using testing::HasSubstr;

// One call of each command, without its store, that is right on the store of MakeStore.
const std::vector<std::vector<std::string>> kCalls = {
    {"execute", "Deposit", R"({"account":"9","amount":"1"})"},
    {"query", "Balance"},
    {"state", "account-7"},
    {"why", "Balance", "7"},
    {"bisect", "account-7", "--where", "balance > 0"},
    {"views"},
    {"doctor", "--min-free", "0"},
    {"catch-up"},
    {"ls"},
    {"read"},
    {"tail"},
    {"stats"},
    {"schema"},
    {"schema", "check"},
    {"verify"},
};

class EveryCommand : public ApplicationTest {
 protected:
  // Every command answers with `code` and one line of error that holds `text`.
  void ExpectAll(int code, const std::string& text) {
    for (std::vector<std::string> call : kCalls) {
      for (const bool json : {false, true}) {
        if (json) call.emplace_back("--json");
        const Told told = Run(call);
        EXPECT_EQ(told.code, code) << call[0] << " " << told.err;
        EXPECT_THAT(told.err, HasSubstr(text)) << call[0];
        EXPECT_THAT(told.err, testing::StartsWith("bank: ")) << call[0];
        EXPECT_EQ(told.err.find('\n'), told.err.size() - 1) << told.err;
        EXPECT_EQ(told.out, "") << call[0];
      }
    }
  }
};

TEST_F(EveryCommand, WorksOnASoundStore) {
  MakeStore();
  for (std::vector<std::string> call : kCalls) {
    for (const bool json : {false, true}) {
      if (json) call.emplace_back("--json");
      const Told told = Run(call);
      EXPECT_EQ(told.code, 0) << call[0] << " " << told.err;
      EXPECT_EQ(told.err, "") << call[0];
      if (json) told.Json();
    }
  }
}

TEST_F(EveryCommand, SaysThatThereIsNoStore) {
  ExpectAll(3, "no store at " + store_);
  EXPECT_FALSE(std::filesystem::exists(store_));  // Not even execute makes one.
}

TEST_F(EveryCommand, SaysThatThePathIsAFile) {
  std::ofstream(store_) << "text";
  ExpectAll(3, "no store at " + store_ + ": must be a directory");
}

TEST_F(EveryCommand, SaysThatTheStoreIsInUse) {
  MakeStore();
  const App app = Open();
  ExpectAll(4, "is in use");
}

TEST_F(EveryCommand, HasHelpAndRefusesWhatItDoesNotKnow) {
  MakeStore();
  const ApplicationParts parts = PartsOf(Aggregate<Account>());
  const Told help = RunBare(parts, {"--help"});
  EXPECT_EQ(help.code, 0);
  for (const auto& call : kCalls) {
    EXPECT_THAT(help.out, HasSubstr(call[0]));
    const Told of_command = RunBare(parts, {call[0], "--help"});
    EXPECT_EQ(of_command.code, 0);
    EXPECT_THAT(of_command.out, HasSubstr("--json"));
    EXPECT_THAT(of_command.out, HasSubstr("--store"));
    std::vector<std::string> wrong = call;
    wrong.emplace_back("--frobnicate");
    EXPECT_EQ(Run(wrong).code, 2) << call[0];
  }
  EXPECT_THAT(help.out, HasSubstr("7  execute: the business said no"));
  EXPECT_EQ(RunBare(parts, {}).code, 2);
  const Told unknown = RunBare(parts, {"frobnicate"});
  EXPECT_EQ(unknown.code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("there is no command 'frobnicate'"));
}

TEST_F(EveryCommand, FindsItsStoreByOptionEnvironmentOrDefault) {
  MakeStore();
  const ApplicationParts parts = PartsOf(Aggregate<Account>(), Inline<Balances>());
  const Told nowhere = RunBare(parts, {"state", "account-7"});
  EXPECT_EQ(nowhere.code, 2);
  EXPECT_THAT(nowhere.err, HasSubstr("--store"));
  options_.store = store_;
  EXPECT_EQ(RunBare(parts, {"state", "account-7"}).code, 0);
  setenv("DAYBOOK_STORE", (directory_ + "/elsewhere").c_str(), 1);
  EXPECT_EQ(RunBare(parts, {"state", "account-7"}).code, 3);
  EXPECT_EQ(Run({"state", "account-7"}).code, 0);  // --store goes first
  unsetenv("DAYBOOK_STORE");
}

TEST_F(EveryCommand, MayBeTheApplicationsOwn) {
  std::vector<std::string> got;
  const auto own = [&](int argc, char** argv) {
    got.assign(argv, argv + argc);
    return 42;
  };
  options_.commands = {{"run", "Runs a log", own}, {"views", "Tables", own}};
  const ApplicationParts parts = PartsOf(Aggregate<Account>());
  EXPECT_EQ(RunBare(parts, {"run", "--fast", "x"}).code, 42);
  EXPECT_THAT(got, testing::ElementsAre("run", "--fast", "x"));
  EXPECT_EQ(RunBare(parts, {"views"}).code, 42);  // in the place of the tool's
  const Told help = RunBare(parts, {"--help"});
  EXPECT_EQ(help.code, 0);
  EXPECT_THAT(help.out, HasSubstr("Runs a log"));
  EXPECT_THAT(help.out, HasSubstr("Tables"));
}

TEST_F(EveryCommand, LooksWithoutATrace) {
  MakeStore();
  const std::string before = Run({"stats", "--json"}).out;
  // With a view that the store does not know: looking does not begin to build it.
  const auto parts = PartsOf(Aggregate<Account>(), Inline<Balances>(), Async<AsyncBalances>());
  for (const auto& call : kCalls) {
    if (call[0] == "execute" || call[0] == "catch-up") continue;
    RunWith(parts, call);
  }
  EXPECT_EQ(Run({"stats", "--json"}).out, before);
}

}  // namespace
}  // namespace daybook::tools
