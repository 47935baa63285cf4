// The gate before a deploy, on a store that an older build wrote.
#include "daybook/aggregates/schema_check.h"

#include "app_fixture.h"
#include "daybook/core/schema_catalog.h"
#include "daybook/v1/errors.pb.h"
#include "ledger.h"

namespace daybook {
namespace {

namespace old = ledger::v1;
namespace today = ledger::v2;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class SchemaCheckTest : public AppTest {
 protected:
  void SetUp() override {
    ReopenWith(Aggregate<old::Ledger>());
    ASSERT_THAT(app_->Execute(Make<old::Deposit>({.ledger = "7", .francs = 30})), IsOk());
    ASSERT_THAT(app_->Execute(Make<old::Pay>({.ledger = "7", .francs = 5, .fee = 1})), IsOk());
    ASSERT_THAT(app_->Execute(Make<old::Notice>({.ledger = "8"})), IsOk());
  }
  void AppendRaw(const std::string& stream, const std::string& type, uint32_t version,
                 const std::string& payload = "") {
    Event event;
    event.type = type;
    event.schema_version = version;
    event.payload = payload;
    ASSERT_THAT(app_->store().Append(stream, ExpectedVersion::Any(), {event}), IsOk());
  }
  template <typename... Registrations>
  SchemaReport Check(Registrations... registrations) {
    auto report = CheckSchema(app_->store(), registrations...);
    EXPECT_THAT(report, IsOk());
    return report.ok() ? *report : SchemaReport();
  }
};

TEST_P(SchemaCheckTest, IsSilentWhereEverythingCanBeRead) {
  const SchemaReport report = Check(Aggregate<today::Ledger>(), Inline<today::Balances>());
  EXPECT_THAT(report.findings, IsEmpty()) << report.ToString();
  EXPECT_EQ(report.events, 3u);
  EXPECT_EQ(report.schemas, 3u);
  EXPECT_EQ(report.streams_folded, 2u);
  EXPECT_EQ(report.ToString(), "0 findings in 3 schemas of 3 events; 2 streams folded\n");
}

TEST_P(SchemaCheckTest, NamesWhatThisBuildDoesNotKnow) {
  AppendRaw("ledger-7", "ledger.deposited", 4);
  AppendRaw("ledger-7", "ledger.withdrawn", 1);
  AppendRaw("ledger-9", "ledger.lost", 1);
  EXPECT_EQ(Check(Aggregate<today::Ledger>()).ToString(),
            "ledger.deposited version 4 is newer than version 3, the newest of this build\n"
            "ledger.lost version 1 is known to no aggregate or view of this build: an event that "
            "is emitted no more stays in the .proto as past, and has an Upcast\n"
            "ledger.withdrawn version 1 has no upcaster: this build knows version 2\n"
            "3 findings in 6 schemas of 6 events; 2 streams folded\n");
}

TEST_P(SchemaCheckTest, NamesTheFieldAndTheRuleOfAChangedMessage) {
  // What the older build had at version 1 of it.
  ASSERT_THAT(
      SchemaCatalog::Register(&app_->store(), {{"ledger.paid", 1, old::Opened::descriptor()}}),
      IsOk());
  const SchemaReport report = Check(Aggregate<today::Ledger>());
  ASSERT_EQ(report.findings.size(), 1u) << report.ToString();
  const SchemaFinding& finding = report.findings[0];
  EXPECT_EQ(finding.type, "ledger.paid");
  EXPECT_EQ(finding.schema_version, 1u);
  EXPECT_EQ(finding.message, "Opened");
  EXPECT_EQ(finding.field, "owner");
  EXPECT_EQ(finding.ToString(),
            "ledger.paid version 1: Opened.owner had the number 1, which is never used again: "
            "int64 francs has it");
}

TEST_P(SchemaCheckTest, FoldsTheStreamOfEachSample) {
  AppendRaw("ledger-9", "ledger.booked", 1, "\xff");
  AppendRaw("ledger-10", "account.strange", 1);
  const SchemaReport report = Check(Aggregate<today::Ledger>());
  ASSERT_EQ(report.findings.size(), 2u) << report.ToString();
  EXPECT_THAT(report.findings[1].ToString(),
              HasSubstr("ledger.booked version 1 is in ledger-9, which cannot be folded: event "
                        "damaged at position 4"));
}

TEST_P(SchemaCheckTest, AnEventInTheStreamOfAnotherAggregateIsFound) {
  AppendRaw("ledger-9", std::string(MessageTraits<bank::Written>::kTypeName), 1);
  const SchemaReport report = Check(Aggregate<today::Ledger>(), Aggregate<Diary>());
  ASSERT_EQ(report.findings.size(), 1u) << report.ToString();
  EXPECT_THAT(report.findings[0].rule, HasSubstr("it is no event of Ledger"));
}

TEST_P(SchemaCheckTest, OfViewsAloneReadsTheSamples) {
  EXPECT_EQ(Check(Async<today::AsyncBalances>()).ToString(),
            "ledger.noticed version 1 is known to no aggregate or view of this build: an event "
            "that is emitted no more stays in the .proto as past, and has an Upcast\n"
            "1 findings in 3 schemas of 3 events; 0 streams folded\n");
  AppendRaw("ledger-9", "ledger.booked", 1, "\xff");
  AppendRaw("ledger-9", "ledger.fee", 1, "\xff");
  const SchemaReport report = Check(Async<today::AsyncBalances>());
  ASSERT_EQ(report.findings.size(), 3u) << report.ToString();
  EXPECT_THAT(report.findings[0].rule, HasSubstr("cannot be read: event damaged at position 4"));
  EXPECT_THAT(report.findings[1].rule, HasSubstr("cannot be read: event damaged at position 5"));
}

INSTANTIATE_TEST_SUITE_P(Disks, SchemaCheckTest, testing::ValuesIn(DiskKinds()), DiskKindName);

}  // namespace
}  // namespace daybook
