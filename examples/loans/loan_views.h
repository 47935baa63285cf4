// The views. Each event holds what they need of it, and each row is a sum or a last value: so it is
// the same however far the view has lagged.
#ifndef DAYBOOK_EXAMPLES_LOANS_LOAN_VIEWS_H_
#define DAYBOOK_EXAMPLES_LOANS_LOAN_VIEWS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "daybook/projections/event_context.h"
#include "daybook/proto/type_list.h"
#include "loans.daybook.h"

namespace loans {

// How many applications stand in each state. Row: the state.
struct ApplicationsByState : ApplicationsByStateProjection {
  using Ignores = daybook::TypeList<OfferChanged, WorkScheduled, WorkStarted, WorkCompleted>;

  static std::string Key(const ApplicationSubmitted& event);
  // A change of state moves an application from one row to another.
  static std::vector<std::string> Key(const StateChanged& event);
  static std::vector<std::string> Key(const ApplicationApproved& event);

  static void On(Row& row, const ApplicationSubmitted& event);
  static void On(Row& row, const StateChanged& event, daybook::EventContext& context);
  static void On(Row& row, const ApplicationApproved& event, daybook::EventContext& context);
};

// What each employee had to do with work items. Row: the employee.
struct WorkItemsPerEmployee : WorkItemsPerEmployeeProjection {
  using Ignores = daybook::TypeList<ApplicationSubmitted, StateChanged, ApplicationApproved,
                                    OfferChanged, WorkScheduled>;

  static std::string Key(const WorkStarted& event);
  // One may complete what another began.
  static std::vector<std::string> Key(const WorkCompleted& event);

  static void On(Row& row, const WorkStarted& event);
  static void On(Row& row, const WorkCompleted& event, daybook::EventContext& context);
};

// What became of the offers to each applicant. Row: the application.
struct OffersPerApplication : OffersPerApplicationProjection {
  using Ignores = daybook::TypeList<ApplicationSubmitted, StateChanged, ApplicationApproved,
                                    WorkScheduled, WorkStarted, WorkCompleted>;

  static void On(Row& row, const OfferChanged& event);
};

// What was asked for on each day. Row: the day.
struct DailyIntake : DailyIntakeProjection {
  using Ignores = daybook::TypeList<StateChanged, ApplicationApproved, OfferChanged, WorkScheduled,
                                    WorkStarted, WorkCompleted>;

  static std::string Key(const ApplicationSubmitted& event) { return event.day(); }

  static void On(Row& row, const ApplicationSubmitted& event);
};

// What was approved in each month. Row: the month.
struct ApprovedPerMonth : ApprovedPerMonthProjection {
  using Ignores = daybook::TypeList<ApplicationSubmitted, StateChanged, OfferChanged, WorkScheduled,
                                    WorkStarted, WorkCompleted>;

  static std::string Key(const ApplicationApproved& event) { return event.month(); }

  static void On(Row& row, const ApplicationApproved& event);
};

// In the order in which they are printed.
using Views = daybook::TypeList<ApplicationsByState, WorkItemsPerEmployee, OffersPerApplication,
                                DailyIntake, ApprovedPerMonth>;

// The row of WorkItemsPerEmployee for steps of which the log names nobody.
inline constexpr absl::string_view kNobody = "(nobody)";

}  // namespace loans

#endif  // DAYBOOK_EXAMPLES_LOANS_LOAN_VIEWS_H_
