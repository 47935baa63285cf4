// The aggregate: one loan application and the four rules of its process.
#ifndef DAYBOOK_EXAMPLES_LOANS_LOAN_APPLICATION_H_
#define DAYBOOK_EXAMPLES_LOANS_LOAN_APPLICATION_H_

#include "daybook/aggregates/decision.h"
#include "loans.daybook.h"

namespace loans {

struct LoanApplication : LoanApplicationAggregate {
  // Rule 1, SubmittedOnceAndFirst, holds for every command; a command that breaks several rules is
  // rejected under the lowest.
  static Decision Decide(const State& state, const SubmitApplication& command);
  static Decision Decide(const State& state, const ChangeState& command);  // rule 2: AlreadyClosed
  static Decision Decide(const State& state, const ChangeOffer& command);
  static Decision Decide(const State& state, const ScheduleWork& command);
  static Decision Decide(const State& state, const StartWork& command);     // 3: WorkAlreadyStarted
  static Decision Decide(const State& state, const CompleteWork& command);  // 4: WorkNotStarted

  static void Evolve(State& state, const ApplicationSubmitted& event) noexcept;
  static void Evolve(State& state, const StateChanged& event) noexcept;
  static void Evolve(State& state, const ApplicationApproved& event) noexcept;
  static void Evolve(State& state, const OfferChanged& event) noexcept;
  static void Evolve(State& state, const WorkScheduled& event) noexcept;
  static void Evolve(State& state, const WorkStarted& event) noexcept;
  static void Evolve(State& state, const WorkCompleted& event) noexcept;
};

}  // namespace loans

#endif  // DAYBOOK_EXAMPLES_LOANS_LOAN_APPLICATION_H_
