#include <memory>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "application/commands.h"
#include "application/message_text.h"
#include "daybook/core/status_macros.h"
#include "daybook/projections/live_query.h"
#include "printable.h"
#include "store_session.h"

namespace daybook::tools {
namespace {

// How soon it is noticed that nobody wants the answer any more.
constexpr absl::Duration kPatience = absl::Milliseconds(200);

// Prints the batches of one view.
class BatchPrinter {
 public:
  BatchPrinter(const ProjectionDefinition& view, bool json, Console& console)
      : view_(view), json_(json), console_(console) {}

  // The next one, if there is one soon.
  absl::Status PrintNext(LiveRows& rows) {
    std::string lines;
    const absl::StatusOr<LiveBatch> batch =
        rows.Next(kPatience, [&](absl::string_view key, std::optional<absl::string_view> row) {
          return AddRow(key, row, &lines);
        });
    if (!batch.ok()) return batch.status();
    if (batch->reset) console_.out << (json_ ? "{\"reset\":true}\n" : "-- all rows\n");
    console_.out << lines;
    if (batch->complete && (batch->reset || !lines.empty() || open_)) {
      if (json_) {
        console_.out << JsonLine(
            {{"position", batch->position.sequence()}, {"resume", batch->resume}});
      } else {
        console_.out << "-- position " << batch->position.ToString() << "\n";
      }
    }
    open_ = !batch->complete;
    console_.out.flush();
    return absl::OkStatus();
  }

 private:
  absl::Status AddRow(absl::string_view key, std::optional<absl::string_view> bytes,
                      std::string* lines) const {
    nlohmann::ordered_json row;  // null
    if (bytes.has_value()) {
      DAYBOOK_ASSIGN_OR_RETURN(row, StoredRowJson(view_, key, *bytes));
    }
    if (json_) {
      absl::StrAppend(lines, JsonLine({{"key", std::string(key)}, {"row", std::move(row)}}));
    } else {
      absl::StrAppend(lines, Printable(key), "  ",
                      bytes.has_value() ? JsonLine(row) : std::string("deleted\n"));
    }
    return absl::OkStatus();
  }

  const ProjectionDefinition& view_;
  const bool json_;
  Console& console_;
  bool open_ = false;  // the last batch was not complete
};

// Nothing changes in a store that nobody has open.
ExitCode FailToWatch(const std::string& store, Console& console) {
  const absl::StatusOr<StoreSession> session = OpenSession(store, console);
  if (!session.ok()) return FailToOpen(console, store, session.status());
  return Fail(console, absl::FailedPreconditionError(absl::StrCat(
                           "no application that answers the tools has ", Printable(store),
                           " open, so no row changes: `query` prints those that are stored")));
}

absl::StatusOr<std::unique_ptr<LiveRows>> RowsOf(const WatchArguments& arguments,
                                                 const ProjectionEngine& views) {
  const RowsArguments& rows = arguments.rows;
  if (rows.by.empty()) {
    return views.Watch(arguments.view, {.from = rows.from,
                                        .until = rows.until,
                                        .prefix = rows.prefix,
                                        .resume = arguments.resume});
  }
  return views.Watch(arguments.view, rows.ByIndex(), {.resume = arguments.resume});
}

}  // namespace

ExitCode Watch(const Application& application, const WatchArguments& arguments, Console& console) {
  if (const absl::Status usage = arguments.rows.Check(); !usage.ok()) return Fail(console, usage);
  const auto view = application.FindView(arguments.view);
  if (!view.ok()) return Fail(console, view.status());
  if (application.running() == nullptr) return FailToWatch(arguments.store, console);
  const auto rows = RowsOf(arguments, application.running()->views());
  if (!rows.ok()) return Fail(console, rows.status());
  BatchPrinter printer(**view, arguments.json, console);
  while (console.out.good() && console.wait(absl::ZeroDuration())) {
    if (const absl::Status status = printer.PrintNext(**rows); !status.ok()) {
      return Fail(console, status);
    }
  }
  return kSound;
}

}  // namespace daybook::tools
