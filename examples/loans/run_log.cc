#include "run_log.h"

#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "daybook/core/errors.h"
#include "daybook/core/status_macros.h"
#include "input_file.h"
#include "log_reader.h"
#include "progress.h"
#include "step_command.h"
#include "tally.h"

namespace loans {
namespace {

// The rules that the contract has for the fields of the step's command.
absl::Status CheckRules(const Step& step, const std::string& path) {
  const absl::Status status = std::visit(
      []<typename C>(const C& command) { return daybook::MessageTraits<C>::Validate(command); },
      CommandOf(step));
  const auto broken = daybook::ErrorPayload<daybook::v1::InvalidField>(status);
  if (!broken.has_value()) return status;
  return daybook::InvalidFieldError(absl::StrCat(path, ", row ", step.row, ", ", broken->field()),
                                    broken->rule());
}

// An id of what the file holds.
absl::StatusOr<daybook::Uuid> IdOfContent(const std::string& path) {
  DAYBOOK_ASSIGN_OR_RETURN(InputFile file, InputFile::Open(path));
  daybook::Uuid id = daybook::Uuid::Derive("loans.run");
  while (true) {
    DAYBOOK_ASSIGN_OR_RETURN(const absl::string_view bytes, file.Read());
    if (bytes.empty()) return id;
    id = daybook::Uuid::Derive(absl::StrCat(id.bytes(), bytes));
  }
}

// Whatever was executed here before was of this run.
absl::Status CheckRun(const daybook::App& app, const CheckedLog& log) {
  daybook::ReadLogOptions first;
  first.limit = 1;
  DAYBOOK_ASSIGN_OR_RETURN(const daybook::EventBatch batch, app.store().Reader()->ReadLog(first));
  if (batch.empty()) return absl::OkStatus();
  if (batch.front().metadata.correlation_id() == log.run) return absl::OkStatus();
  return daybook::InvalidFieldError(log.path, "this store holds the run of another input");
}

void Start(daybook::App& app, const Step& step, const daybook::Uuid& run, Tally& tally) {
  std::visit(
      [&](auto command) {
        app.ExecuteAsync(std::move(command),
                         {.command_id = CommandIdOf(step.row), .correlation_id = run},
                         [&tally, row = step.row](absl::StatusOr<daybook::Reply> reply) {
                           tally.End(row, reply);
                         });
      },
      CommandOf(step));
}

// Starts the rows of the log one after the other; the number of the last one.
absl::StatusOr<uint64_t> StartAll(daybook::App& app, LogReader reader, const daybook::Uuid& run,
                                  Progress& progress, Tally& tally) {
  Step step;
  while (true) {
    DAYBOOK_ASSIGN_OR_RETURN(const bool any, reader.Next(&step));
    if (!any || !tally.Begin()) return step.row;
    Start(app, step, run, tally);
    progress.At(step.row);
  }
}

}  // namespace

absl::StatusOr<CheckedLog> CheckLog(const std::string& path) {
  DAYBOOK_ASSIGN_OR_RETURN(LogReader reader, LogReader::Open(path));
  Step step;
  while (true) {
    DAYBOOK_ASSIGN_OR_RETURN(const bool any, reader.Next(&step));
    if (!any) break;
    DAYBOOK_RETURN_IF_ERROR(CheckRules(step, path));
  }
  CheckedLog log{.path = path, .rows = step.row};
  DAYBOOK_ASSIGN_OR_RETURN(log.run, IdOfContent(path));
  return log;
}

absl::StatusOr<RunResult> RunLog(daybook::App& app, const CheckedLog& log,
                                 const RunOptions& options) {
  DAYBOOK_RETURN_IF_ERROR(CheckRun(app, log));
  DAYBOOK_ASSIGN_OR_RETURN(LogReader reader, LogReader::Open(log.path));
  Tally tally(options.in_flight);
  Progress progress(options.progress, log.rows);
  const absl::Time begin = absl::Now();
  const absl::StatusOr<uint64_t> started =
      StartAll(app, std::move(reader), log.run, progress, tally);
  // Whatever happened, the replies of what was started are on their way to `tally`.
  absl::StatusOr<RunResult> result = tally.Finish();
  DAYBOOK_RETURN_IF_ERROR(started.status());
  DAYBOOK_RETURN_IF_ERROR(result.status());
  result->rows = *started;
  result->time = absl::Now() - begin;
  progress.Finish(result->rows);
  return result;
}

}  // namespace loans
