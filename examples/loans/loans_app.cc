#include "loans_app.h"

#include "absl/time/time.h"
#include "loan_application.h"
#include "loan_views.h"

namespace loans {

using daybook::Aggregate;
using daybook::App;
using daybook::Inline;

daybook::AppOptions LoansOptions() {
  daybook::AppOptions options;
  options.reply_retention = absl::Hours(24 * 365 * 10);
  return options;
}

absl::StatusOr<App> OpenLoans(const std::string& path, bool create_if_missing) {
  daybook::AppOptions options = LoansOptions();
  options.store.create_if_missing = create_if_missing;
  return App::Open(path, options, Aggregate<LoanApplication>(), Inline<ApplicationsByState>(),
                   Inline<WorkItemsPerEmployee>(), Inline<OffersPerApplication>(),
                   Inline<DailyIntake>(), Inline<ApprovedPerMonth>());
}

}  // namespace loans
