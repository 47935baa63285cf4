// The arguments of the commands.
#ifndef DAYBOOK_TOOLS_SRC_ARGUMENTS_H_
#define DAYBOOK_TOOLS_SRC_ARGUMENTS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "daybook/core/position.h"

namespace daybook::tools {

inline constexpr uint64_t kNoLimit = ~uint64_t{0};

struct LsArguments {
  std::string store;
  std::string category;
  std::string prefix;
  std::string after;
  uint64_t limit = kNoLimit;
  bool json = false;
};

struct ReadArguments {
  std::string store;
  std::optional<std::string> stream;  // nullopt: the whole log
  std::optional<uint64_t> from;
  std::optional<std::string> after;
  std::optional<std::string> before;
  uint64_t limit = kNoLimit;
  bool backwards = false;
  std::vector<std::string> categories;
  std::vector<std::string> types;
  std::vector<std::string> tags;
  std::vector<std::string> stream_prefixes;
  std::string stream_pattern;
  std::string type_pattern;
  std::optional<std::string> since;
  bool json = false;
};

struct TailArguments {
  std::string store;
  uint64_t count = 10;
  bool follow = false;
  double interval_seconds = 1.0;
  bool json = false;
};

struct StatsArguments {
  std::string store;
  bool json = false;
};

struct LimitsArguments {
  std::string store;
  std::string stream;
  std::optional<std::string> max_age;
  std::optional<uint64_t> max_count;
  std::optional<uint64_t> truncate_before;
  bool clear = false;
  bool json = false;
};

struct DeleteArguments {
  std::string store;
  std::string stream;
  std::optional<uint64_t> expected;
  bool tombstone = false;
  bool json = false;
};

struct ScavengeArguments {
  std::string store;
  bool no_compact = false;
  bool json = false;
};

struct SchemaArguments {
  std::string store;
  bool json = false;
};

struct VerifyArguments {
  std::string store;
  bool json = false;
};

struct BackupArguments {
  std::string store;
  std::string directory;
  uint64_t keep = 0;  // 0: all
  bool json = false;
};

struct BackupsArguments {
  std::string directory;
  bool json = false;
};

struct RestoreArguments {
  std::string directory;
  std::string store;
  uint64_t number = 0;  // 0: the newest
  bool json = false;
};

struct RehearseArguments {
  std::string directory;
  std::string place;  // empty: within the directory
  uint64_t number = 0;
  bool json = false;
};

struct ExportArguments {
  std::string store;
  bool json = false;  // what is written is JSON in any case
};

struct ImportArguments {
  std::string store;
  bool json = false;
};

struct NewArguments {
  std::string name;
  std::string parent = ".";
};

// What the parser does not know: which options exclude one another, and the form of positions.
// InvalidArgument says which option, and why.
absl::Status CheckArguments(const ReadArguments& arguments);
// The position that `text`, the value of `option`, stands for; `absent` when it was not given.
absl::StatusOr<Position> PositionArgument(absl::string_view option,
                                          const std::optional<std::string>& text, Position absent);

}  // namespace daybook::tools

#endif  // DAYBOOK_TOOLS_SRC_ARGUMENTS_H_
