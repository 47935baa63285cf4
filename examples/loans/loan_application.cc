#include "loan_application.h"

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "local_calendar.h"

namespace loans {
namespace {

using daybook::Emit;
using daybook::Reject;

constexpr absl::string_view kSubmitted = "A_SUBMITTED";
constexpr absl::string_view kApproved = "A_APPROVED";

bool IsSubmitted(const LoanApplicationState& state) {
  return !state.state().empty();
}

bool IsClosed(const LoanApplicationState& state) {
  return state.state() == "A_DECLINED" || state.state() == "A_CANCELLED";
}

// A handful at most: a search is quicker than an index.
int FindWork(const LoanApplicationState& state, const std::string& name) {
  int i = 0;
  while (i < state.work_items_size() && state.work_items(i).name() != name) ++i;
  return i;
}

const WorkItem& WorkOrNone(const LoanApplicationState& state, const std::string& name) {
  const int i = FindWork(state, name);
  return i < state.work_items_size() ? state.work_items(i) : WorkItem::default_instance();
}

WorkItem& WorkOrNew(LoanApplicationState& state, const std::string& name) {
  const int i = FindWork(state, name);
  if (i < state.work_items_size()) return *state.mutable_work_items(i);
  WorkItem* item = state.add_work_items();
  item->set_name(name);
  return *item;
}

}  // namespace

LoanApplication::Decision LoanApplication::Decide(const State& state,
                                                  const SubmitApplication& command) {
  if (IsSubmitted(state)) {
    return Reject<SubmittedOnceAndFirst>({.activity = std::string(kSubmitted)});
  }
  return Emit<ApplicationSubmitted>(
      {.resource = command.resource(),
       .time_ms = command.time_ms(),
       .amount = command.amount(),
       .day = LocalDay(command.time_ms(), command.utc_offset_minutes())});
}

LoanApplication::Decision LoanApplication::Decide(const State& state, const ChangeState& command) {
  if (!IsSubmitted(state) || command.activity() == kSubmitted) {
    return Reject<SubmittedOnceAndFirst>({.activity = command.activity()});
  }
  if (IsClosed(state)) {
    return Reject<AlreadyClosed>({.activity = command.activity(), .state = state.state()});
  }
  if (command.activity() == kApproved) {
    return Emit<ApplicationApproved>(
        {.previous = state.state(),
         .resource = command.resource(),
         .time_ms = command.time_ms(),
         .amount = command.amount(),
         .month = LocalMonth(command.time_ms(), command.utc_offset_minutes())});
  }
  return Emit<StateChanged>({.state = command.activity(),
                             .previous = state.state(),
                             .resource = command.resource(),
                             .time_ms = command.time_ms()});
}

LoanApplication::Decision LoanApplication::Decide(const State& state, const ChangeOffer& command) {
  if (!IsSubmitted(state)) {
    return Reject<SubmittedOnceAndFirst>({.activity = command.activity()});
  }
  return Emit<OfferChanged>({.activity = command.activity(),
                             .resource = command.resource(),
                             .time_ms = command.time_ms()});
}

LoanApplication::Decision LoanApplication::Decide(const State& state, const ScheduleWork& command) {
  if (!IsSubmitted(state)) {
    return Reject<SubmittedOnceAndFirst>({.activity = command.activity()});
  }
  return Emit<WorkScheduled>(
      {.item = command.activity(), .resource = command.resource(), .time_ms = command.time_ms()});
}

LoanApplication::Decision LoanApplication::Decide(const State& state, const StartWork& command) {
  if (!IsSubmitted(state)) {
    return Reject<SubmittedOnceAndFirst>({.activity = command.activity()});
  }
  const WorkItem& item = WorkOrNone(state, command.activity());
  if (item.has_started_ms()) {
    return Reject<WorkAlreadyStarted>({.item = command.activity(),
                                       .started_ms = item.started_ms(),
                                       .started_by = item.started_by()});
  }
  return Emit<WorkStarted>({.item = command.activity(),
                            .resource = command.resource(),
                            .time_ms = command.time_ms(),
                            .scheduled_ms = item.has_scheduled_ms()
                                                ? std::optional<int64_t>(item.scheduled_ms())
                                                : std::nullopt});
}

LoanApplication::Decision LoanApplication::Decide(const State& state, const CompleteWork& command) {
  if (!IsSubmitted(state)) {
    return Reject<SubmittedOnceAndFirst>({.activity = command.activity()});
  }
  const WorkItem& item = WorkOrNone(state, command.activity());
  if (!item.has_started_ms()) return Reject<WorkNotStarted>({.item = command.activity()});
  return Emit<WorkCompleted>({.item = command.activity(),
                              .resource = command.resource(),
                              .time_ms = command.time_ms(),
                              .started_ms = item.started_ms(),
                              .started_by = item.started_by()});
}

void LoanApplication::Evolve(State& state, const ApplicationSubmitted&) noexcept {
  state.set_state(std::string(kSubmitted));
}

void LoanApplication::Evolve(State& state, const StateChanged& event) noexcept {
  state.set_state(event.state());
}

void LoanApplication::Evolve(State& state, const ApplicationApproved&) noexcept {
  state.set_state(std::string(kApproved));
}

void LoanApplication::Evolve(State&, const OfferChanged&) noexcept {}  // no rule asks for offers

void LoanApplication::Evolve(State& state, const WorkScheduled& event) noexcept {
  WorkOrNew(state, event.item()).set_scheduled_ms(event.time_ms());
}

void LoanApplication::Evolve(State& state, const WorkStarted& event) noexcept {
  WorkItem& item = WorkOrNew(state, event.item());
  item.clear_scheduled_ms();
  item.set_started_ms(event.time_ms());
  item.set_started_by(event.resource());
}

void LoanApplication::Evolve(State& state, const WorkCompleted& event) noexcept {
  const int i = FindWork(state, event.item());
  if (i == state.work_items_size()) return;
  WorkItem* item = state.mutable_work_items(i);
  item->clear_started_ms();
  item->clear_started_by();
  // It may have been put on the list again while it was being worked on.
  if (!item->has_scheduled_ms()) state.mutable_work_items()->DeleteSubrange(i, 1);
}

}  // namespace loans
