// The command that a row of the log stands for.
#ifndef DAYBOOK_EXAMPLES_LOANS_STEP_COMMAND_H_
#define DAYBOOK_EXAMPLES_LOANS_STEP_COMMAND_H_

#include <variant>

#include "daybook/core/uuid.h"
#include "loan_application.h"
#include "step.h"

namespace loans {

using Command = std::variant<SubmitApplication, ChangeState, ChangeOffer, ScheduleWork, StartWork,
                             CompleteWork>;

Command CommandOf(const Step& step);

// The same for the same row, always: so a run may be started again.
daybook::CommandId CommandIdOf(uint64_t row);

}  // namespace loans

#endif  // DAYBOOK_EXAMPLES_LOANS_STEP_COMMAND_H_
