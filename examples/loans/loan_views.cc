#include "loan_views.h"

#include <utility>

namespace loans {
namespace {

std::string Employee(const std::string& resource) {
  return resource.empty() ? std::string(kNobody) : resource;
}

std::vector<std::string> Both(std::string first, std::string second) {
  if (first == second) return {std::move(first)};
  return {std::move(first), std::move(second)};
}

// A change to the same state leaves the row as it is.
void Move(StateCount& row, absl::string_view key, absl::string_view from, absl::string_view to) {
  row.set_applications(row.applications() - (key == from ? 1 : 0) + (key == to ? 1 : 0));
}

}  // namespace

std::string ApplicationsByState::Key(const ApplicationSubmitted&) {
  return "A_SUBMITTED";
}

std::vector<std::string> ApplicationsByState::Key(const StateChanged& event) {
  return Both(event.previous(), event.state());
}

std::vector<std::string> ApplicationsByState::Key(const ApplicationApproved& event) {
  return Both(event.previous(), "A_APPROVED");
}

void ApplicationsByState::On(Row& row, const ApplicationSubmitted&) {
  row.set_applications(row.applications() + 1);
}

void ApplicationsByState::On(Row& row, const StateChanged& event, daybook::EventContext& context) {
  Move(row, context.key(), event.previous(), event.state());
}

void ApplicationsByState::On(Row& row, const ApplicationApproved& event,
                             daybook::EventContext& context) {
  Move(row, context.key(), event.previous(), "A_APPROVED");
}

std::string WorkItemsPerEmployee::Key(const WorkStarted& event) {
  return Employee(event.resource());
}

std::vector<std::string> WorkItemsPerEmployee::Key(const WorkCompleted& event) {
  return Both(Employee(event.started_by()), Employee(event.resource()));
}

void WorkItemsPerEmployee::On(Row& row, const WorkStarted& event) {
  row.set_started(row.started() + 1);
  row.set_open(row.open() + 1);
  if (!event.has_scheduled_ms()) return;
  row.set_waited(row.waited() + 1);
  row.set_waiting_ms(row.waiting_ms() + event.time_ms() - event.scheduled_ms());
}

void WorkItemsPerEmployee::On(Row& row, const WorkCompleted& event,
                              daybook::EventContext& context) {
  if (context.key() == Employee(event.started_by())) row.set_open(row.open() - 1);
  if (context.key() != Employee(event.resource())) return;
  row.set_completed(row.completed() + 1);
  row.set_working_ms(row.working_ms() + event.time_ms() - event.started_ms());
}

void OffersPerApplication::On(Row& row, const OfferChanged& event) {
  const std::string& activity = event.activity();
  row.set_selected(row.selected() + (activity == "O_SELECTED" ? 1 : 0));
  row.set_created(row.created() + (activity == "O_CREATED" ? 1 : 0));
  row.set_sent(row.sent() + (activity == "O_SENT" ? 1 : 0));
  row.set_sent_back(row.sent_back() + (activity == "O_SENT_BACK" ? 1 : 0));
  row.set_accepted(row.accepted() + (activity == "O_ACCEPTED" ? 1 : 0));
  row.set_declined(row.declined() + (activity == "O_DECLINED" ? 1 : 0));
  row.set_cancelled(row.cancelled() + (activity == "O_CANCELLED" ? 1 : 0));
  row.set_last(activity);
}

void DailyIntake::On(Row& row, const ApplicationSubmitted& event) {
  row.set_applications(row.applications() + 1);
  row.set_amount(row.amount() + event.amount());
}

void ApprovedPerMonth::On(Row& row, const ApplicationApproved& event) {
  row.set_applications(row.applications() + 1);
  row.set_amount(row.amount() + event.amount());
}

}  // namespace loans
