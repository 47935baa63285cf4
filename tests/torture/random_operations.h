// Draws operations that go to the corners: versions and positions that just hold or just do not,
// ids that are known, partly known or new, conditions that are about to fail.
#ifndef DAYBOOK_TESTS_TORTURE_RANDOM_OPERATIONS_H_
#define DAYBOOK_TESTS_TORTURE_RANDOM_OPERATIONS_H_

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "operations.h"
#include "reference_model.h"

namespace daybook {

class RandomOperations {
 public:
  // `reopen_each`: of so many operations one closes the store and opens it, a copy or a restored
  // backup of it; 0: none does.
  RandomOperations(uint64_t seed, uint64_t reopen_each)
      : random_(seed), reopen_each_(reopen_each) {}

  // The next one, for a store at the state of `model`.
  operation::Operation Next(const ReferenceModel& model);
  // What looks at everything, at the end of a run.
  static std::vector<operation::Operation> Last();

 private:
  // 0 to n - 1.
  uint64_t Below(uint64_t n) { return random_() % n; }
  bool OneIn(uint64_t n) { return Below(n) == 0; }
  std::string Of(const std::vector<std::string>& pool) { return pool[Below(pool.size())]; }
  std::vector<std::string> Some(const std::vector<std::string>& pool, uint64_t most);

  operation::Append DrawAppend(const ReferenceModel& model);
  Commit DrawCommit(const ReferenceModel& model);
  // A commit, or part of one, that was appended before.
  bool DrawRetry(const ReferenceModel& model, Commit* commit);
  ExpectedVersion DrawExpected(const ReferenceModel& model, const std::string& stream);
  uint64_t DrawCount();  // of events
  Event DrawEvent();
  void BreakSomething(Commit* commit);
  EventQuery DrawQuery();
  operation::Filter DrawFilter();
  Position DrawPosition(const ReferenceModel& model);
  std::string DrawStream();
  operation::Operation DrawRead(const ReferenceModel& model);
  operation::Operation DrawRowRead();
  operation::Operation DrawFollow(const ReferenceModel& model);
  operation::Operation DrawReopen();
  // ---- the lives of streams (random_lives.cc)
  operation::Operation DrawLife(const ReferenceModel& model);
  std::string DrawMortal();  // a stream that may be cut short
  StreamLimits DrawLimits(uint64_t next_version);
  // Of a stream of metadata, by hand.
  StreamAppend DrawMetadata(const ReferenceModel& model);
  std::string DrawMetadataPayload(uint64_t next_version);
  int DrawReader() { return OneIn(3) ? static_cast<int>(1 + Below(3)) : 0; }

  std::mt19937_64 random_;
  const uint64_t reopen_each_;
  uint64_t ids_ = 0;       // given so far
  uint64_t payloads_ = 0;  // likewise
  uint64_t streams_ = 0;   // of names that come once
};

}  // namespace daybook

#endif  // DAYBOOK_TESTS_TORTURE_RANDOM_OPERATIONS_H_
