// An application for tests of a whole flow: commands in, rows out.
//
//   TestApp app(Aggregate<Account>(), Inline<Balances>());
//   ASSERT_THAT(app->Execute(Make<Deposit>({.account = "7", .amount = 30})), IsOk());
//   EXPECT_THAT(app->Get<Balances>("7"), HasRow<Balances>({.amount = 30}));
#ifndef DAYBOOK_TESTKIT_TEST_APP_H_
#define DAYBOOK_TESTKIT_TEST_APP_H_

#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "daybook/aggregates/app.h"
#include "daybook/aggregates/app_options.h"
#include "daybook/core/event_store.h"
#include "daybook/testkit/fake_clock.h"

namespace daybook {
namespace internal {

// A store in memory with the clock of `options`. Ends the process when there is none: it is then
// the test that is wrong.
std::unique_ptr<EventStore> OpenTestStore(const AppOptions& options);
App AppOrDie(absl::StatusOr<App> app);

}  // namespace internal

// An App on a store in memory, whose time is that of clock(). Thread-safe as App is.
class TestApp {
 public:
  // Ends the process when App::Open refuses the registrations.
  template <typename... Registrations>
  requires(internal::kIsRegistration<Registrations>&&...) explicit TestApp(
      Registrations... registrations)
      : TestApp(AppOptions(), std::move(registrations)...) {}
  // The clocks in `options` are replaced.
  template <typename... Registrations>
  requires(internal::kIsRegistration<Registrations>&&...) explicit TestApp(
      AppOptions options, Registrations... registrations)
      : app_(internal::AppOrDie(Open(std::move(options), &clock_, std::move(registrations)...))) {}

  App& operator*() { return app_; }
  App* operator->() { return &app_; }
  FakeClock& clock() { return clock_; }

 private:
  template <typename... Registrations>
  static absl::StatusOr<App> Open(AppOptions options, FakeClock* clock,
                                  Registrations... registrations) {
    options.store.clock = clock;
    options.projections.clock = clock;
    return App::Open(internal::OpenTestStore(options), options, std::move(registrations)...);
  }

  FakeClock clock_;
  App app_;
};

}  // namespace daybook

#endif  // DAYBOOK_TESTKIT_TEST_APP_H_
