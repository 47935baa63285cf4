// limits and delete: what becomes of a stream.
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "commands.h"
#include "daybook/core/status_macros.h"
#include "daybook/core/stream_metadata.h"
#include "daybook/core/stream_name.h"
#include "nlohmann/json.hpp"
#include "printable.h"
#include "store_session.h"
#include "written_store.h"

namespace daybook::tools {
namespace {

using nlohmann::ordered_json;

// Of the stream as it is now. `last` and `first` are null where it is not there.
absl::StatusOr<ordered_json> LimitsJson(const StoreReader& reader, const std::string& stream) {
  DAYBOOK_ASSIGN_OR_RETURN(const StreamLimits limits, ReadStreamLimits(reader, stream));
  DAYBOOK_ASSIGN_OR_RETURN(const std::optional<uint64_t> last, reader.StreamVersion(stream));
  DAYBOOK_ASSIGN_OR_RETURN(const StreamStart start, reader.FindStart(stream));
  ordered_json json = {{"stream", stream}};
  json["max_age"] = limits.max_age.has_value() ? ordered_json(absl::FormatDuration(*limits.max_age))
                                               : ordered_json(nullptr);
  const auto number = [](const std::optional<uint64_t>& value) {
    return value.has_value() ? ordered_json(*value) : ordered_json(nullptr);
  };
  json["max_count"] = number(limits.max_count);
  json["truncate_before"] = number(limits.truncate_before);
  json["first"] = last.has_value() ? ordered_json(start.first) : ordered_json(nullptr);
  json["last"] = number(last);
  return json;
}

ExitCode Tell(const ordered_json& line, bool json, Console& console) {
  if (json) {
    console.out << JsonLine(line);
    return kSound;
  }
  std::string text;
  for (const auto& [name, value] : line.items()) {
    absl::StrAppend(&text, text.empty() ? "" : "  ", name, " ",
                    value.is_null()     ? "none"
                    : value.is_string() ? Printable(value.get<std::string>())
                                        : value.dump());
  }
  console.out << text << "\n";
  return kSound;
}

// nullopt: the options ask for nothing to be set.
absl::StatusOr<std::optional<StreamLimits>> LimitsOf(const LimitsArguments& arguments) {
  StreamLimits limits;
  limits.max_count = arguments.max_count;
  limits.truncate_before = arguments.truncate_before;
  const bool sets = arguments.max_count.has_value() || arguments.truncate_before.has_value() ||
                    arguments.max_age.has_value();
  if (arguments.max_age.has_value()) {
    absl::Duration age;
    if (!absl::ParseDuration(*arguments.max_age, &age)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "--max-age: a duration such as 90s, 36h or 720h, not '", *arguments.max_age, "'"));
    }
    limits.max_age = age;
  }
  if (sets && arguments.clear) {
    return absl::InvalidArgumentError("--clear: not with a limit that is to be set");
  }
  if (!sets && !arguments.clear) return std::nullopt;
  return limits;
}

}  // namespace

ExitCode Limits(const LimitsArguments& arguments, Console& console) {
  const absl::Status name = ValidateStreamName(arguments.stream, "STREAM");
  if (!name.ok()) return Fail(console, name);
  const absl::StatusOr<std::optional<StreamLimits>> limits = LimitsOf(arguments);
  if (!limits.ok()) return Fail(console, limits.status());
  absl::StatusOr<ordered_json> line;
  if (limits->has_value()) {
    const absl::StatusOr<WrittenStore> store = OpenToWrite(arguments.store, console);
    if (!store.ok()) return FailToOpen(console, arguments.store, store.status());
    const absl::Status set = SetStreamLimits(*store->store, arguments.stream, **limits).status();
    if (!set.ok()) return Fail(console, set);
    line = LimitsJson(*store->store->Reader(), arguments.stream);
  } else {
    const absl::StatusOr<StoreSession> session = OpenSession(arguments.store, console);
    if (!session.ok()) return FailToOpen(console, arguments.store, session.status());
    line = LimitsJson(*session->reader, arguments.stream);
  }
  if (!line.ok()) return Fail(console, line.status());
  return Tell(*line, arguments.json, console);
}

ExitCode Delete(const DeleteArguments& arguments, Console& console) {
  const absl::StatusOr<WrittenStore> store = OpenToWrite(arguments.store, console);
  if (!store.ok()) return FailToOpen(console, arguments.store, store.status());
  const ExpectedVersion expected = arguments.expected.has_value()
                                       ? ExpectedVersion::Exactly(*arguments.expected)
                                       : ExpectedVersion::Any();
  const absl::StatusOr<AppendResult> result =
      arguments.tombstone ? TombstoneStream(*store->store, arguments.stream, expected)
                          : DeleteStream(*store->store, arguments.stream, expected);
  if (!result.ok()) return Fail(console, result.status());
  return Tell({{"stream", arguments.stream},
               {"deleted", arguments.tombstone ? "for good" : "until it is appended to"},
               {"position", result->last.ToString()}},
              arguments.json, console);
}

}  // namespace daybook::tools
