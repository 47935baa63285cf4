#include "loans_app.h"

#include "absl/time/time.h"

namespace loans {

using daybook::App;

daybook::AppOptions LoansOptions() {
  daybook::AppOptions options;
  // What a rebuild that is killed folds again at the most.
  options.projections.flush_events = 20'000;
  options.reply_retention = absl::Hours(24 * 365 * 10);
  return options;
}

absl::StatusOr<App> OpenLoans(const std::string& path, bool create_if_missing) {
  daybook::AppOptions options = LoansOptions();
  options.store.create_if_missing = create_if_missing;
  return WithRegistrations(
      [&](auto... registrations) { return App::Open(path, options, registrations...); });
}

}  // namespace loans
