#include "reply_sweep.h"

#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "daybook/core/errors.h"
#include "daybook/core/status_macros.h"

namespace daybook::internal {

absl::StatusOr<std::unique_ptr<ReplySweep>> ReplySweep::Open(EventStore* store, TableId replies,
                                                             Clock* clock,
                                                             absl::Duration retention) {
  DAYBOOK_ASSIGN_OR_RETURN(const TableId cursor, store->OpenTable("$reply-sweep"));
  return std::unique_ptr<ReplySweep>(new ReplySweep(cursor, replies, clock, retention));
}

absl::StatusOr<std::optional<Commit>> ReplySweep::Next(const StoreReader& reader) {
  const absl::Time begin = clock_->Now() - retention_;  // of the window
  if (next_ >= begin) return std::nullopt;
  DAYBOOK_ASSIGN_OR_RETURN(const std::optional<std::string> row, reader.GetRow(cursor_, ""));
  uint64_t reached = 0;
  if (row.has_value() && !absl::SimpleAtoi(*row, &reached)) {
    return DamageError("row", Position(), "the position that replies are removed up to is none");
  }
  ReadLogOptions options;
  options.from = Position(reached);
  options.limit = kEvents;
  DAYBOOK_ASSIGN_OR_RETURN(const EventBatch batch, reader.ReadLog(options));
  Commit commit;
  for (const RecordedEvent& event : batch) {
    if (event.recorded_time >= begin) {
      next_ = event.recorded_time;
      break;
    }
    reached = event.position.sequence();
    const CommandId id = event.metadata.command_id();
    if (!id.is_nil() && event.id == id.Derive(0)) {
      commit.writes.push_back({replies_, std::string(id.bytes()), std::nullopt});
    }
  }
  if (Position(reached) == options.from) return std::nullopt;
  commit.writes.push_back({cursor_, "", absl::StrCat(reached)});
  return commit;
}

}  // namespace daybook::internal
