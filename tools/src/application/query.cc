#include <algorithm>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "application/commands.h"
#include "application/message_text.h"
#include "daybook/core/status_macros.h"
#include "daybook/projections/row_history.h"
#include "daybook/projections/stored_view.h"
#include "printable.h"
#include "store_session.h"

namespace daybook::tools {
namespace {

absl::Status CheckArguments(const QueryArguments& arguments) {
  if (arguments.key.has_value() &&
      (arguments.rows.any() || arguments.limit.has_value() || arguments.backwards)) {
    return absl::InvalidArgumentError(
        "KEY names one row: --prefix, --from, --until, --by, --limit and --backwards choose among "
        "all of them");
  }
  if (!arguments.rows.by.empty() && arguments.at.has_value()) {
    return absl::InvalidArgumentError("--by goes by an index as it is stored: not with --at");
  }
  return arguments.rows.Check();
}

// Prints the rows of one view.
class RowPrinter {
 public:
  RowPrinter(const QueryArguments& arguments, const ProjectionDefinition& view, Console& console)
      : arguments_(arguments),
        view_(view),
        console_(console),
        left_(arguments.limit.value_or(~0)) {}

  bool Wants(absl::string_view key) const {
    return key >= arguments_.rows.from && absl::StartsWith(key, arguments_.rows.prefix) &&
           (!arguments_.rows.until.has_value() || key < *arguments_.rows.until);
  }
  // Returns false when no more are to come.
  absl::StatusOr<bool> Print(absl::string_view key, absl::string_view bytes) {
    DAYBOOK_ASSIGN_OR_RETURN(nlohmann::ordered_json row, StoredRowJson(view_, key, bytes));
    if (arguments_.json) {
      console_.out << JsonLine({{"key", std::string(key)}, {"row", std::move(row)}});
    } else {
      console_.out << Printable(key) << "  " << JsonLine(row);
    }
    return --left_ > 0 && console_.out.good();
  }

 private:
  const QueryArguments& arguments_;
  const ProjectionDefinition& view_;
  Console& console_;
  uint64_t left_;
};

absl::Status PrintAt(const LogMoment& moment, const QueryArguments& arguments,
                     const ProjectionDefinition& view, const StoreReader& reader,
                     RowPrinter& printer) {
  DAYBOOK_ASSIGN_OR_RETURN(const Position position, PositionOf(reader, moment));
  if (arguments.key.has_value()) {
    DAYBOOK_ASSIGN_OR_RETURN(const auto row, RowAt(reader, view, *arguments.key, position));
    if (!row.has_value()) return internal::NoRowAt(view.name(), *arguments.key, position);
    return printer.Print(*arguments.key, *row).status();
  }
  DAYBOOK_ASSIGN_OR_RETURN(const auto rows, RowsAt(reader, view, position));
  const auto print = [&printer](auto at, auto end) -> absl::Status {
    for (; at != end; ++at) {
      if (!printer.Wants(at->first)) continue;
      DAYBOOK_ASSIGN_OR_RETURN(const bool more, printer.Print(at->first, at->second));
      if (!more) break;
    }
    return absl::OkStatus();
  };
  return arguments.backwards ? print(rows.rbegin(), rows.rend()) : print(rows.begin(), rows.end());
}

absl::Status PrintStored(const QueryArguments& arguments, const ProjectionDefinition& view,
                         const StoreSession& session, RowPrinter& printer, Console& console) {
  DAYBOOK_ASSIGN_OR_RETURN(const StoredView stored,
                           FindStoredView(*session.store, *session.reader, view));
  if (!stored.current || !stored.rows.has_value()) {
    return absl::FailedPreconditionError(
        absl::StrCat("view ", view.name(), " is not built",
                     stored.generation == 0 ? "" : " by today's definition",
                     " yet: catch-up builds it, and --at asks the log instead"));
  }
  DAYBOOK_ASSIGN_OR_RETURN(const PendingEvents pending,
                           TryPendingEvents(*session.reader, view, stored, /*max_events=*/1));
  if (pending.events > 0) {
    console.err << console.program << ": view " << view.name()
                << " is behind the log: these are its rows at position "
                << stored.checkpoint.ToString() << "\n";
  }
  if (stored.failures.parked_keys > 0) {
    console.err << console.program << ": view " << view.name() << ": "
                << stored.failures.parked_keys
                << " keys are parked, whose rows lack events: `parked list " << view.name()
                << "` lists them\n";
  }
  if (arguments.key.has_value()) {
    DAYBOOK_ASSIGN_OR_RETURN(const auto row, session.reader->GetRow(*stored.rows, *arguments.key));
    if (!row.has_value()) return internal::NoRow(view.name(), *arguments.key);
    return printer.Print(*arguments.key, *row).status();
  }
  const Direction direction = arguments.backwards ? Direction::kBackwards : Direction::kForwards;
  absl::Status printed;
  const auto print = [&](absl::string_view key, absl::string_view row) {
    const absl::StatusOr<bool> more = printer.Print(key, row);
    printed = more.status();
    return more.value_or(false);
  };
  if (!arguments.rows.by.empty()) {
    DAYBOOK_RETURN_IF_ERROR(
        ScanStoredIndex(*session.reader, view, stored, arguments.rows.ByIndex(), direction, print));
    return printed;
  }
  const RangeOptions range{.from = arguments.rows.from,
                           .until = arguments.rows.until,
                           .prefix = arguments.rows.prefix,
                           .direction = direction};
  DAYBOOK_RETURN_IF_ERROR(ScanStoredRows(*session.reader, stored, range, print));
  return printed;
}

absl::Status RunQuery(const QueryArguments& arguments, const StoreSession& session,
                      const ProjectionDefinition& view, bool live, Console& console) {
  RowPrinter printer(arguments, view, console);
  if (live && !arguments.rows.by.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--by goes by an index as it is stored, and view ", view.name(), " is live"));
  }
  if (!arguments.at.has_value() && !live) {
    return PrintStored(arguments, view, session, printer, console);
  }
  LogMoment moment = session.reader->tip();
  if (arguments.at.has_value()) {
    DAYBOOK_ASSIGN_OR_RETURN(moment, MomentArgument("--at", *arguments.at));
  }
  return PrintAt(moment, arguments, view, *session.reader, printer);
}

}  // namespace

ExitCode Query(const Application& application, const QueryArguments& arguments, Console& console) {
  if (const absl::Status usage = CheckArguments(arguments); !usage.ok()) {
    return Fail(console, usage);
  }
  const auto view = application.FindView(arguments.view);
  if (!view.ok()) return Fail(console, view.status());
  const absl::StatusOr<StoreSession> session = OpenSession(arguments.store, console);
  if (!session.ok()) return FailToOpen(console, arguments.store, session.status());
  const absl::Status status =
      RunQuery(arguments, *session, **view, application.IsLive(**view), console);
  return status.ok() ? kSound : Fail(console, status);
}

}  // namespace daybook::tools
