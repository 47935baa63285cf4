// The code of docs/guides/views.md, "Writing a projection".
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "daybook/projections/projection.h"
#include "daybook/testkit/given_events.h"
#include "daybook/testkit/status_matchers.h"
#include "gtest/gtest.h"
#include "shop.daybook.h"

namespace shop {
namespace {

using daybook::EventContext, daybook::GivenEvents, daybook::InStream, daybook::Make;
using daybook::RecordedAt, daybook::RecordedEvent, daybook::StatusIs;

//! [accounts]
// A row for each account.
struct Accounts : BalanceProjection {
  using Ignores = daybook::TypeList<Viewed>;

  static void On(Row& row, const Deposited& event) {
    row.set_balance(row.balance() + event.amount());
  }
  static absl::Status On(Row& row, const Withdrawn& event) {
    if (event.amount() < 0) return absl::InvalidArgumentError("a withdrawal below zero");
    row.set_balance(row.balance() - event.amount());
    return absl::OkStatus();
  }
  static void On(Row&, const Closed&, EventContext& context) { context.DeleteRow(); }
  static void On(Row& row, const Noted& event) { row.add_notes(event.text()); }
};
//! [accounts]

//! [labelled]
// A row for each label that a deposit or a withdrawal has.
struct Labelled : LabelProjection {
  using Ignores = daybook::TypeList<Viewed, Closed>;

  // One row for each of them, or none.
  static std::vector<std::string> Key(const Deposited& event) {
    return {event.labels().begin(), event.labels().end()};
  }
  // One row or none.
  static std::optional<std::string> Key(const Withdrawn& event) {
    if (event.label().empty()) return std::nullopt;
    return event.label();
  }

  static void On(Row& row, const Deposited& event, const EventContext& context) {
    row.set_sum(row.sum() + event.amount());
    row.set_last_version(context.event().version);
  }
  static void On(Row& row, const Withdrawn& event) { row.set_sum(row.sum() - event.amount()); }
};
//! [labelled]

//! [days]
// A row for each day on which something was deposited.
struct Days : LabelProjection {
  using Ignores = daybook::TypeList<Viewed, Withdrawn, Closed>;

  static std::string Key(const Deposited&, const RecordedEvent& recorded) {
    return absl::FormatTime("%Y-%m-%d", recorded.recorded_time, absl::UTCTimeZone());
  }

  static void On(Row& row, const Deposited& event) { row.set_sum(row.sum() + event.amount()); }
};
//! [days]

TEST(ProjectionGuide, ARowForEachAccount) {
  GivenEvents<Accounts>(InStream("account-7"), Make<Deposited>({.amount = 30}),
                        Make<Withdrawn>({.amount = 10}), Make<Viewed>({.by = "ann"}),
                        InStream("note-1"), Make<Noted>({.account = "7", .text = "hello"}),
                        InStream("account-8"), Make<Deposited>({.amount = 5}), Make<Closed>())
      .ThenRow("7", {.balance = 20, .notes = {"hello"}})
      .ThenNoRow("8");
  GivenEvents<Accounts>(InStream("account-7"), Make<Withdrawn>({.amount = -1}))
      .ThenFails(StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(ProjectionGuide, ARowForEachLabel) {
  GivenEvents<Labelled>(InStream("account-7"), Make<Deposited>({.amount = 1}),
                        Make<Deposited>({.amount = 30, .labels = {"gift", "cash"}}),
                        Make<Withdrawn>({.amount = 10, .label = "cash"}),
                        Make<Withdrawn>({.amount = 10}))
      .ThenRow("gift", {.sum = 30, .last_version = 1})
      .ThenRow("cash", {.sum = 20, .last_version = 1});
}

TEST(ProjectionGuide, ARowForEachDay) {
  GivenEvents<Days>(InStream("account-7"), RecordedAt{absl::FromUnixSeconds(5)},
                    Make<Deposited>({.amount = 30}), Make<Deposited>({.amount = 3}),
                    RecordedAt{absl::FromUnixSeconds(86400)}, Make<Deposited>({.amount = 5}))
      .ThenRow("1970-01-01", {.sum = 33})
      .ThenRow("1970-01-02", {.sum = 5});
}

}  // namespace
}  // namespace shop
