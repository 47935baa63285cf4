// What a random test does to a store: plain values, so that they can be repeated, printed, left out
// and made simpler. A new kind of operation is a struct here, a line in `Operation`, what it does
// (store_under_test.h), its text (operations.cc), what is simpler (simpler_operations.cc), and
// where it is drawn (random_operations.h).
#ifndef DAYBOOK_TESTS_TORTURE_OPERATIONS_H_
#define DAYBOOK_TESTS_TORTURE_OPERATIONS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "daybook/core/event_store.h"
#include "daybook/core/stream_limits.h"

namespace daybook::operation {

// Several commits are handed over at once, in this order, and then awaited. Tables are numbered as
// OpenTable numbers them.
struct Append {
  std::vector<Commit> commits;
  bool chained = false;  // by one CommitChain
};
struct OpenTable {
  TableId table = 0;
};

// A filter whose predicates can be printed.
struct Filter {
  EventFilter plain;
  std::optional<std::string> stream_ends;  // what the stream's name ends with
  std::optional<std::string> type_holds;   // what the type's name holds
  EventFilter ToFilter() const;
};

// `reader`: 0 is one of the newest tip, others are those that KeepReader made.
struct KeepReader {
  int reader = 1;
};
struct ReadLog {
  int reader = 0;
  ReadLogOptions options;  // but for the filter
  Filter filter;
};
struct ReadStream {
  int reader = 0;
  std::string stream;
  ReadStreamOptions options;
};
// Page after page to the end, as a state is loaded.
struct LoadStream {
  std::string stream;
  uint64_t from = 0;
  size_t page = 1;
};
struct ListStreams {
  int reader = 0;
  std::string category;
  std::string after;
};
// The versions of all streams, what Stats says, and the tip.
struct LookAtHeads {
  int reader = 0;
};
struct FindEvent {
  int reader = 0;
  EventId id;
};
// What is set for it, where it starts, and where it stood at `then`.
struct LookAtStream {
  int reader = 0;
  std::string stream;
  Position then;
};
struct GetRow {
  int reader = 0;
  TableId table = 0;
  std::string key;
};
struct ScanRows {
  int reader = 0;
  TableId table = 0;
  ScanOptions options;
};

struct Subscribe {
  int subscription = 0;
  Position after;
  Filter filter;
  size_t batch_events = 1;
};
struct Poll {
  enum class How : uint8_t { kPoll, kNext, kSplit };
  int subscription = 0;
  How how = How::kPoll;
};
struct Unsubscribe {
  int subscription = 0;
};

struct SetLimits {
  std::string stream;
  StreamLimits limits;
};
struct DeleteStream {
  std::string stream;
  ExpectedVersion expected = ExpectedVersion::Any();
};
struct TombstoneStream {
  std::string stream;
  ExpectedVersion expected = ExpectedVersion::Any();
};
struct Scavenge {
  uint64_t stop_after = 0;  // so many calls of its `progress`; 0: it goes to the end
  bool compact = false;
};

struct MoveClock {
  int64_t micros = 0;  // negative: back
};
// The following do nothing to a store in memory.
struct Restart {
  bool verify = false;  // while it is closed
};
// The store goes on with a copy of its files as a kill would leave them.
struct GoOnWithCopy {};
// The store goes on with what a restore makes of a new backup.
struct GoOnWithBackup {};
// The store goes on with what an import makes of its log: without its rows.
struct GoOnWithImport {};

using Operation =
    std::variant<Append, OpenTable, KeepReader, ReadLog, ReadStream, LoadStream, ListStreams,
                 LookAtHeads, FindEvent, LookAtStream, GetRow, ScanRows, Subscribe, Poll,
                 Unsubscribe, SetLimits, DeleteStream, TombstoneStream, Scavenge, MoveClock,
                 Restart, GoOnWithCopy, GoOnWithBackup, GoOnWithImport>;

// One line.
std::string ToText(const Operation& operation);
// A line each, numbered.
std::string ToText(const std::vector<Operation>& operations);

// The same operation with one of its arguments simpler, in each way that there is.
std::vector<Operation> Simpler(const Operation& operation);

// The same operation with each position that it names less by one, and each version and number of
// events when `versions`: for when there is one event less before it.
Operation Lowered(Operation operation, bool versions);

// The n-th id; 0: none.
EventId NthId(uint64_t n);

}  // namespace daybook::operation

#endif  // DAYBOOK_TESTS_TORTURE_OPERATIONS_H_
