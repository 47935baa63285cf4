#include "live_view.h"

#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "daybook/core/errors.h"
#include "daybook/core/runtime.h"
#include "daybook/core/status_macros.h"
#include "daybook/projections/row_history.h"

namespace daybook::internal {
namespace {

absl::Status AwaitTip(EventStore& store, TipWaiters& tip_waiters, Position position,
                      absl::Duration timeout) {
  if (position <= store.Tip()) return absl::OkStatus();
  const auto latch = std::make_shared<Latch>();
  tip_waiters.WhenPast(Position(position.sequence() - 1, position.partition()), latch);
  const bool in_time = store.runtime().Await(*latch, timeout);
  latch->Open();
  const Position tip = store.Tip();
  if (position <= tip) return absl::OkStatus();
  const std::string where =
      absl::StrCat("the log ends at position ", tip.ToString(), ", not at ", position.ToString());
  if (in_time) return absl::UnavailableError(absl::StrCat("the store closed, and ", where));
  return absl::DeadlineExceededError(
      absl::StrCat(where, ", after ", absl::FormatDuration(timeout)));
}

}  // namespace

absl::StatusOr<std::string> GetLiveRow(EventStore& store, TipWaiters& tip_waiters,
                                       const ProjectionDefinition& projection,
                                       absl::string_view key, const GetOptions& options) {
  DAYBOOK_RETURN_IF_ERROR(
      AwaitTip(store, tip_waiters, options.at_least.value_or(Token()).position(), options.timeout));
  const std::shared_ptr<const StoreReader> reader = store.Reader();
  DAYBOOK_ASSIGN_OR_RETURN(std::optional<std::string> row,
                           RowAt(*reader, projection, key, reader->tip()));
  if (!row.has_value()) return NoRow(projection.name(), key);
  return *std::move(row);
}

ViewStatus LiveStatus(const EventStore& store, const ProjectionDefinition& projection) {
  ViewStatus status;
  status.name = projection.name();
  status.lifecycle = Lifecycle::kLive;
  status.state = ViewState::kLive;
  status.checkpoint = store.Tip();
  return status;
}

absl::Status NoStoredRows(absl::string_view view) {
  return InvalidFieldError(
      "view", absl::StrCat("one with stored rows: ", view, " is live, so there is Get alone"));
}

}  // namespace daybook::internal
