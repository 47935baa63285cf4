// An EventFilter, made ready for one read of the log.
#ifndef DAYBOOK_CORE_SRC_LOG_FILTER_H_
#define DAYBOOK_CORE_SRC_LOG_FILTER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "daybook/core/event_store.h"
#include "format.h"
#include "item_match.h"
#include "kv.h"
#include "names.h"
#include "record.h"

namespace daybook::internal {

// Each name is asked for once. Not thread-safe.
class LogFilter {
 public:
  // The dictionary as a read sees it.
  struct Dictionary {
    Names& names;
    const Kv& kv;
    const KvSnapshot* snapshot;
  };

  // `filter` must outlive it, and what the dictionary is made of. A name that the store does not
  // know matches nothing. DataLoss.
  static absl::StatusOr<LogFilter> Of(const EventFilter& filter, const Dictionary& dictionary);

  absl::StatusOr<bool> Matches(const RecordView& record);

  // Only events that have all tags of one of these sets match; nullopt: others may, too.
  std::optional<std::vector<std::vector<std::string>>> TagSets() const;

 private:
  LogFilter(const EventFilter& filter, const Dictionary& dictionary)
      : filter_(filter), dictionary_(dictionary) {}

  absl::StatusOr<bool> MatchesType(TypeId type);
  absl::StatusOr<bool> MatchesStream(StreamId stream);

  const EventFilter& filter_;
  const Dictionary dictionary_;
  std::vector<uint32_t> categories_;
  std::vector<TypeId> types_;
  std::vector<ItemMatch> items_;  // of the query
  absl::flat_hash_map<TypeId, bool> known_types_;
  absl::flat_hash_map<StreamId, bool> known_streams_;
};

}  // namespace daybook::internal

#endif  // DAYBOOK_CORE_SRC_LOG_FILTER_H_
