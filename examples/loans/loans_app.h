// The application: the aggregate, its views, and the store that holds them.
#ifndef DAYBOOK_EXAMPLES_LOANS_LOANS_APP_H_
#define DAYBOOK_EXAMPLES_LOANS_LOANS_APP_H_

#include <string>

#include "absl/status/statusor.h"
#include "daybook/aggregates/app.h"
#include "loan_application.h"
#include "loan_views.h"

namespace loans {

// Calls `with` with everything that the application registers: its aggregate, and all views inline.
template <typename With>
auto WithRegistrations(With with) {
  return with(daybook::Aggregate<LoanApplication>(), daybook::Inline<ApplicationsByState>(),
              daybook::Inline<WorkItemsPerEmployee>(), daybook::Inline<OffersPerApplication>(),
              daybook::Inline<DailyIntake>(), daybook::Inline<ApprovedPerMonth>());
}

// Replies are kept for ten years: a run may be taken up again long after it was killed.
daybook::AppOptions LoansOptions();

// Opens the store in the directory `path`, with all views inline. NotFound when there is none and
// it is not to be made; and the errors of App::Open.
absl::StatusOr<daybook::App> OpenLoans(const std::string& path, bool create_if_missing);

}  // namespace loans

#endif  // DAYBOOK_EXAMPLES_LOANS_LOANS_APP_H_
