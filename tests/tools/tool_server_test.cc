// The tools on the store of an application that runs.
#include "daybook/tools/tool_server.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <future>
#include <sstream>
#include <thread>

#include "application_test.h"
#include "daybook/core/mutex.h"
#include "run.h"
#include "tool_socket.h"

namespace daybook::tools {
namespace {

using testing::HasSubstr;

class ToolServerTest : public ApplicationTest {
 protected:
  ToolServerTest() {
    MakeStore();
    app_.emplace(Open(Aggregate<Account>(), Inline<Balances>(), Async<AsyncBalances>()));
    server_ = Start();
  }
  std::unique_ptr<ToolServer> Start() {
    auto server = ToolServer::Start(*app_, store_, &clock_);
    EXPECT_THAT(server, IsOk());
    return *std::move(server);
  }

  // The bank's tool, which knows the application's types, though only the server uses its own.
  Told Bank(const std::vector<std::string>& arguments) {
    return RunWith(PartsOf(Aggregate<Account>(), Inline<Balances>(), Async<AsyncBalances>()),
                   arguments);
  }
  // The same, told as it goes on.
  int BankTo(std::ostream& out, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "bank");
    arguments.insert(arguments.end(), {"--store", store_});
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    std::ostringstream err;
    Console console{.out = out, .err = err};
    const Application application(
        "bank", options_,
        PartsOf(Aggregate<Account>(), Inline<Balances>(), Async<AsyncBalances>()));
    return RunApplication(application, static_cast<int>(argv.size()), argv.data(), console);
  }
  // `daybook arguments...`.
  static Told Daybook(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "daybook");
    std::vector<const char*> argv;
    for (const std::string& argument : arguments) argv.push_back(argument.c_str());
    std::ostringstream out, err;
    Console console{.out = out, .err = err};
    Told told;
    told.code = tools::Run(static_cast<int>(argv.size()), argv.data(), console);
    told.out = out.str();
    told.err = err.str();
    return told;
  }

  std::string SocketPath() const { return store_ + "/" + kSocketName; }

  std::optional<App> app_;
  std::unique_ptr<ToolServer> server_;
};

// Each command that looks says of the open store what it says of the files.
TEST_F(ToolServerTest, AnswersAsTheFilesDo) {
  const std::vector<std::vector<std::string>> calls = {
      {"query", "Balance"},
      {"query", "AsyncBalance"},
      {"query", "Balance", "7", "--at", "2"},
      {"state", "account-7", "--at-version", "1"},
      {"why", "Balance", "7"},
      {"bisect", "account-7", "--where", "balance > 0"},
      {"views"},
      {"doctor", "--min-free", "0"},
      {"parked", "list", "AsyncBalance"},
      {"ls"},
      {"read"},
      {"read", "account-7", "--backwards"},
      {"tail", "-n", "2"},
      {"schema"},
      {"schema", "check"},
      {"export"},
      // And what is wrong.
      {"query", "Balances"},
      {"state", "account-77"},
      {"read", "account-77"},
      {"parked", "show", "AsyncBalance", "7"},
      {"replay", "Balance", "--cancel"},
  };
  ASSERT_EQ(Bank({"catch-up"}).code, 0);
  std::vector<Told> running;
  for (std::vector<std::string> call : calls) {
    running.push_back(Bank(call));
    call.emplace_back("--json");
    running.push_back(Bank(call));
  }
  const Told of_daybook = Daybook({"read", store_, "--json"});
  server_.reset();
  app_.reset();
  EXPECT_EQ(of_daybook.out, Daybook({"read", store_, "--json"}).out);
  size_t at = 0;
  for (std::vector<std::string> call : calls) {
    for (const bool json : {false, true}) {
      if (json) call.emplace_back("--json");
      const Told files = Bank(call);
      EXPECT_EQ(running[at].code, files.code) << testing::PrintToString(call) << running[at].err;
      EXPECT_EQ(running[at].out, files.out) << testing::PrintToString(call);
      EXPECT_EQ(running[at].err, files.err) << testing::PrintToString(call);
      ++at;
    }
  }
}

TEST_F(ToolServerTest, ExecutesWithinTheApplication) {
  const Told told = Bank({"execute", "Deposit", R"({"account":"9","amount":"3"})", "--json"});
  ASSERT_EQ(told.code, 0) << told.err;
  EXPECT_EQ(told.Json().at(0)["stream"], "account-9");
  const auto row = app_->Get<Balances>("9");
  ASSERT_THAT(row, IsOk());
  EXPECT_EQ(row->amount(), 3);
  EXPECT_EQ(Bank({"query", "Balance", "9", "--json"}).Json().at(0)["row"]["amount"], "3");
  EXPECT_EQ(Bank({"execute", "Withdraw", R"({"account":"9","amount":"30"})"}).code, 7);
}

TEST_F(ToolServerTest, RebuildsAViewThatGoesOnAnswering) {
  const Told replay = Bank({"replay", "AsyncBalance", "--compare", "--json"});
  ASSERT_EQ(replay.code, 0) << replay.err;
  EXPECT_EQ(replay.Json().at(0)["serving"], true);
  const auto views = app_->views().Status();
  ASSERT_THAT(views, IsOk());
  EXPECT_EQ(views->at(1).generation, 2);
  EXPECT_EQ(Bank({"rollback", "AsyncBalance"}).code, 0);
  EXPECT_EQ(app_->views().Status()->at(1).generation, 1);
  const Told threads = Bank({"replay", "AsyncBalance", "--workers", "2"});
  EXPECT_EQ(threads.code, 2);
  EXPECT_THAT(threads.err, HasSubstr("--workers"));
}

TEST_F(ToolServerTest, GivesUpABuild) {
  auto rebuild = app_->Rebuild<AsyncBalances>({.flip = Flip::kOnRequest});
  ASSERT_THAT(rebuild, IsOk());
  rebuild->Pause();
  const Told cancelled = Bank({"replay", "AsyncBalance", "--cancel"});
  EXPECT_EQ(cancelled.code, 0) << cancelled.err;
  EXPECT_EQ(cancelled.out, "AsyncBalance: generation 2 is given up\n");
  EXPECT_TRUE(absl::IsCancelled(rebuild->Wait().status()));
  EXPECT_EQ(Bank({"replay", "AsyncBalance", "--cancel"}).code, 3);
}

// Paths are those of the one who asks, and a backup is taken while commands go on.
TEST_F(ToolServerTest, BacksUpTheOpenStore) {
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(directory_);
  const Told backup = Daybook({"backup", store_, "backups", "--json"});
  std::filesystem::current_path(before);
  ASSERT_EQ(backup.code, 0) << backup.err;
  ASSERT_THAT(app_->Execute(DepositOf(1)), IsOk());
  const Told restored = Daybook({"restore", directory_ + "/backups", directory_ + "/restored"});
  EXPECT_EQ(restored.code, 0) << restored.err;
  EXPECT_THAT(Daybook({"stats", directory_ + "/restored"}).out, HasSubstr("events: 4"));
}

TEST_F(ToolServerTest, VerifyLeavesNothingBehind) {
  const std::string copy = store_ + "/" + kVerifiedCopy;
  std::filesystem::create_directories(copy + "/backup");  // of a process that was killed
  const Told told = Daybook({"verify", store_ + "/"});
  EXPECT_EQ(told.code, 0) << told.err;
  EXPECT_THAT(told.out, testing::StartsWith("sound: 4 events in 2 streams"));
  EXPECT_THAT(told.err, HasSubstr("the witness is checked when"));
  EXPECT_FALSE(std::filesystem::exists(copy));
  std::filesystem::create_directories(copy + "/backup");
  server_.reset();
  server_ = Start();
  EXPECT_FALSE(std::filesystem::exists(copy));
}

// What stands beside the store is nobody's.
TEST_F(ToolServerTest, VerifyTouchesNothingBesideTheStore) {
  std::filesystem::create_directory(store_ + ".verify");
  std::ofstream(store_ + ".verify/mine.txt") << "precious";
  EXPECT_EQ(Daybook({"verify", store_}).code, 0);
  EXPECT_TRUE(std::filesystem::exists(store_ + ".verify/mine.txt"));
}

TEST_F(ToolServerTest, ARequestThatIsTooLargeIsRefusedHere) {
  std::vector<std::string> call = {"read", store_};
  for (int i = 0; i < 50; ++i) {
    call.emplace_back("--type");
    call.emplace_back(100'000, 't');
  }
  const Told told = Daybook(call);
  EXPECT_EQ(told.code, 2);
  EXPECT_THAT(told.err, HasSubstr("bytes: at most"));
}

// The server goes while what it has said is not yet read; all of it arrives.
TEST_F(ToolServerTest, ASlowReaderGetsAllThatWasBeingWritten) {
  for (int i = 0; i < 3000; ++i) ASSERT_THAT(app_->Execute(DepositOf(1)), IsOk());
  const auto socket = ConnectTo(store_);
  ASSERT_THAT(socket, IsOk());
  ASSERT_THAT(
      SendFrame(*socket, FrameKind::kRequest,
                EncodeRequest({.directory = "/", .arguments = {"daybook", "read", store_}})),
      IsOk());
  std::string out = ReceiveFrame(*socket)->bytes;  // It is running.
  std::future<void> closed = std::async(std::launch::async, [this] { server_.reset(); });
  std::this_thread::sleep_for(std::chrono::milliseconds(300));  // More than one look.
  std::string code;
  while (code.empty()) {
    const auto frame = ReceiveFrame(*socket);
    ASSERT_THAT(frame, IsOk());
    (frame->kind == FrameKind::kExit ? code : out) += frame->bytes;
  }
  closed.get();
  EXPECT_EQ(code, "0");
  EXPECT_EQ(std::count(out.begin(), out.end(), '\n'), 3004);
}

// Collects what is written, for another thread to wait for.
class Watched : public std::streambuf {
 public:
  void WaitFor(const std::string& text) {
    MutexLock lock(&mutex_);
    while (written_.find(text) == std::string::npos) grew_.Wait(&mutex_);
  }

 private:
  std::streamsize xsputn(const char* bytes, std::streamsize count) override {
    MutexLock lock(&mutex_);
    written_.append(bytes, static_cast<size_t>(count));
    grew_.SignalAll();
    return count;
  }
  int_type overflow(int_type c) override {
    const char byte = traits_type::to_char_type(c);
    xsputn(&byte, 1);
    return c;
  }

  Mutex mutex_;
  CondVar grew_;
  std::string written_ ABSL_GUARDED_BY(mutex_);
};

TEST_F(ToolServerTest, FollowsWhatComes) {
  Watched written;
  std::future<int> tail = std::async(std::launch::async, [&] {
    std::ostream out(&written);
    std::ostringstream err;
    Console console{.out = out, .err = err};
    const char* argv[] = {"daybook", "tail",       store_.c_str(), "-n",    "1",
                          "-f",      "--interval", "0.01",         "--json"};
    return tools::Run(std::size(argv), argv, console);
  });
  written.WaitFor("account-7");  // the last event that there is
  ASSERT_THAT(app_->Execute(DepositOf(77)), IsOk());
  written.WaitFor("\"77\"");
  server_.reset();
  EXPECT_EQ(tail.get(), 0);
}

TEST_F(ToolServerTest, WatchesAView) {
  Watched written;
  std::future<int> watch = std::async(std::launch::async, [&] {
    std::ostream out(&written);
    return BankTo(out, {"watch", "Balance", "--prefix", "7", "--json"});
  });
  written.WaitFor("{\"reset\":true}\n{\"key\":\"7\",\"row\":{");
  written.WaitFor("\"resume\":");
  ASSERT_THAT(app_->Execute(DepositOf(4'321)), IsOk());
  written.WaitFor("\"4341\"");  // 20 and these
  server_.reset();
  EXPECT_EQ(watch.get(), 0);
  EXPECT_EQ(Bank({"watch", "Balance"}).code, 4);  // in use
  app_.reset();
  const Told nobody = Bank({"watch", "Balance"});
  EXPECT_EQ(nobody.code, 5);
}

TEST_F(ToolServerTest, WatchesWhatAnIndexIsAskedFor) {
  server_.reset();
  app_.reset();
  app_.emplace(Open(Aggregate<Account>(), Inline<RankedBalances>()));
  server_ = Start();
  const std::vector<std::string> rich = {"watch",     "RankedBalance", "--by",
                                         "by_amount", "--from",        "100"};
  Watched written;
  std::future<int> watch = std::async(std::launch::async, [&] {
    std::ostream out(&written);
    return BankTo(out, rich);
  });
  written.WaitFor("-- all rows\n-- position 4\n");  // 20 and 5 are too little
  ASSERT_THAT(app_->Execute(DepositOf(80)), IsOk());
  written.WaitFor("\"100\"");
  ASSERT_THAT(app_->Execute(Make<Withdraw>({.account = "7", .amount = 1})), IsOk());
  written.WaitFor("7  deleted\n");
  std::vector<std::string> bad = rich;
  bad.insert(bad.end(), {"--prefix", "7"});
  EXPECT_EQ(Bank(bad).code, 2);
  bad = rich;
  bad.insert(bad.end(), {"--equals", "100"});
  const Told told = Bank(bad);
  EXPECT_EQ(told.code, 2);
  EXPECT_THAT(told.err, HasSubstr("a bound of a field behind those in equals"));
  server_.reset();
  EXPECT_EQ(watch.get(), 0);
}

TEST_F(ToolServerTest, OnlyTheUserMayConnectAndTheSocketGoes) {
  struct stat socket = {};
  ASSERT_EQ(stat(SocketPath().c_str(), &socket), 0);
  EXPECT_TRUE(S_ISSOCK(socket.st_mode));
  EXPECT_EQ(socket.st_mode & 07777, 0600);
  server_.reset();
  EXPECT_NE(stat(SocketPath().c_str(), &socket), 0);
}

// As a process leaves it that was killed.
TEST_F(ToolServerTest, ADeadSocketStandsInNobodysWay) {
  server_.reset();
  { const auto dead = ListenIn(store_); }
  ASSERT_TRUE(std::filesystem::exists(SocketPath()));
  const Told in_use = Bank({"views"});
  EXPECT_EQ(in_use.code, 4);
  EXPECT_THAT(in_use.err, HasSubstr("does not answer the tools"));
  server_ = Start();
  EXPECT_EQ(Bank({"views"}).code, 0);
  server_.reset();
  { const auto dead = ListenIn(store_); }
  app_.reset();
  EXPECT_EQ(Bank({"views"}).code, 0);
  EXPECT_EQ(Daybook({"verify", store_}).code, 0);
}

TEST_F(ToolServerTest, APathOfAnyLength) {
  server_.reset();
  app_.reset();
  const std::string deep = directory_ + "/" + std::string(200, 'd');
  std::filesystem::create_directory(deep);
  auto app = App::Open(deep + "/store", options_.app, Aggregate<Account>());
  ASSERT_THAT(app, IsOk());
  const auto server = ToolServer::Start(*app, deep + "/store");
  ASSERT_THAT(server, IsOk());
  EXPECT_EQ(Daybook({"stats", deep + "/store"}).code, 0);
}

TEST_F(ToolServerTest, RefusesWhereThereIsNoDirectory) {
  EXPECT_THAT(ToolServer::Start(*app_, store_ + "/nowhere").status(),
              StatusIs(absl::StatusCode::kNotFound));
  EXPECT_EQ(Daybook({"stats", store_ + "/nowhere"}).code, 3);
}

// G9: the command may have been executed or not, and its id tells.
TEST_F(ToolServerTest, AnExecuteWhoseAnswerIsLostNamesTheCommandsId) {
  server_.reset();
  const auto listener = ListenIn(store_);
  ASSERT_THAT(listener, IsOk());
  std::future<ToolRequest> got = std::async(std::launch::async, [&] {
    const auto socket = AcceptFrom(*listener);
    return *DecodeRequest(ReceiveFrame(*socket)->bytes);
  });
  const Told told = Bank({"execute", "Deposit", R"({"account":"9","amount":"3"})"});
  EXPECT_EQ(told.code, 5);
  const std::vector<std::string> asked = got.get().arguments;
  const auto id = std::find(asked.begin(), asked.end(), "--id");
  ASSERT_LT(id + 1, asked.end()) << testing::PrintToString(asked);
  EXPECT_THAT(told.err, HasSubstr("to give this very command again: --id " + *(id + 1)));
  server_ = Start();
  const std::vector<std::string> again = {"execute", "Deposit", R"({"account":"9","amount":"3"})",
                                          "--id",    *(id + 1), "--json"};
  EXPECT_EQ(Bank(again).Json().at(0)["repeated"], false);
  EXPECT_EQ(Bank(again).Json().at(0)["repeated"], true);
}

// What connects need be no tool of ours.
TEST_F(ToolServerTest, BytesThatAreNoRequestAreRefused) {
  for (const absl::string_view bytes :
       {absl::string_view("GET / HTTP/1.1\r\n\r\n"), absl::string_view("r\xff\xff\xff\xff", 5),
        absl::string_view("r\x02\x00\x00\x00hm", 7), absl::string_view("o\x00\x00\x00\x00", 5)}) {
    const auto socket = ConnectTo(store_);
    ASSERT_THAT(socket, IsOk());
    ASSERT_EQ(send(socket->get(), bytes.data(), bytes.size(), MSG_NOSIGNAL), bytes.size());
    const auto problem = ReceiveFrame(*socket);
    ASSERT_THAT(problem, IsOk());
    EXPECT_EQ(problem->kind, FrameKind::kErr);
    const auto code = ReceiveFrame(*socket);
    ASSERT_THAT(code, IsOk());
    EXPECT_EQ(code->kind, FrameKind::kExit);
    EXPECT_EQ(code->bytes, "5");
  }
  EXPECT_EQ(Bank({"views"}).code, 0);
}

TEST_F(ToolServerTest, RefusesMoreThanItRunsAtOnce) {
  std::vector<Fd> idle;  // connected, and asking for nothing
  for (int i = 0; i < 16; ++i) {
    auto socket = ConnectTo(store_);
    ASSERT_THAT(socket, IsOk());
    idle.push_back(*std::move(socket));
  }
  const Told told = Bank({"views"});
  EXPECT_EQ(told.code, 4);
  EXPECT_THAT(told.err, HasSubstr("16 commands"));
  idle.clear();
  // They are gone as soon as their threads have seen it.
  Told later = Bank({"views"});
  for (int i = 0; i < 1000 && later.code == 4; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    later = Bank({"views"});
  }
  EXPECT_EQ(later.code, 0) << later.err;
}

// Many at once, while the application works: each has its answer.
TEST_F(ToolServerTest, ManyAskWhileCommandsGoOn) {
  std::vector<std::future<Told>> asked;
  for (int i = 0; i < 8; ++i) {
    asked.push_back(std::async(std::launch::async, [this] {
      Told told;
      for (int j = 0; j < 5; ++j) {
        told = Daybook({"export", store_});
        if (told.code != 0) break;
      }
      return told;
    }));
  }
  for (int i = 0; i < 200; ++i) ASSERT_THAT(app_->Execute(DepositOf(1)), IsOk());
  for (std::future<Told>& answer : asked) {
    const Told told = answer.get();
    EXPECT_EQ(told.code, 0) << told.err;
    const auto lines = told.Json();
    // The heading says how many events follow.
    EXPECT_EQ(lines.at(0)["events"], lines.size() - 1);
  }
}

TEST_F(ToolServerTest, ARequestSurvivesItsWayWhateverTheArguments) {
  const ToolRequest request = {.kind = ToolKind::kApplication,
                               .show_progress = true,
                               .directory = "/tmp/a b\n",
                               .arguments = {"bank", "", "--where", "\xff\n\"", ""}};
  const auto decoded = DecodeRequest(EncodeRequest(request));
  ASSERT_THAT(decoded, IsOk());
  EXPECT_EQ(decoded->kind, request.kind);
  EXPECT_TRUE(decoded->show_progress);
  EXPECT_EQ(decoded->directory, request.directory);
  EXPECT_EQ(decoded->arguments, request.arguments);
  EXPECT_THAT(DecodeRequest("daybook-tool-2").status().message(),
              HasSubstr("use the tool of its version"));
}

}  // namespace
}  // namespace daybook::tools
