#include <algorithm>

#include "absl/strings/str_cat.h"
#include "commands.h"
#include "daybook/core/status_macros.h"
#include "directory_mark.h"
#include "event_text.h"
#include "printable.h"
#include "store_session.h"

namespace daybook::tools {
namespace {

constexpr uint64_t kTailBatchEvents = 1024;

// The position after which the last `count` events stand.
absl::StatusOr<Position> BeforeLast(uint64_t count, const StoreReader& reader) {
  ReadLogOptions options;
  options.direction = Direction::kBackwards;
  options.from = Position::End();
  while (true) {
    // One more than wanted: it is the one that they stand after.
    options.limit = static_cast<size_t>(std::min(count, kTailBatchEvents - 1) + 1);
    DAYBOOK_ASSIGN_OR_RETURN(const EventBatch batch, reader.ReadLog(options));
    if (batch.size() > count) return batch[count].position;
    if (batch.at_end()) return Position::Start();
    count -= batch.size();
    options.from = batch.next();
  }
}

// Prints what stands after *after and moves it there.
absl::Status PrintAfter(Position* after, const StoreSession& session,
                        const TailArguments& arguments, Console& console) {
  ReadLogOptions options;
  while (console.out.good()) {
    options.from = *after;
    DAYBOOK_ASSIGN_OR_RETURN(const EventBatch batch, session.reader->ReadLog(options));
    for (const RecordedEvent& event : batch) {
      console.out << (arguments.json ? EventJson(event, *session.catalog)
                                     : EventText(event, *session.catalog));
    }
    *after = batch.next();
    if (batch.at_end()) break;
  }
  console.out.flush();
  return absl::OkStatus();
}

ExitCode FollowRunning(Position after, const TailArguments& arguments, Console& console) {
  while (console.out.good() && console.wait(absl::Seconds(arguments.interval_seconds))) {
    const absl::StatusOr<StoreSession> session = OpenSession(arguments.store, console);
    if (!session.ok()) return Fail(console, session.status());
    const absl::Status status = PrintAfter(&after, *session, arguments, console);
    if (!status.ok()) return Fail(console, status);
  }
  return kSound;
}

// A store that is opened for reading does not move, and keeps others out. So between two looks it
// is closed, and it is opened again only after its files have changed.
ExitCode Follow(Position after, DirectoryMark mark, const TailArguments& arguments,
                Console& console) {
  bool told_in_use = false;
  while (console.out.good() && console.wait(absl::Seconds(arguments.interval_seconds))) {
    DirectoryMark now = MarkDirectory(arguments.store);
    if (now == mark) continue;
    const absl::StatusOr<StoreSession> session = OpenSession(arguments.store, console);
    if (absl::IsUnavailable(session.status())) {
      if (!told_in_use) {
        console.err << console.program << ": " << Printable(arguments.store)
                    << " is in use: its events follow when the application closes it\n";
      }
      told_in_use = true;
      continue;
    }
    if (!session.ok()) return FailToOpen(console, arguments.store, session.status());
    const absl::Status status = PrintAfter(&after, *session, arguments, console);
    if (!status.ok()) return Fail(console, status);
    told_in_use = false;
    mark = std::move(now);
  }
  return kSound;
}

}  // namespace

ExitCode Tail(const TailArguments& arguments, Console& console) {
  DirectoryMark mark = MarkDirectory(arguments.store);
  Position after;
  {
    const absl::StatusOr<StoreSession> session = OpenSession(arguments.store, console);
    if (!session.ok()) return FailToOpen(console, arguments.store, session.status());
    const absl::StatusOr<Position> start = BeforeLast(arguments.count, *session->reader);
    if (!start.ok()) return Fail(console, start.status());
    after = *start;
    const absl::Status status = PrintAfter(&after, *session, arguments, console);
    if (!status.ok()) return Fail(console, status);
  }
  if (!arguments.follow) return kSound;
  return console.running != nullptr ? FollowRunning(after, arguments, console)
                                    : Follow(after, std::move(mark), arguments, console);
}

}  // namespace daybook::tools
