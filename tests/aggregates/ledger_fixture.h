// Ledgers that an older build wrote, and any events of the past.
#ifndef DAYBOOK_TESTS_AGGREGATES_LEDGER_FIXTURE_H_
#define DAYBOOK_TESTS_AGGREGATES_LEDGER_FIXTURE_H_

#include <map>
#include <string>
#include <vector>

#include "app_fixture.h"
#include "daybook/core/read_event.h"
#include "daybook/core/stream_name.h"
#include "ledger.h"

namespace daybook {

template <typename E>
Event EventOf(const E& message) {
  Event event;
  event.type = std::string(MessageTraits<E>::kTypeName);
  event.schema_version = MessageTraits<E>::kSchemaVersion;
  event.payload = EncodeMessage(message);
  return event;
}

// A view that stops at what it cannot take, and tries nothing again.
inline constexpr FailureOptions kStopAtOnce = {.policy = FailurePolicy::kStop,
                                               .retry = {.attempts = 1}};

// DataLoss that names the type, the version and the position.
inline auto IsUnknown(absl::string_view type, uint32_t version, uint64_t position) {
  return testing::AllOf(
      StatusIs(absl::StatusCode::kDataLoss,
               testing::HasSubstr(absl::StrCat("event ", type, " version ", version,
                                               " at position ", position, " is unknown here"))),
      HasPayload<v1::UnknownEvent>(
          testing::AllOf(testing::Property(&v1::UnknownEvent::type, std::string(type)),
                         testing::Property(&v1::UnknownEvent::schema_version, version),
                         testing::Property(&v1::UnknownEvent::position, position))));
}

// The rows of a view of today's ledgers, folded without its machinery, up to `until`.
template <typename P>
std::map<std::string, typename P::Row> FoldedByHand(const StoreReader& reader, Position until) {
  std::map<std::string, typename P::Row> rows;
  ReadLogOptions all;
  all.limit = 1'000'000;
  const auto batch = reader.ReadLog(all);
  EXPECT_THAT(batch, IsOk());
  for (const RecordedEvent& event : *batch) {
    if (event.position > until) break;
    EXPECT_THAT(ReadEvent<ledger::v2::Ledger>(event,
                                              [&]<typename E>(const E& e) {
                                                if constexpr (internal::kHandles<P, E>) {
                                                  std::string key(KeyOf(event.stream));
                                                  if constexpr (requires { P::Key(e); }) {
                                                    key = P::Key(e);
                                                  }
                                                  EventContext context(event, key);
                                                  static_cast<void>(P::On(rows[key], e, context));
                                                }
                                              }),
                IsOk());
  }
  return rows;
}
template <typename P>
std::map<std::string, std::string> EncodedByHand(const StoreReader& reader, Position until) {
  std::map<std::string, std::string> encoded;
  for (const auto& [key, row] : FoldedByHand<P>(reader, until)) encoded[key] = EncodeMessage(row);
  return encoded;
}

// An application whose ledgers an older build began.
class LedgerTest : public AppTest {
 protected:
  // What the older build wrote: versions 0 to 6 of ledger-7.
  void WriteWithTheOldBuild() {
    ReopenWith(Aggregate<ledger::v1::Ledger>());
    ASSERT_THAT(app_->Execute(Make<ledger::v1::Open>({.ledger = "7", .owner = "ann"})), IsOk());
    ASSERT_THAT(app_->Execute(Make<ledger::v1::Deposit>({.ledger = "7", .francs = 30})), IsOk());
    ASSERT_THAT(app_->Execute(Make<ledger::v1::Pay>({.ledger = "7", .francs = 5, .fee = 1})),
                IsOk());
    ASSERT_THAT(app_->Execute(Make<ledger::v1::Pay>({.ledger = "7", .francs = 2})), IsOk());
    ASSERT_THAT(app_->Execute(Make<ledger::v1::Notice>({.ledger = "7"})), IsOk());
    ASSERT_THAT(app_->Execute(Make<ledger::v1::Book>({.ledger = "7", .francs = {4, -3, 2}})),
                IsOk());
    ASSERT_THAT(app_->Execute(Make<ledger::v1::Book>({.ledger = "7"})), IsOk());
  }
  static std::vector<std::string> StoryOfTheOldBuild() {
    return {"opened by ann", "+3000 CHF", "-500", "fee 100",
            "-200",          "+400 CHF",  "-300", "+200 CHF"};
  }
  absl::StatusOr<AppendResult> AppendRaw(std::vector<Event> events) {
    return app_->store().Append("ledger-7", ExpectedVersion::Any(), std::move(events));
  }
  template <typename P>
  std::map<std::string, std::string> RowsOf() {
    auto rows = app_->Range<P>({.at_least = Token(app_->store().Tip())});
    EXPECT_THAT(rows, IsOk());
    std::map<std::string, std::string> encoded;
    if (rows.ok()) {
      for (const auto& [key, row] : *rows) encoded[key] = EncodeMessage(row);
    }
    return encoded;
  }
};

}  // namespace daybook

#endif  // DAYBOOK_TESTS_AGGREGATES_LEDGER_FIXTURE_H_
