// The four rules of a loan application.
#include "daybook/testkit/given.h"
#include "gtest/gtest.h"
#include "loan_application.h"

namespace loans {
namespace {

using daybook::Given;
using daybook::Make;

constexpr int64_t kNoon = 1'317'463'200'000;  // 2011-10-01T10:00:00Z
const char kItem[] = "W_Nabellen offertes";

SubmitApplication Submit() {
  return Make<SubmitApplication>({.application = "7",
                                  .resource = "112",
                                  .time_ms = kNoon,
                                  .utc_offset_minutes = 120,
                                  .amount = 5000});
}
ChangeState To(const std::string& state) {
  return Make<ChangeState>({.application = "7",
                            .activity = state,
                            .resource = "112",
                            .time_ms = kNoon,
                            .utc_offset_minutes = 120,
                            .amount = 5000});
}
template <typename C>
C Work(int64_t time_ms, const std::string& item = kItem) {
  return Make<C>({.application = "7", .activity = item, .resource = "113", .time_ms = time_ms});
}

ApplicationSubmitted Submitted() {
  return Make<ApplicationSubmitted>(
      {.resource = "112", .time_ms = kNoon, .amount = 5000, .day = "2011-10-01"});
}
StateChanged Changed(const std::string& state, const std::string& previous = "A_SUBMITTED") {
  return Make<StateChanged>(
      {.state = state, .previous = previous, .resource = "112", .time_ms = kNoon});
}
WorkScheduled Scheduled(int64_t time_ms) {
  return Make<WorkScheduled>({.item = kItem, .resource = "112", .time_ms = time_ms});
}
WorkStarted Started(int64_t time_ms, std::optional<int64_t> scheduled_ms = std::nullopt) {
  return Make<WorkStarted>(
      {.item = kItem, .resource = "113", .time_ms = time_ms, .scheduled_ms = scheduled_ms});
}
WorkCompleted Completed(int64_t time_ms, int64_t started_ms) {
  return Make<WorkCompleted>({.item = kItem,
                              .resource = "113",
                              .time_ms = time_ms,
                              .started_ms = started_ms,
                              .started_by = "113"});
}

TEST(LoanRule1, AnApplicationBeginsWithItsSubmission) {
  Given<LoanApplication>().When(Submit()).ThenEmits(Submitted());
}

TEST(LoanRule1, NothingElseComesFirst) {
  const auto nothing = Given<LoanApplication>();
  nothing.When(To("A_ACCEPTED")).ThenRejected<SubmittedOnceAndFirst>({.activity = "A_ACCEPTED"});
  nothing.When(Work<ChangeOffer>(1, "O_SENT")).ThenRejected<SubmittedOnceAndFirst>();
  nothing.When(Work<ScheduleWork>(1)).ThenRejected<SubmittedOnceAndFirst>();
  nothing.When(Work<StartWork>(1)).ThenRejected<SubmittedOnceAndFirst>();
  // Breaks rule 4 as well.
  nothing.When(Work<CompleteWork>(1)).ThenRejected<SubmittedOnceAndFirst>({.activity = kItem});
}

TEST(LoanRule1, ItIsSubmittedOnce) {
  Given<LoanApplication>(Submitted()).When(Submit()).ThenRejected<SubmittedOnceAndFirst>();
  Given<LoanApplication>(Submitted())
      .When(To("A_SUBMITTED"))
      .ThenRejected<SubmittedOnceAndFirst>({.activity = "A_SUBMITTED"});
}

TEST(LoanRule1, CountsBeforeRule2) {
  Given<LoanApplication>(Submitted(), Changed("A_DECLINED"))
      .When(Submit())
      .ThenRejected<SubmittedOnceAndFirst>();
}

TEST(LoanRule2, NoStateComesAfterTheEnd) {
  for (const char* end : {"A_DECLINED", "A_CANCELLED"}) {
    const auto closed = Given<LoanApplication>(Submitted(), Changed(end));
    for (const char* state : {"A_ACCEPTED", "A_APPROVED", "A_DECLINED", "A_CANCELLED"}) {
      closed.When(To(state)).ThenRejected<AlreadyClosed>({.activity = state, .state = end});
    }
  }
}

TEST(LoanRule2, OffersAndWorkMayFollowTheEnd) {
  const auto closed = Given<LoanApplication>(Submitted(), Changed("A_CANCELLED"));
  closed.When(Work<ChangeOffer>(5, "O_CANCELLED"))
      .ThenEmits(Make<OfferChanged>({.activity = "O_CANCELLED", .resource = "113", .time_ms = 5}));
  closed.When(Work<StartWork>(5)).ThenEmits(Started(5));
}

TEST(LoanRule2, ApprovalIsNoEnd) {
  Given<LoanApplication>(
      Submitted(),
      Make<ApplicationApproved>({.previous = "A_SUBMITTED", .amount = 5000, .month = "2011-10"}))
      .When(To("A_ACTIVATED"))
      .ThenEmits(Changed("A_ACTIVATED", "A_APPROVED"));
}

TEST(LoanRule3, WorkIsNotStartedTwice) {
  const auto started = Given<LoanApplication>(Submitted(), Started(10));
  started.When(Work<StartWork>(20))
      .ThenRejected<WorkAlreadyStarted>({.item = kItem, .started_ms = 10, .started_by = "113"});
  started.When(Work<StartWork>(20, "W_other"))
      .ThenEmits(Make<WorkStarted>({.item = "W_other", .resource = "113", .time_ms = 20}));
}

TEST(LoanRule3, CompletedWorkMayBeStartedAgain) {
  Given<LoanApplication>(Submitted(), Started(10), Completed(20, 10))
      .When(Work<StartWork>(30))
      .ThenEmits(Started(30));
}

TEST(LoanRule4, OnlyStartedWorkCompletes) {
  Given<LoanApplication>(Submitted())
      .When(Work<CompleteWork>(20))
      .ThenRejected<WorkNotStarted>({.item = kItem});
  Given<LoanApplication>(Submitted(), Scheduled(5))
      .When(Work<CompleteWork>(20))
      .ThenRejected<WorkNotStarted>();
  Given<LoanApplication>(Submitted(), Started(10), Completed(20, 10))
      .When(Work<CompleteWork>(30))
      .ThenRejected<WorkNotStarted>();
  Given<LoanApplication>(Submitted(), Started(10))
      .When(Work<CompleteWork>(20))
      .ThenEmits(Completed(20, 10));
}

// What an event holds that its command did not.

TEST(LoanEvents, SayWhenWorkWasPutOnTheList) {
  Given<LoanApplication>(Submitted(), Scheduled(3), Scheduled(5))
      .When(Work<StartWork>(10))
      .ThenEmits(Started(10, 5));
  // Each time on the list is waited for once.
  Given<LoanApplication>(Submitted(), Scheduled(5), Started(10, 5), Completed(20, 10))
      .When(Work<StartWork>(30))
      .ThenEmits(Started(30));
  // Put on the list again while it is being worked on.
  Given<LoanApplication>(Submitted(), Started(10), Scheduled(15), Completed(20, 10))
      .When(Work<StartWork>(30))
      .ThenEmits(Started(30, 15));
}

TEST(LoanEvents, SayDayAndMonthByTheClockOfTheLog) {
  SubmitApplication late = Submit();
  late.set_time_ms(1'317'422'324'546);  // 2011-09-30T22:38:44Z
  ApplicationSubmitted submitted = Submitted();
  submitted.set_time_ms(late.time_ms());
  Given<LoanApplication>().When(late).ThenEmits(submitted);

  ChangeState approve = To("A_APPROVED");
  approve.set_time_ms(late.time_ms());
  Given<LoanApplication>(Submitted())
      .When(approve)
      .ThenEmits(Make<ApplicationApproved>({.previous = "A_SUBMITTED",
                                            .resource = "112",
                                            .time_ms = late.time_ms(),
                                            .amount = 5000,
                                            .month = "2011-10"}));
}

TEST(LoanState, HoldsOnlyWorkThatIsNotDone) {
  Given<LoanApplication>(Submitted(), Scheduled(5), Started(10, 5), Completed(20, 10))
      .ThenState({.state = "A_SUBMITTED"});
}

TEST(LoanCommands, AreCheckedBeforeTheRules) {
  const auto nothing = Given<LoanApplication>();
  SubmitApplication submit = Submit();
  submit.set_amount(-1);
  nothing.When(submit).ThenInvalid("amount");
  submit = Submit();
  submit.clear_application();
  nothing.When(submit).ThenInvalid("application");
  nothing.When(To("")).ThenInvalid("activity");
}

}  // namespace
}  // namespace loans
