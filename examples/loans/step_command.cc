#include "step_command.h"

#include "daybook/proto/message_traits.h"

namespace loans {
namespace {

using daybook::Make;

template <typename C>
C OfActivity(const Step& step) {
  return Make<C>({.application = step.application,
                  .activity = step.activity,
                  .resource = step.resource,
                  .time_ms = step.time.unix_ms});
}

Command OfState(const Step& step) {
  if (step.activity == "A_SUBMITTED") {
    return Make<SubmitApplication>({.application = step.application,
                                    .resource = step.resource,
                                    .time_ms = step.time.unix_ms,
                                    .utc_offset_minutes = step.time.utc_offset_minutes,
                                    .amount = step.amount});
  }
  return Make<ChangeState>({.application = step.application,
                            .activity = step.activity,
                            .resource = step.resource,
                            .time_ms = step.time.unix_ms,
                            .utc_offset_minutes = step.time.utc_offset_minutes,
                            .amount = step.amount});
}

}  // namespace

Command CommandOf(const Step& step) {
  switch (step.activity.front()) {
    case 'A':
      return OfState(step);
    case 'O':
      return OfActivity<ChangeOffer>(step);
    default:
      switch (step.transition) {
        case Transition::kSchedule:
          return OfActivity<ScheduleWork>(step);
        case Transition::kStart:
          return OfActivity<StartWork>(step);
        case Transition::kComplete:
          return OfActivity<CompleteWork>(step);
      }
  }
  return {};
}

daybook::CommandId CommandIdOf(uint64_t row) {
  return daybook::CommandId::Derive("loans.row", row);
}

}  // namespace loans
