// The views of the tests, and the same views folded by hand.
#ifndef DAYBOOK_TESTS_PROJECTIONS_SHOP_H_
#define DAYBOOK_TESTS_PROJECTIONS_SHOP_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "daybook/core/codec.h"
#include "daybook/core/event_store.h"
#include "daybook/core/open.h"
#include "daybook/projections/projection_engine.h"
#include "daybook/proto/message_traits.h"
#include "daybook/testkit/status_matchers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shop.daybook.h"

namespace shop {

// Keyed by account: the stream's key, or the field of a note. A closed account's row is deleted.
struct Balances : BalanceProjection {
  using Ignores = daybook::TypeList<Viewed>;
  static void On(Row& row, const Deposited& event) {
    row.set_balance(row.balance() + event.amount());
    row.set_events(row.events() + 1);
  }
  static void On(Row& row, const Withdrawn& event) {
    row.set_balance(row.balance() - event.amount());
    row.set_events(row.events() + 1);
  }
  static void On(Row&, const Closed&, daybook::EventContext& context) { context.DeleteRow(); }
  static void On(Row& row, const Noted& event) { row.add_notes(event.text()); }
};
// The same under other names.
struct AsyncBalances : Balances {
  static constexpr absl::string_view kName = "AsyncBalance";
};

// Keyed by label: none, one or several for an event. Cannot take a withdrawal of 13.
struct Labels : LabelProjection {
  using Ignores = daybook::TypeList<Viewed, Closed>;
  static std::vector<std::string> Key(const Deposited& event) {
    return {event.labels().begin(), event.labels().end()};
  }
  static std::optional<std::string> Key(const Withdrawn& event) {
    if (event.label().empty()) return std::nullopt;
    return event.label();
  }
  static absl::Status On(Row& row, const Deposited& event, daybook::EventContext& context) {
    row.set_sum(row.sum() + event.amount());
    row.set_last_version(context.event().version);
    if (context.key() == "full" && row.sum() > 1000) return absl::OutOfRangeError("label is full");
    return absl::OkStatus();
  }
  static absl::Status On(Row& row, const Withdrawn& event) {
    row.set_sum(row.sum() - event.amount());
    if (event.amount() == 13) return absl::InvalidArgumentError("thirteen");
    return absl::OkStatus();
  }
};
struct AsyncLabels : Labels {
  static constexpr absl::string_view kName = "AsyncLabel";
};

// A row for each event, in the order of the log.
struct Journal : JournalProjection {
  using Ignores = daybook::TypeList<Viewed, Closed>;
  static std::string KeyOf(daybook::Position position) {
    return absl::StrFormat("%08d", position.sequence());
  }
  template <typename E>
  static std::string Key(const E&, const daybook::RecordedEvent& recorded) {
    return KeyOf(recorded.position);
  }
  template <typename E>
  requires(std::is_same_v<E, Deposited> ||
           std::is_same_v<E, Withdrawn>) static void On(Row& row, const E& event,
                                                        daybook::EventContext& context) {
    row.set_stream(std::string(context.event().stream));
    row.set_version(context.event().version);
    row.set_amount(event.amount());
  }
};

// The rows of a view by key, encoded.
using Rows = std::map<std::string, std::string>;

template <typename Message>
Rows Encoded(const std::map<std::string, Message>& messages) {
  Rows rows;
  for (const auto& [key, message] : messages) rows[key] = daybook::EncodeMessage(message);
  return rows;
}

template <typename Message>
Message Decoded(const daybook::RecordedEvent& event) {
  Message message;
  EXPECT_TRUE(message.ParseFromString(std::string(event.payload)));
  return message;
}

inline void FoldBalance(const daybook::RecordedEvent& event, std::map<std::string, Balance>* rows) {
  const std::string key(event.stream.substr(event.stream.find('-') + 1));
  if (event.type == "shop.Deposited") {
    Balance& row = (*rows)[key];
    row.set_balance(row.balance() + Decoded<Deposited>(event).amount());
    row.set_events(row.events() + 1);
  } else if (event.type == "shop.Withdrawn") {
    Balance& row = (*rows)[key];
    row.set_balance(row.balance() - Decoded<Withdrawn>(event).amount());
    row.set_events(row.events() + 1);
  } else if (event.type == "shop.Closed") {
    rows->erase(key);
  } else if (event.type == "shop.Noted") {
    const Noted noted = Decoded<Noted>(event);
    (*rows)[noted.account()].add_notes(noted.text());
  }
}

inline void FoldLabel(const daybook::RecordedEvent& event, std::map<std::string, Label>* rows) {
  if (event.type == "shop.Deposited") {
    const Deposited deposited = Decoded<Deposited>(event);
    for (const std::string& label : deposited.labels()) {
      Label& row = (*rows)[label];
      row.set_sum(row.sum() + deposited.amount());
      row.set_last_version(event.version);
    }
  } else if (event.type == "shop.Withdrawn") {
    const Withdrawn withdrawn = Decoded<Withdrawn>(event);
    if (withdrawn.label().empty()) return;
    Label& row = (*rows)[withdrawn.label()];
    row.set_sum(row.sum() - withdrawn.amount());
  }
}

// The rows of a view by hand, as of one position after the other of one log. Goes on from the last
// one where it can: a test that asks thousands of times does not fold all again each time.
template <typename Row, void (*Fold)(const daybook::RecordedEvent&, std::map<std::string, Row>*)>
class ByHand {
 public:
  // With the events up to `until`.
  Rows At(const daybook::StoreReader& reader, daybook::Position until = daybook::Position::End()) {
    if (until < at_) *this = ByHand();
    daybook::ReadLogOptions options;
    while (at_ < until) {
      options.from = at_;
      const absl::StatusOr<daybook::EventBatch> batch = reader.ReadLog(options);
      EXPECT_THAT(batch, daybook::IsOk());
      if (!batch.ok()) break;
      for (const daybook::RecordedEvent& event : *batch) {
        if (event.position > until) return Encoded(rows_);
        Fold(event, &rows_);
        at_ = event.position;
      }
      if (batch->at_end()) break;
    }
    return Encoded(rows_);
  }

 private:
  daybook::Position at_;
  std::map<std::string, Row> rows_;
};
using BalancesFold = ByHand<Balance, &FoldBalance>;
using LabelsFold = ByHand<Label, &FoldLabel>;

inline Rows BalancesByHand(const daybook::StoreReader& reader,
                           daybook::Position until = daybook::Position::End()) {
  return BalancesFold().At(reader, until);
}
inline Rows LabelsByHand(const daybook::StoreReader& reader,
                         daybook::Position until = daybook::Position::End()) {
  return LabelsFold().At(reader, until);
}

// What stands in the table of a view's generation.
inline Rows StoredRows(daybook::EventStore& store, const daybook::StoreReader& reader,
                       absl::string_view view, uint32_t generation = 1) {
  Rows rows;
  absl::StatusOr<daybook::TableId> table =
      store.OpenTable(absl::StrCat("view/", view, "/", generation));
  EXPECT_THAT(table, daybook::IsOk());
  if (!table.ok()) return rows;
  EXPECT_THAT(reader.ScanRows(*table, {},
                              [&](absl::string_view key, absl::string_view value) {
                                rows.emplace(key, value);
                                return true;
                              }),
              daybook::IsOk());
  return rows;
}

template <typename E>
daybook::Event EventOf(const E& message) {
  daybook::Event event;
  event.type = std::string(daybook::MessageTraits<E>::kTypeName);
  event.payload = daybook::EncodeMessage(message);
  return event;
}

inline daybook::Event Deposit(int64_t amount, std::vector<std::string> labels = {}) {
  return EventOf(daybook::Make<Deposited>({.amount = amount, .labels = std::move(labels)}));
}
inline daybook::Event Withdraw(int64_t amount, std::string label = "") {
  return EventOf(daybook::Make<Withdrawn>({.amount = amount, .label = std::move(label)}));
}
inline daybook::Event Close() {
  return EventOf(Closed());
}
inline daybook::Event View() {
  return EventOf(daybook::Make<Viewed>({.by = "me"}));
}
inline daybook::Event Note(std::string account, std::string text) {
  return EventOf(daybook::Make<Noted>({.account = std::move(account), .text = std::move(text)}));
}

}  // namespace shop

#endif  // DAYBOOK_TESTS_PROJECTIONS_SHOP_H_
