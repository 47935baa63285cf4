#include "arguments.h"

#include "absl/strings/str_cat.h"
#include "daybook/core/status_macros.h"

namespace daybook::tools {

absl::StatusOr<Position> PositionArgument(absl::string_view option,
                                          const std::optional<std::string>& text, Position absent) {
  if (!text.has_value()) return absent;
  absl::StatusOr<Position> position = Position::Parse(*text);
  if (!position.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(option, " takes a position, a number: not '", *text, "'"));
  }
  return position;
}

absl::Status CheckArguments(const ReadArguments& arguments) {
  DAYBOOK_RETURN_IF_ERROR(PositionArgument("--after", arguments.after, {}).status());
  DAYBOOK_RETURN_IF_ERROR(PositionArgument("--before", arguments.before, {}).status());
  if (arguments.stream.has_value()) {
    if (arguments.after.has_value() || arguments.before.has_value()) {
      return absl::InvalidArgumentError(
          "--after and --before are positions of the log: within a stream, use --from VERSION");
    }
    if (arguments.since.has_value()) {
      return absl::InvalidArgumentError("--since begins in the log: leave it out with STREAM");
    }
    if (!arguments.categories.empty() || !arguments.stream_prefixes.empty() ||
        !arguments.stream_pattern.empty()) {
      return absl::InvalidArgumentError(
          "--category, --stream-prefix and --stream-pattern choose streams: leave them out with "
          "STREAM");
    }
    return absl::OkStatus();
  }
  if (arguments.from.has_value()) {
    return absl::InvalidArgumentError(
        "--from is a version within STREAM: in the log, use --after or --before POSITION");
  }
  if (arguments.backwards ? arguments.after.has_value() : arguments.before.has_value()) {
    return absl::InvalidArgumentError(
        "--after is where a read forwards starts, --before where one --backwards does");
  }
  if (arguments.since.has_value() && (arguments.backwards || arguments.after.has_value())) {
    return absl::InvalidArgumentError(
        "--since is where a read forwards starts: neither with --backwards nor with --after");
  }
  return absl::OkStatus();
}

}  // namespace daybook::tools
