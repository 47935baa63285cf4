// The benchmark's application.
#ifndef DAYBOOK_BENCH_BANK_H_
#define DAYBOOK_BENCH_BANK_H_

#include <array>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "bank.daybook.h"
#include "daybook/core/codec.h"
#include "daybook/daybook.h"
#include "fixtures.h"

namespace daybook::bench {

struct Account : bank::AccountAggregate {
  static Decision Decide(const State&, const bank::Deposit& command) {
    return Emit<bank::Deposited>({.amount = command.amount(), .note = command.note()});
  }
  static void Evolve(State& state, const bank::Deposited& event) noexcept {
    state.set_balance(state.balance() + event.amount());
    state.set_deposits(state.deposits() + 1);
  }
};

struct Savings : bank::SavingsAggregate {
  static Decision Decide(const State&, const bank::Save& command) {
    return Emit<bank::Saved>({.amount = command.amount(), .note = command.note()});
  }
  static void Evolve(State& state, const bank::Saved& event) noexcept {
    state.set_balance(state.balance() + event.amount());
    state.set_deposits(state.deposits() + 1);
  }
};

struct Notebook : bank::NotebookAggregate {
  static constexpr int kNotes = 256;
  static Decision Decide(const State&, const bank::Note& command) {
    return Emit<bank::Noted>({.note = command.note()});
  }
  static void Evolve(State& state, const bank::Noted& event) noexcept {
    if (state.notes_size() < kNotes) return state.add_notes(event.note());
    state.set_notes(static_cast<int>(state.oldest()), event.note());
    state.set_oldest((state.oldest() + 1) % kNotes);
  }
};

// One of several views with the same rows.
template <size_t kNumber>
struct Balances : bank::BalanceProjection {
  static constexpr std::array<absl::string_view, 3> kNames = {"First", "Second", "Third"};
  static constexpr absl::string_view kName = kNames[kNumber];
  static void On(Row& row, const bank::Deposited& event) {
    row.set_amount(row.amount() + event.amount());
    row.set_deposits(row.deposits() + 1);
  }
};

// A row of about 100 bytes for each event, in the order of the log, or by account.
template <bool kInOrder>
struct Entries : bank::EntryProjection {
  static constexpr absl::string_view kName = kInOrder ? "EntriesInOrder" : "Entries";
  static std::string Key(const bank::Deposited&, const RecordedEvent& recorded) {
    if (kInOrder) return absl::StrCat(absl::Dec(recorded.position.sequence(), absl::kZeroPad10));
    return absl::StrCat(recorded.stream, "/", absl::Dec(recorded.version, absl::kZeroPad10));
  }
  static void On(Row& row, const bank::Deposited& event) {
    row.set_amount(event.amount());
    row.set_note(event.note().substr(0, 80));
  }
};

// The n-th event; kPayloadBytes when it is serialized, or a few less.
template <typename E>
E EventOf(uint64_t n) {
  E event;
  event.set_amount(static_cast<int64_t>(1 + n % 100));
  event.set_note(Payload(n).substr(0, kPayloadBytes - 5));
  return event;
}

template <typename E>
Event Encoded(const E& message) {
  Event event;
  event.type = std::string(MessageTraits<E>::kTypeName);
  event.schema_version = MessageTraits<E>::kSchemaVersion;
  event.payload = EncodeMessage(message);
  return event;
}

}  // namespace daybook::bench

#endif  // DAYBOOK_BENCH_BANK_H_
