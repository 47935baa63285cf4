#include <algorithm>

#include "absl/algorithm/container.h"
#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "commands.h"
#include "daybook/core/moment.h"
#include "daybook/core/status_macros.h"
#include "event_text.h"
#include "pattern.h"
#include "store_session.h"
#include "time_argument.h"

namespace daybook::tools {
namespace {

constexpr size_t kBatchEvents = 1024;

// Returns false to end the read.
using Visit = absl::FunctionRef<bool(const RecordedEvent&)>;

size_t BatchLimit(uint64_t left) {
  return static_cast<size_t>(std::min<uint64_t>(left, kBatchEvents));
}

absl::StatusOr<EventFilter> FilterOf(const ReadArguments& arguments) {
  EventFilter filter{.categories = arguments.categories,
                     .types = arguments.types,
                     .tags = arguments.tags,
                     .stream_prefixes = arguments.stream_prefixes};
  if (!arguments.stream_pattern.empty()) {
    DAYBOOK_ASSIGN_OR_RETURN(filter.stream_matches,
                             PatternArgument("--stream-pattern", arguments.stream_pattern));
  }
  if (!arguments.type_pattern.empty()) {
    DAYBOOK_ASSIGN_OR_RETURN(filter.type_matches,
                             PatternArgument("--type-pattern", arguments.type_pattern));
  }
  return filter;
}

absl::Status ReadWholeLog(const ReadArguments& arguments, const StoreReader& reader, Visit visit) {
  ReadLogOptions options;
  options.direction = arguments.backwards ? Direction::kBackwards : Direction::kForwards;
  DAYBOOK_ASSIGN_OR_RETURN(options.from,
                           arguments.backwards
                               ? PositionArgument("--before", arguments.before, Position::End())
                               : PositionArgument("--after", arguments.after, Position::Start()));
  if (arguments.since.has_value()) {
    DAYBOOK_ASSIGN_OR_RETURN(const absl::Time since, TimeArgument("--since", *arguments.since));
    DAYBOOK_ASSIGN_OR_RETURN(options.from, PositionBefore(reader, since));
  }
  DAYBOOK_ASSIGN_OR_RETURN(options.filter, FilterOf(arguments));
  options.limit = BatchLimit(arguments.limit);
  while (true) {
    DAYBOOK_ASSIGN_OR_RETURN(const EventBatch batch, reader.ReadLog(options));
    for (const RecordedEvent& event : batch) {
      if (!visit(event)) return absl::OkStatus();
    }
    if (batch.at_end()) return absl::OkStatus();
    options.from = batch.next();
  }
}

absl::Status ReadOneStream(const ReadArguments& arguments, const StoreReader& reader, Visit visit) {
  DAYBOOK_ASSIGN_OR_RETURN(const EventFilter filter, FilterOf(arguments));
  const auto is_wanted = [&](const RecordedEvent& event) {
    const auto has = [&event](const std::string& tag) { return event.metadata.HasTag(tag); };
    return (filter.types.empty() || absl::c_linear_search(filter.types, event.type)) &&
           (filter.type_matches == nullptr || filter.type_matches(event.type)) &&
           absl::c_all_of(filter.tags, has);
  };
  ReadStreamOptions options;
  options.direction = arguments.backwards ? Direction::kBackwards : Direction::kForwards;
  options.from = arguments.from;
  const bool all = filter.types.empty() && filter.tags.empty() && filter.type_matches == nullptr;
  options.limit = all ? BatchLimit(arguments.limit) : kBatchEvents;
  while (true) {
    DAYBOOK_ASSIGN_OR_RETURN(const EventBatch batch, reader.ReadStream(*arguments.stream, options));
    for (const RecordedEvent& event : batch) {
      if (is_wanted(event) && !visit(event)) return absl::OkStatus();
    }
    if (batch.at_end() || batch.empty()) return absl::OkStatus();
    const uint64_t last = batch.back().version;
    options.from = arguments.backwards ? last - 1 : last + 1;
  }
}

}  // namespace

ExitCode Read(const ReadArguments& arguments, Console& console) {
  const absl::Status usage = CheckArguments(arguments);
  if (!usage.ok()) return Fail(console, kUsage, usage.message());
  const absl::StatusOr<StoreSession> session = OpenSession(arguments.store, console);
  if (!session.ok()) return FailToOpen(console, arguments.store, session.status());
  uint64_t left = arguments.limit;
  const auto print = [&](const RecordedEvent& event) {
    console.out << (arguments.json ? EventJson(event, *session->catalog)
                                   : EventText(event, *session->catalog));
    return --left > 0 && console.out.good();
  };
  const absl::Status status = arguments.stream.has_value()
                                  ? ReadOneStream(arguments, *session->reader, print)
                                  : ReadWholeLog(arguments, *session->reader, print);
  return status.ok() ? kSound : Fail(console, status);
}

}  // namespace daybook::tools
