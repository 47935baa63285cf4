// Has an application execute a log.
#ifndef DAYBOOK_EXAMPLES_LOANS_RUN_LOG_H_
#define DAYBOOK_EXAMPLES_LOANS_RUN_LOG_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "daybook/aggregates/app.h"
#include "daybook/core/uuid.h"

namespace loans {

// A log of which every row was read and found to be sound.
struct CheckedLog {
  std::string path;
  uint64_t rows = 0;
  // The correlation id of every command of its run. It comes from the content, gzipped or not: the
  // same log has the same, another one another.
  daybook::Uuid run;
};

// Reads the whole log, so that a mistake anywhere in it is found before anything is done. The
// errors of LogReader, and InvalidArgument (InvalidField "<file>, row <n>, <command>.<field>") for
// a rule of the contract that a row's command breaks.
absl::StatusOr<CheckedLog> CheckLog(const std::string& path);

struct RunOptions {
  // Commands under way at a time; more wait for fewer syncs.
  size_t in_flight = 8192;
  // Where the progress is shown; nullptr: nowhere.
  std::FILE* progress = nullptr;
};

struct RunResult {
  uint64_t rows = 0;
  uint64_t accepted = 0;
  // Of `accepted`, those that an earlier run had executed.
  uint64_t repeated = 0;
  // By rule, 1 first. A retried command is answered with the rejection of its first try, so these
  // are right in a run that goes on, too.
  std::array<uint64_t, 4> rejections{};
  absl::Duration time;
};

// Executes each row as one command, in order for each application, and waits for all. A row's
// command id comes from its number: a log that was run in part or in whole may be run again, and
// ends the same. The replies would be those of another log in a store that holds the run of one:
// InvalidArgument (InvalidField), before anything is executed.
//
// The errors of App::ExecuteAsync but rejections, for the first row that meets one (no row behind
// it is started then). The errors of LogReader, should the file have changed.
absl::StatusOr<RunResult> RunLog(daybook::App& app, const CheckedLog& log,
                                 const RunOptions& options = {});

}  // namespace loans

#endif  // DAYBOOK_EXAMPLES_LOANS_RUN_LOG_H_
