// Turns commits into writes, one after the other: what they expect is checked against the newest
// heads, positions and versions are given, and everything joins one batch (G3).
#ifndef DAYBOOK_CORE_SRC_COMMIT_BUILDER_H_
#define DAYBOOK_CORE_SRC_COMMIT_BUILDER_H_

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "bounded_cache.h"
#include "condition_check.h"
#include "daybook/core/commit_participant.h"
#include "format.h"
#include "kv.h"
#include "names.h"
#include "request.h"
#include "stream_heads.h"
#include "stream_lifecycles.h"

namespace daybook::internal {

// The rows that a commit would write. nullopt: deleted.
using StagedRows = std::map<std::string, std::optional<std::string>, std::less<>>;

// Events of one stream whose payloads go, from `first_version` on: their positions, and the records
// that are left of them.
struct Removal {
  std::string stream;
  StreamId id = 0;
  v1::StreamLifecycle lifecycle;  // by which they are gone
  uint64_t first_version = 0;
  std::vector<std::pair<uint64_t, std::string>> stubs;
  uint64_t events = 0;  // that still have a payload, and the bytes of these
  uint64_t bytes = 0;
};

// Used by the sequencer alone: not thread-safe.
class CommitBuilder {
 public:
  // Where to go on.
  struct Start {
    GroupMark mark;
    int64_t last_micros = 0;  // the recorded time of the last event
    TableId last_table = 0;   // the highest number in use
    std::vector<TableId> own_tables;
  };
  CommitBuilder(Kv* kv, Names* names, StreamHeads* heads, StreamLifecycles* lifecycles,
                size_t cached_heads, const Start& start);

  // Adds the commit to the batch, or says why not and adds nothing. Takes rows out of `request`.
  // Errors as EventStore's; an error of the backend is DataLoss or Internal.
  absl::StatusOr<AppendResult> Add(Request& request, int64_t now_micros);
  // Whether the table is kept with the commits, and written by nobody else.
  static bool IsOwnTable(absl::string_view name);
  // Adds a new table; the id of the one that is there already otherwise.
  absl::StatusOr<TableId> AddTable(absl::string_view name);

  // Adds that the payloads go, with the entries that lead to them. False, and nothing is added,
  // when something else was said of the stream meanwhile. DataLoss.
  absl::StatusOr<bool> Remove(const Removal& removal);
  // Adds how far a scavenge is; nullopt: none is under way. There must be a table of streams.
  void MarkScavenge(const std::optional<v1::ScavengeMark>& mark);

  void AddParticipant(CommitParticipant* participant);
  void RemoveParticipant(CommitParticipant* participant);

  // Adds the mark that ends group `number`.
  GroupMark EndGroup(uint64_t number);

  // Writes what was added since the last call, and appends the batch's bytes to `*group`. After an
  // error the builder's state is ahead of the backend: no more is to be added.
  absl::Status WriteTo(std::string* group);
  // What the next WriteTo appends to the group.
  size_t pending_bytes() const { return written_early_.size() + batch_.bytes().size(); }
  uint64_t tip() const { return mark_.tip; }

 private:
  struct Head {
    StreamId id = 0;            // 0: there never was such a stream
    uint64_t next_version = 0;  // of the next event
    uint64_t began = 0;         // of its first event since it was deleted
    bool tombstoned = false;

    std::optional<uint64_t> last_version() const {
      return id != 0 ? std::optional(next_version - 1) : std::nullopt;
    }
    bool is_there() const { return id != 0 && next_version > began && !tombstoned; }
  };
  struct Category {
    uint32_t id = 0;           // 0: there is none
    uint32_t next_number = 1;  // of its next new stream
  };
  // An event of the commit being added.
  struct Staged {
    const PreparedEvent* event;
    size_t header;  // where its header begins in staged_headers_
    size_t header_size;
    StreamId stream;
    TypeId type;
    uint64_t version;
    Hash chain;
    RecordedEvent recorded;
    bool ends_commit;
  };
  class Transaction;

  absl::StatusOr<Head> FindHead(absl::string_view stream);
  absl::StatusOr<Category> FindCategory(absl::string_view name);
  absl::StatusOr<std::optional<uint64_t>> FindEvent(const EventId& id);
  absl::StatusOr<std::optional<std::string>> FindRow(absl::string_view row_key);
  // The result of the first append when every id of the request is known.
  absl::StatusOr<std::optional<AppendResult>> FindDuplicate(const Request& request);
  absl::StatusOr<AppendResult> FirstAppend(const Request& request,
                                           const std::vector<uint64_t>& positions);

  // Where a commit as it was recorded must stand.
  absl::Status CheckPlace(const AsRecorded& recorded) const;
  absl::Status CheckHeads(const Request& request);
  // What is set for a stream, against where that is.
  absl::Status CheckMetadata(const PreparedAppend& append);
  // Sees to it that there is the index of tags.
  absl::Status OpenTags();
  absl::Status CheckConditions(const Request& request);
  void AddTags(const PreparedEvent& event, uint64_t sequence);
  // Sees to it that there is the table of streams.
  absl::Status OpenStreams();
  absl::StatusOr<v1::StreamLifecycle> FindLifecycle(absl::string_view stream);
  absl::Status StageLifecycles(const Request& request);
  void PutRow(std::string row_key, std::string value);
  absl::Status CheckTable(absl::string_view field, TableId table) const;
  absl::Status StageRows(Request& request);
  absl::Status StageStreams(const Request& request);
  void StageEvents(const Request& request, int64_t micros);
  absl::Status AskParticipants();
  AppendResult Apply(const Request& request, int64_t micros);

  TypeId StageType(absl::string_view name, bool* is_new);

  Kv* const kv_;
  Names* const names_;
  StreamHeads* const readers_heads_;
  StreamLifecycles* const lifecycles_;
  BoundedCache<std::string, Head> heads_;
  BoundedCache<std::string, Category> categories_;
  absl::flat_hash_map<std::string, TypeId> types_;  // those used so far, without a lock
  std::vector<CommitParticipant*> participants_;
  ConditionCheck conditions_;
  std::optional<TagTable> tags_;   // nullopt: not known yet
  bool older_tags_known_ = false;  // that events older than the index have some

  GroupMark mark_;  // as after the last commit added; its number is of the last group ended
  int64_t last_micros_;
  TableId last_table_;
  std::vector<TableId> own_tables_;  // at most a few

  // Added, and not yet written: the backend does not show it.
  KvBatch batch_;
  absl::flat_hash_map<EventId, uint64_t> batch_ids_;
  absl::flat_hash_map<std::string, std::optional<std::string>> batch_rows_;
  std::string written_early_;  // batches that had to be written before WriteTo

  // Of the commit being added; kept to reuse their memory.
  std::vector<Head> staged_heads_;  // one for each append
  std::vector<std::pair<std::string, Category>> staged_categories_;
  std::vector<std::pair<absl::string_view, StreamId>> staged_streams_;
  std::vector<absl::string_view> staged_types_;
  StagedRows staged_rows_;
  std::vector<std::pair<std::string, v1::StreamMetadata>> staged_metadata_;
  std::vector<Staged> staged_;
  std::string staged_headers_;
};

}  // namespace daybook::internal

#endif  // DAYBOOK_CORE_SRC_COMMIT_BUILDER_H_
