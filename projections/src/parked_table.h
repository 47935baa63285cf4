// The rows of the table "$parked": docs/formats/views.md.
#ifndef DAYBOOK_PROJECTIONS_SRC_PARKED_TABLE_H_
#define DAYBOOK_PROJECTIONS_SRC_PARKED_TABLE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "daybook/core/event_store.h"
#include "daybook/core/position.h"
#include "daybook/v1/parked.pb.h"

namespace daybook::internal {

inline constexpr absl::string_view kParkedTable = "$parked";

// What the keys of all entries of a build of a view start with; other kinds of handler have
// prefixes of their own.
std::string ParkedPrefix(absl::string_view view, uint32_t generation);
// The same of the entries of one key; no key's is the beginning of another's.
std::string ParkedKeyPrefix(absl::string_view prefix, absl::string_view key);
// The key of an entry.
std::string ParkedEntryKey(absl::string_view prefix, absl::string_view key, Position position);

struct ParkedEntry {
  std::string key;
  Position position;
  v1::ParkedEvent event;
};
// Of a row of the table under `prefix`. DataLoss.
absl::StatusOr<ParkedEntry> ParseParkedEntry(absl::string_view prefix, absl::string_view row_key,
                                             absl::string_view value);
// The row. `event` without its key.
std::string EncodeParkedEvent(absl::string_view prefix, absl::string_view key,
                              v1::ParkedEvent event);

// The code and the message of `status`, that bounded in length.
void SetFailure(const absl::Status& status, v1::ParkedEvent* event);
// OK where there is no failure.
absl::Status FailureOf(int32_t code, absl::string_view message);

// Calls `visit` with the first entry of each key, or of each after `after`, until it returns false.
// Costs a seek for each.
absl::Status VisitParkedHeads(const StoreReader& reader, TableId table, absl::string_view prefix,
                              const std::optional<std::string>& after,
                              absl::FunctionRef<bool(const ParkedEntry&)> visit);
// Calls `visit` with the entries of a key from `from` on, in order, until it returns false.
absl::Status VisitParkedEntries(const StoreReader& reader, TableId table, absl::string_view prefix,
                                absl::string_view key, Position from,
                                absl::FunctionRef<bool(const ParkedEntry&)> visit);

}  // namespace daybook::internal

#endif  // DAYBOOK_PROJECTIONS_SRC_PARKED_TABLE_H_
