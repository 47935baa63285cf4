// The arguments of the commands that only an application's tool has.
#ifndef DAYBOOK_TOOLS_SRC_APPLICATION_ARGUMENTS_H_
#define DAYBOOK_TOOLS_SRC_APPLICATION_ARGUMENTS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "daybook/core/moment.h"
#include "daybook/projections/view_index.h"

namespace daybook::tools {

struct ExecuteArguments {
  std::string store;
  std::string type;
  std::string command;  // JSON
  std::string id;       // of the command; drawn where the user gave none
  std::string actor;
  bool create = false;  // the store, when it is not there
  bool json = false;
};

// Which rows of a view.
struct RowsArguments {
  std::string prefix;
  std::string from;
  std::optional<std::string> until;
  std::string by;  // an index; empty: by key
  std::vector<std::string> equals;

  // InvalidArgument: what is given does not go together.
  absl::Status Check() const;
  bool any() const { return !prefix.empty() || !from.empty() || until.has_value() || !by.empty(); }
  // What the index is asked for.
  IndexText ByIndex() const;
};

struct QueryArguments {
  std::string store;
  std::string view;
  std::optional<std::string> key;
  RowsArguments rows;
  std::optional<uint64_t> limit;
  bool backwards = false;
  std::optional<std::string> at;
  bool json = false;
};

struct WatchArguments {
  std::string store;
  std::string view;
  RowsArguments rows;
  std::string resume;
  bool json = false;
};

struct StateArguments {
  std::string store;
  std::string stream;
  std::optional<uint64_t> at_version;
  std::optional<std::string> at;
  bool json = false;
};

// A row, VIEW and KEY, or a state, STREAM.
struct SubjectArguments {
  std::string subject;
  std::optional<std::string> key;
};

struct WhyArguments {
  std::string store;
  SubjectArguments of;
  uint64_t last = 1000;
  std::optional<std::string> until;
  bool json = false;
};

struct BisectArguments {
  std::string store;
  SubjectArguments of;
  std::string where;
  bool json = false;
};

struct ViewsArguments {
  std::string store;
  bool json = false;
};

struct DoctorArguments {
  std::string store;
  uint64_t max_lag = 0;
  uint64_t min_free_mib = 1024;
  bool json = false;
};

struct SchemaCheckArguments {
  std::string store;
  bool json = false;
};

struct CatchUpArguments {
  std::string store;
  double timeout_seconds = 3600;
  bool json = false;
};

struct ReplayArguments {
  std::string store;
  std::string view;
  bool compare = false;
  bool cancel = false;
  bool with_parked = false;
  uint64_t workers = 1;
  bool json = false;
};

// Of `parked list`, `show`, `replay` and `drop`.
struct ParkedArguments {
  std::string store;
  std::string view;
  std::optional<std::string> key;
  std::optional<std::string> after;
  uint64_t limit = 100;
  std::optional<uint32_t> generation;  // nullopt: the one that answers
  bool all = false;
  bool json = false;
};

struct RollbackArguments {
  std::string store;
  std::string view;
  bool json = false;
};

// The moment that `text`, the value of `option`, stands for: a position, or a time as RFC 3339 has
// it. InvalidArgument names the option.
absl::StatusOr<LogMoment> MomentArgument(absl::string_view option, const std::string& text);

}  // namespace daybook::tools

#endif  // DAYBOOK_TOOLS_SRC_APPLICATION_ARGUMENTS_H_
