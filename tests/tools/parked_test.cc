// parked, and what the other commands say of what is parked.
#include "absl/strings/str_cat.h"
#include "application_test.h"
#include "daybook/core/open.h"

namespace daybook::tools {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

// Balances whose On was mended, and nothing else.
struct MendedBalances : Balances {
  static absl::Status On(Row& row, const Deposited& e) {
    row.set_amount(row.amount() + e.amount());
    return absl::OkStatus();
  }
  static void On(Row& row, const Withdrawn& e) { Balances::On(row, e); }
};
// Of another definition, and broken as before.
struct RevisedAndBroken : Balances {
  static constexpr uint32_t kRevision = 1;
};

class ParkedCommand : public ApplicationTest {
 protected:
  // 1 to 4 as MakeStore; 5 account-7 Deposited 666, refused; 6 account-7 Deposited 1;
  // 7 account-8 Deposited 2; and the view has seen them.
  void SetUp() override {
    MakeStore();
    ASSERT_EQ(RunWith(Broken(), {"catch-up"}).code, 0);
    App app = Open(Aggregate<Account>());
    for (const auto& deposit : {DepositOf(666), DepositOf(1), DepositOf(2, "8")}) {
      ASSERT_THAT(app.Execute(deposit), IsOk());
    }
  }
  static ApplicationParts Broken(const FailureOptions& failures = kParkAtOnce) {
    return PartsOf(Aggregate<Account>(), Async<Balances>(failures));
  }
  static ApplicationParts Mended() {
    return PartsOf(Aggregate<Account>(), Async<MendedBalances>(kParkAtOnce));
  }
  // Has the view meet what it cannot take.
  void Park() {
    const Told told = RunWith(Broken(), {"catch-up"});
    ASSERT_EQ(told.code, 6) << told.err;
    ASSERT_THAT(told.err, HasSubstr("1 keys are parked, which `parked list Balance` lists"));
  }
  std::string Amount(const std::string& key) {
    const auto rows = RunWith(Broken(), {"query", "Balance", key, "--json"}).Json();
    return rows.size() == 1 ? rows[0]["row"]["amount"].get<std::string>() : "no row";
  }
  std::vector<nlohmann::json> Doctor(const ApplicationParts& parts, int code) {
    const Told told = RunWith(parts, {"doctor", "--min-free", "0", "--json"});
    EXPECT_EQ(told.code, code) << told.out << told.err;
    return told.Json();
  }
};

TEST_F(ParkedCommand, ListsAndShowsWhatIsParked) {
  EXPECT_EQ(RunWith(Broken(), {"parked", "list", "Balance"}).out, "nothing is parked\n");
  Park();
  Told told = RunWith(Broken(), {"parked", "list", "Balance", "--json"});
  ASSERT_EQ(told.code, 0) << told.err;
  EXPECT_EQ(told.err, "");
  ASSERT_THAT(told.Json(), SizeIs(1));
  const nlohmann::json key = told.Json()[0];
  EXPECT_EQ(key["view"], "Balance");
  EXPECT_EQ(key["generation"], 1);
  EXPECT_EQ(key["key"], "7");
  EXPECT_EQ(key["position"], 5);
  EXPECT_EQ(key["attempts"], 1);
  EXPECT_EQ(key["code"], "OUT_OF_RANGE");
  EXPECT_EQ(key["error"], "the view takes no 666");
  EXPECT_THAT(RunWith(Broken(), {"parked", "list", "Balance"}).out,
              testing::StartsWith("7  position 5  since "));

  told = RunWith(Broken(), {"parked", "show", "Balance", "7", "--json"});
  ASSERT_EQ(told.code, 0) << told.err;
  const nlohmann::json shown = told.Json().at(0);
  ASSERT_THAT(shown["events"], SizeIs(2));
  EXPECT_EQ(shown["events"][1]["position"], 6);
  EXPECT_EQ(shown["events"][1]["stream"], "account-7");
  EXPECT_EQ(shown["events"][1]["version"], 4);
  EXPECT_EQ(shown["events"][1]["type"], "bank.Deposited");
  EXPECT_EQ(shown["more"], false);
  told = RunWith(Broken(), {"parked", "show", "Balance", "7", "--limit", "1"});
  EXPECT_THAT(told.out, HasSubstr("\n  5  account-7@3  bank.Deposited  since "));
  EXPECT_THAT(told.out, HasSubstr("\n  and more\n"));
}

TEST_F(ParkedCommand, OtherCommandsSayThatKeysAreParked) {
  Park();
  const nlohmann::json view = RunWith(Broken(), {"views", "--json"}).Json().at(0);
  EXPECT_EQ(view["parked_keys"], 1);
  EXPECT_EQ(view["parked_events"], 2);
  EXPECT_EQ(view["skipped_events"], 0);
  EXPECT_EQ(view["generations"][0]["parked_keys"], 1);
  EXPECT_THAT(RunWith(Broken(), {"views"}).out, HasSubstr("  parked 1 keys, 2 events\n"));
  const Told query = RunWith(Broken(), {"query", "Balance"});
  EXPECT_EQ(query.code, 0);
  EXPECT_THAT(query.err, HasSubstr("1 keys are parked, whose rows lack events"));
  EXPECT_EQ(Amount("7"), "20");
  EXPECT_EQ(Amount("8"), "7");
}

TEST_F(ParkedCommand, DoctorFindsItWithTheCommandThatMendsIt) {
  // Before the view meets it, too.
  auto findings = Doctor(Broken(), 6);
  ASSERT_THAT(findings, SizeIs(2));
  EXPECT_THAT(findings[0]["problem"].get<std::string>(),
              testing::AllOf(HasSubstr("Balance refuses at position 5, bank.Deposited"),
                             HasSubstr("; 1 keys will be parked")));
  Park();
  findings = Doctor(Broken(), 6);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0]["check"], "views");
  EXPECT_EQ(findings[0]["urgent"], true);
  EXPECT_EQ(findings[0]["problem"],
            "view Balance: 1 keys with 2 events are parked, that of 7 from position 5: the view "
            "takes no 666");
  EXPECT_EQ(findings[0]["mend"],
            "mend its On, then bank parked replay Balance --all --generation 1 --store " + store_);
  EXPECT_EQ(RunWith(Mended(), {"parked", "replay", "Balance", "--all"}).code, 0);
  EXPECT_THAT(Doctor(Mended(), 0), SizeIs(0));
}

TEST_F(ParkedCommand, ReplaysOneKeyOrAll) {
  for (const std::string which : {"7", "--all"}) {
    if (which == "--all") {
      ASSERT_EQ(RunWith(Broken(), {"replay", "Balance", "--with-parked"}).code, 0);
    } else {
      Park();
    }
    Told told = RunWith(Broken(), {"parked", "replay", "Balance", which, "--json"});
    EXPECT_EQ(told.code, 6);
    EXPECT_THAT(told.err, HasSubstr("OUT_OF_RANGE: the view takes no 666"));
    EXPECT_EQ(told.Json().at(0)["parked_keys"], 1);
    EXPECT_EQ(RunWith(Broken(), {"parked", "list", "Balance", "--json"}).Json().at(0)["attempts"],
              2);
    told = RunWith(Mended(), {"parked", "replay", "Balance", which, "--json"});
    ASSERT_EQ(told.code, 0) << told.err;
    EXPECT_EQ(told.Json().at(0)["view"], "Balance");
    EXPECT_EQ(told.Json().at(0)["freed_keys"], 1);
    EXPECT_EQ(told.Json().at(0)["taken_events"], 2);
    EXPECT_EQ(told.Json().at(0)["parked_keys"], 0);
    EXPECT_EQ(Amount("7"), "687");
    EXPECT_EQ(RunWith(Mended(), {"query", "Balance", "7", "--json"}).out,
              RunWith(Mended(), {"query", "Balance", "7", "--at", "7", "--json"}).out);
  }
}

TEST_F(ParkedCommand, DropsOneKey) {
  Park();
  Told told = RunWith(Broken(), {"parked", "drop", "Balance", "7", "--json"});
  ASSERT_EQ(told.code, 0) << told.err;
  EXPECT_EQ(told.Json().at(0)["key"], "7");
  EXPECT_EQ(told.Json().at(0)["dropped_events"], 2);
  EXPECT_EQ(Amount("7"), "20");
  const auto findings = Doctor(Broken(), 0);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0]["urgent"], false);
  EXPECT_THAT(findings[0]["problem"].get<std::string>(),
              HasSubstr("2 parked events were dropped: the rows lack them"));
  told = RunWith(Broken(), {"parked", "drop", "Balance", "7"});
  EXPECT_EQ(told.code, 3);
  EXPECT_THAT(told.err, HasSubstr("no parked key \"7\""));
  // A view built anew has them again.
  EXPECT_EQ(RunWith(Mended(), {"replay", "Balance"}).code, 0);
  EXPECT_EQ(Amount("7"), "687");
}

TEST_F(ParkedCommand, AViewThatIsGoingToStopIsSaid) {
  const ApplicationParts stops = Broken({.policy = FailurePolicy::kStop, .retry = {.attempts = 1}});
  const Told told = RunWith(stops, {"parked", "replay", "Balance", "--all"});
  EXPECT_EQ(told.code, 6);
  EXPECT_THAT(told.err, HasSubstr("the view takes no 666"));
}

TEST_F(ParkedCommand, AnInlineViewNeverParks) {
  const Told told = RunWith(PartsOf(Aggregate<Account>(), Inline<MendedBalances>()),
                            {"parked", "replay", "Balance", "--all"});
  EXPECT_EQ(told.code, 6);
  EXPECT_THAT(told.err, HasSubstr("view Balance is inline"));
}

TEST_F(ParkedCommand, WhatWasSkippedIsFound) {
  const ApplicationParts skips = Broken({.policy = FailurePolicy::kSkip, .retry = {.attempts = 1}});
  const auto before = Doctor(skips, 6);
  ASSERT_THAT(before, SizeIs(2));
  EXPECT_THAT(before[0]["problem"].get<std::string>(), HasSubstr("; 1 events will be skipped"));
  EXPECT_EQ(RunWith(skips, {"catch-up"}).code, 0);
  const auto findings = Doctor(skips, 6);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0]["problem"],
            "view Balance: 1 events were skipped, the last at position 5 for \"7\": the view takes "
            "no 666");
  EXPECT_EQ(findings[0]["mend"], "mend its On, then bank replay Balance --store " + store_);
  EXPECT_THAT(RunWith(skips, {"views"}).out, HasSubstr("  skipped 1\n"));
  EXPECT_EQ(Amount("7"), "21");
}

TEST_F(ParkedCommand, ABuildThatParksTakesOverOnlyWhenItIsTold) {
  Park();
  Told told = RunWith(Broken(), {"replay", "Balance"});
  EXPECT_EQ(told.code, 6);
  EXPECT_THAT(told.err, HasSubstr("of the new build 1 keys are parked"));
  EXPECT_THAT(told.err, HasSubstr("`parked replay Balance --all --generation 2`"));
  const auto findings = Doctor(Broken(), 6);
  ASSERT_THAT(findings, SizeIs(2));
  EXPECT_THAT(findings[1]["problem"].get<std::string>(),
              HasSubstr("generation 2 is built, and does not take over: 1 keys of it are parked"));
  told = RunWith(Broken(), {"replay", "Balance", "--compare", "--json"});
  EXPECT_EQ(told.code, 6);
  EXPECT_EQ(told.Json().at(0)["rows_different"], 0);
  EXPECT_EQ(told.Json().at(0)["old_parked"], 1);
  EXPECT_EQ(told.Json().at(0)["new_parked"], 1);
  told = RunWith(Broken(), {"replay", "Balance", "--with-parked", "--json"});
  EXPECT_EQ(told.code, 0);
  EXPECT_EQ(told.Json().at(0)["old_parked"], 1);
  EXPECT_EQ(told.Json().at(0)["new_parked"], 1);
  // The build before has them too: nobody goes back to it unawares.
  told = RunWith(Broken(), {"rollback", "Balance"});
  EXPECT_EQ(told.code, 6);
  EXPECT_THAT(told.err, HasSubstr("`replay Balance --with-parked` has it take over as it is"));
  EXPECT_EQ(RunWith(Broken(), {"replay", "Balance", "--with-parked"}).code, 0);
}

TEST_F(ParkedCommand, CatchUpDoesNotWaitForABuildThatParks) {
  Park();
  const auto revised = PartsOf(Aggregate<Account>(), Async<RevisedAndBroken>(kParkAtOnce));
  const Told told = RunWith(revised, {"catch-up"});
  EXPECT_EQ(told.code, 6);
  EXPECT_THAT(told.err, HasSubstr("generation 2, of today's, has parked keys, and `parked replay "
                                  "Balance --all --generation 2` folds them again"));
}

TEST_F(ParkedCommand, SaysWhyNot) {
  Park();
  for (const std::vector<std::string>& wrong :
       std::vector<std::vector<std::string>>{{"parked"},
                                             {"parked", "list"},
                                             {"parked", "list", "Blance"},
                                             {"parked", "list", "Balance", "--limit", "0"},
                                             {"parked", "list", "Balance", "--generation", "0"},
                                             {"parked", "show", "Balance"},
                                             {"parked", "replay", "Balance"},
                                             {"parked", "replay", "Balance", "7", "--all"},
                                             {"parked", "replay", "Blance", "--all"},
                                             {"parked", "drop", "Balance"},
                                             {"replay", "Balance", "--compare", "--with-parked"}}) {
    EXPECT_EQ(RunWith(Broken(), wrong).code, 2) << wrong.back();
  }
  EXPECT_EQ(RunWith(Broken(), {"parked", "show", "Balance", "8"}).code, 3);
  EXPECT_EQ(RunWith(Broken(), {"parked", "list", "Balance", "--generation", "9"}).code, 3);
  EXPECT_EQ(RunWith(Broken(), {"parked", "replay", "Balance", "8"}).code, 3);
  EXPECT_EQ(RunBare(Broken(), {"parked", "list", "Balance", "--store", directory_ + "/no"}).code,
            3);
  EXPECT_EQ(
      RunBare(Broken(), {"parked", "replay", "Balance", "--all", "--store", directory_ + "/no"})
          .code,
      3);
  EXPECT_EQ(RunWith(Broken(), {"parked", "replay", "Balance", "--all", "--generation", "9"}).code,
            6);
  const App app = Open(Aggregate<Account>());
  EXPECT_EQ(RunWith(Broken(), {"parked", "list", "Balance"}).code, 4);
  EXPECT_EQ(RunWith(Broken(), {"parked", "drop", "Balance", "7"}).code, 4);
}

}  // namespace
}  // namespace daybook::tools
