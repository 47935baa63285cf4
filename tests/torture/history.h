// What several threads asked of one store, and what it answered, with the order in time.
#ifndef DAYBOOK_TESTS_TORTURE_HISTORY_H_
#define DAYBOOK_TESTS_TORTURE_HISTORY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daybook/core/expected_version.h"

namespace daybook {

// What a call appends to one stream.
struct CallPart {
  std::string stream;
  ExpectedVersion expected = ExpectedVersion::Any();
  std::vector<uint64_t> events;  // their numbers: each event of a history has its own
};

struct Call {
  enum class Kind : uint8_t { kAppend, kReadStream, kReadLog };
  enum class Outcome : uint8_t { kDone, kDuplicate, kVersionConflict, kConditionFailed };
  // When it was called and when it was answered, by one counter of all threads.
  uint64_t called = 0;
  uint64_t answered = 0;
  int thread = 0;
  Kind kind = Kind::kReadLog;

  // ---- of an append
  std::vector<CallPart> parts;
  // Nobody else may have appended anything to this stream after this position.
  std::string unchanged;  // empty: no condition
  uint64_t after = 0;
  Outcome outcome = Outcome::kDone;
  uint64_t first = 0;  // the positions, where it was done
  uint64_t last = 0;
  std::vector<uint64_t> first_versions;  // of each part
  std::string conflict;                  // the stream whose version was not the expected one
  std::optional<uint64_t> actual;        // and its version
  uint64_t match = 0;                    // the position that a condition excluded

  // ---- of a read
  std::string stream;            // empty: the log
  uint64_t tip = 0;              // of the reader
  std::vector<uint64_t> events;  // of the whole stream; of the log the last kLogTail, in order

  static constexpr size_t kLogTail = 5;
};

// An event of the log as it is in the end.
struct LoggedEvent {
  uint64_t position = 0;
  std::string stream;
  uint64_t version = 0;
  uint64_t event = 0;
};

struct History {
  std::vector<Call> calls;
  std::vector<LoggedEvent> log;
  std::vector<uint64_t> followed;  // the positions that a subscription delivered meanwhile
};

}  // namespace daybook

#endif  // DAYBOOK_TESTS_TORTURE_HISTORY_H_
