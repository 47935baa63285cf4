#include <filesystem>

#include "application_test.h"
#include "daybook/core/schema_catalog.h"
#include "daybook/core/stream_metadata.h"
#include "ledger.h"

namespace daybook::tools {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// A build whose Evolve means something else.
struct RevisedAccount : Account {
  static constexpr uint32_t kEvolveRevision = 1;
};

class DoctorCommand : public ApplicationTest {
 protected:
  void SetUp() override { MakeStore(); }
  // With enough space for any disk that this runs on.
  Told Doctor(ApplicationParts parts, std::vector<std::string> more = {"--min-free", "0"}) {
    more.insert(more.begin(), {"doctor", "--json"});
    return RunWith(std::move(parts), more);
  }
  // The one finding, with exit code 6.
  nlohmann::json OneFinding(ApplicationParts parts) {
    const Told told = Doctor(std::move(parts));
    EXPECT_EQ(told.code, 6) << told.out << told.err;
    const auto findings = told.Json();
    EXPECT_THAT(findings, SizeIs(1));
    return findings.empty() ? nlohmann::json::object() : findings[0];
  }
  static ApplicationParts Bank() { return PartsOf(Aggregate<Account>(), Inline<Balances>()); }
};

TEST_F(DoctorCommand, FindsNothing) {
  const Told told = Doctor(Bank());
  EXPECT_EQ(told.code, 0) << told.out << told.err;
  EXPECT_THAT(told.Json(), IsEmpty());
  EXPECT_THAT(Run({"doctor", "--min-free", "0"}).out, HasSubstr("nothing needs attention"));
}

TEST_F(DoctorCommand, HasNothingAgainstAStreamThatWasDeletedAndRemoved) {
  {
    App app = Open();
    ASSERT_THAT(DeleteStream(app.store(), "account-7"), IsOk());
    ASSERT_THAT(app.store().Scavenge(), IsOk());
  }
  const Told told = Doctor(Bank());
  EXPECT_EQ(told.code, 0) << told.out << told.err;
}

TEST_F(DoctorCommand, FindsAViewThatWasNeverBuiltAndMendsIt) {
  const auto both = PartsOf(Aggregate<Account>(), Inline<Balances>(), Async<AsyncBalances>());
  const auto finding = OneFinding(both);
  EXPECT_EQ(finding["check"], "views");
  EXPECT_EQ(finding["problem"], "view AsyncBalance was never built");
  EXPECT_EQ(finding["mend"], "bank catch-up --store " + store_);
  EXPECT_EQ(RunWith(both, {"catch-up"}).code, 0);
  EXPECT_EQ(Doctor(both).code, 0);
}

TEST_F(DoctorCommand, FindsAViewOfAnotherDefinition) {
  const auto finding = OneFinding(PartsOf(Aggregate<Account>(), Inline<RevisedBalances>()));
  EXPECT_EQ(finding["check"], "views");
  EXPECT_THAT(finding["problem"].get<std::string>(),
              HasSubstr("another definition: the next opening begins generation 2"));
}

TEST_F(DoctorCommand, FindsThatTheNextBuildIsPaused) {
  MakePausedRevision();
  const Told told = Doctor(PartsOf(Aggregate<Account>(), Async<RevisedBalances>()));
  EXPECT_EQ(told.code, 6);
  const auto findings = told.Json();
  ASSERT_THAT(findings, SizeIs(2));
  EXPECT_EQ(findings[0]["problem"],
            "view Balance was built by another definition: the next opening goes on with "
            "generation 2");
  EXPECT_EQ(findings[1]["problem"], "view Balance: generation 2 is paused at position 4");
}

TEST_F(DoctorCommand, FindsLagBeyondTheBound) {
  ASSERT_THAT(Open(Aggregate<Account>()).Execute(DepositOf(1)), IsOk());
  EXPECT_THAT(OneFinding(Bank())["problem"].get<std::string>(),
              HasSubstr("stands at position 4, 1 events behind"));
  EXPECT_EQ(Doctor(Bank(), {"--max-lag", "1", "--min-free", "0"}).code, 0);
}

TEST_F(DoctorCommand, EventsThatAViewIgnoresAreNoLag) {
  const auto parts = PartsOf(Aggregate<Account>(), Async<AsyncBalances>());
  ASSERT_EQ(RunWith(parts, {"catch-up"}).code, 0);
  ASSERT_THAT(Open(Aggregate<Account>()).Execute(Make<Inspect>({.account = "7"})), IsOk());
  const auto view = RunWith(parts, {"views", "--json"}).Json().at(0);
  EXPECT_EQ(view["checkpoint"], 4) << "the log ends at 5";
  EXPECT_EQ(view["lag_events"], 0);
  EXPECT_EQ(view["state"], "at the tip");
  EXPECT_EQ(Doctor(parts).code, 0);
}

TEST_F(DoctorCommand, FindsWhatAViewWillStopAt) {
  ASSERT_THAT(Open(Aggregate<Account>()).Execute(DepositOf(666)), IsOk());
  const auto finding = OneFinding(Bank());
  EXPECT_THAT(finding["problem"].get<std::string>(), HasSubstr("Balance stops at position 5"));
  EXPECT_THAT(finding["problem"].get<std::string>(), HasSubstr("the view takes no 666"));
  EXPECT_THAT(finding["mend"].get<std::string>(), HasSubstr("catch-up"));
}

TEST_F(DoctorCommand, NotesStaleSnapshots) {
  {
    App app = Open();
    for (int i = 0; i < 12; ++i) ASSERT_THAT(app.Execute(DepositOf(1)), IsOk());
  }
  const Told told = Doctor(PartsOf(Aggregate<RevisedAccount>(), Inline<Balances>()));
  EXPECT_EQ(told.code, 0) << told.err;
  const auto findings = told.Json();
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0]["check"], "snapshots");
  EXPECT_EQ(findings[0]["urgent"], false);
  EXPECT_THAT(findings[0]["problem"].get<std::string>(), HasSubstr("1 of 1 snapshots"));
}

TEST_F(DoctorCommand, FindsASnapshotThatCannotBeRead) {
  {
    App app = Open();
    Commit commit;
    commit.writes.push_back({*app.store().OpenTable("$snapshots"), "account-7", "torn"});
    ASSERT_THAT(app.store().Append(std::move(commit)), IsOk());
  }
  const auto finding = OneFinding(Bank());
  EXPECT_EQ(finding["check"], "snapshots");
  EXPECT_EQ(finding["mend"], "bank verify --store " + store_);
}

TEST_F(DoctorCommand, FindsThatASnapshotWasNotWhatItsEventsFoldInto) {
  AppOptions options = options_.app;
  options.snapshot_audit_every = 1;
  {
    App app = Open();
    for (int i = 0; i < 12; ++i) ASSERT_THAT(app.Execute(DepositOf(1)), IsOk());
    ASSERT_THAT(app.FlushSnapshots(), IsOk());
    auto snapshots = SnapshotStore::Open(&app.store());
    ASSERT_THAT(snapshots, IsOk());
    Commit commit;
    commit.writes.push_back(
        *(*snapshots)
             ->Write("account-7", 9, SnapshotFingerprintOf(AggregateDefinitionOf<Account>()),
                     EncodeMessage(Make<AccountState>({.balance = 1'000'000}))));
    ASSERT_THAT(app.store().Append(std::move(commit)), IsOk());
  }
  {
    auto app = App::Open(store_, options, Aggregate<Account>(), Inline<Balances>());
    ASSERT_THAT(app, IsOk());
    ASSERT_THAT(app->Load<Account>("7"), IsOk());
    ASSERT_THAT(app->FlushSnapshots(), IsOk());
    EXPECT_EQ(app->Stats().snapshots.differing, 1u);
  }
  const auto finding = OneFinding(Bank());
  EXPECT_EQ(finding["check"], "snapshots");
  EXPECT_THAT(
      finding["problem"].get<std::string>(),
      HasSubstr("the snapshot of account-7 at version 9 was not what its events fold into"));
  EXPECT_EQ(finding["mend"],
            "raise the evolve_revision of Account: all its snapshots are then made anew");
  // What it casts doubt on is used no more.
  EXPECT_EQ(Doctor(PartsOf(Aggregate<RevisedAccount>(), Inline<Balances>())).code, 0);
}

TEST_F(DoctorCommand, FindsTypesAndSchemasOfAnotherBuild) {
  {
    App app = Open(Aggregate<Account>());
    ASSERT_THAT(
        SchemaCatalog::Register(&app.store(), {{"withdrawn", 1, ledger::v1::Opened::descriptor()}}),
        IsOk());
    Event frozen, withdrawn;
    frozen.type = "bank.Frozen";
    withdrawn.type = "withdrawn";
    withdrawn.schema_version = 3;
    ASSERT_THAT(app.store().Append("account-9", ExpectedVersion::Any(), {frozen, withdrawn}),
                IsOk());
  }
  const Told told = Doctor(PartsOf(Aggregate<Account>()));
  EXPECT_EQ(told.code, 6);
  const auto findings = told.Json();
  ASSERT_THAT(findings, SizeIs(3));
  EXPECT_EQ(findings[0]["check"], "schema");
  EXPECT_THAT(findings[0]["problem"].get<std::string>(),
              HasSubstr("bank.Frozen version 1 is known to no aggregate or view"));
  EXPECT_THAT(findings[1]["problem"].get<std::string>(),
              HasSubstr("withdrawn version 1: Opened.owner had the number 1"));
  EXPECT_THAT(findings[2]["problem"].get<std::string>(),
              HasSubstr("withdrawn version 3 is newer than version 1"));

  // The check by itself.
  const Told check = RunWith(PartsOf(Aggregate<Account>()), {"schema", "check", "--json"});
  EXPECT_EQ(check.code, 6);
  const auto found = check.Json();
  ASSERT_THAT(found, SizeIs(3));
  EXPECT_EQ(found[1]["type"], "withdrawn");
  EXPECT_EQ(found[1]["schema_version"], 1);
  EXPECT_EQ(found[1]["message"], "Opened");
  EXPECT_EQ(found[1]["field"], "owner");
  EXPECT_THAT(found[1]["rule"].get<std::string>(), HasSubstr("had the number 1"));
  const Told text = RunWith(PartsOf(Aggregate<Account>()), {"schema", "check"});
  EXPECT_EQ(text.code, 6);
  EXPECT_THAT(text.out, HasSubstr("bank.Frozen version 1 is known to no aggregate or view"));
  EXPECT_THAT(text.out, HasSubstr("3 findings in "));
}

TEST_F(DoctorCommand, ReadsEventsOfThePastAsThoseOfToday) {
  {
    App app = Open(Aggregate<ledger::v1::Ledger>());
    ASSERT_THAT(app.Execute(Make<ledger::v1::Deposit>({.ledger = "7", .francs = 30})), IsOk());
    ASSERT_THAT(app.Execute(Make<ledger::v1::Pay>({.ledger = "7", .francs = 5, .fee = 1})), IsOk());
  }
  const auto today = PartsOf(Aggregate<Account>(), Inline<Balances>(),
                             Aggregate<ledger::v2::Ledger>(), Async<ledger::v2::AsyncBalances>());
  {
    App app = Open(Aggregate<ledger::v2::Ledger>());
    for (int i = 0; i < 4; ++i) {  // with a snapshot
      ASSERT_THAT(app.Execute(Make<ledger::v2::Deposit>({.ledger = "7", .cents = 1})), IsOk());
    }
  }
  ASSERT_EQ(RunWith(today, {"catch-up"}).code, 0);
  const Told told = Doctor(today);
  EXPECT_EQ(told.code, 0) << told.out << told.err;
  EXPECT_THAT(told.Json(), IsEmpty());

  const auto why = RunWith(today, {"why", "AsyncBalance", "7", "--json"}).Json();
  ASSERT_THAT(why, SizeIs(6));
  EXPECT_EQ(why[1]["type"], "ledger.paid");
  EXPECT_EQ(why[1]["before"]["cents"], "3000");
  EXPECT_EQ(why[1]["after"]["cents"], "2500");
  EXPECT_EQ(why[1]["after"]["fees"], "100");
  EXPECT_EQ(RunWith(today, {"state", "ledger-7", "--at-version", "1", "--json"})
                .Json()
                .at(0)["state"]["cents"],
            "2500");
}

TEST_F(DoctorCommand, FindsThatSpaceIsLow) {
  const Told told = Doctor(Bank(), {"--min-free", "1000000000000"});
  EXPECT_EQ(told.code, 6);
  const auto findings = told.Json();
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0]["check"], "disk");
  EXPECT_THAT(findings[0]["problem"].get<std::string>(), HasSubstr("MiB are free"));
}

TEST_F(DoctorCommand, SaysThatTheStoreIsDamaged) {
  std::filesystem::remove(store_ + "/witness");
  const Told told = Doctor(Bank());
  EXPECT_EQ(told.code, 1);
  EXPECT_THAT(told.err, HasSubstr("witness"));
}

}  // namespace
}  // namespace daybook::tools
