// What an event store should do, in the plainest form: a vector of events and a map of rows.
#ifndef DAYBOOK_TESTS_TORTURE_REFERENCE_MODEL_H_
#define DAYBOOK_TESTS_TORTURE_REFERENCE_MODEL_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "daybook/core/event_store.h"

namespace daybook {

// Without threads, groups, files or indexes: each answer is found by looking at everything. Names
// its tables by what the operations call them, not by the store's numbers. What is virtual may be
// got wrong on purpose, to see that this is noticed.
class ReferenceModel {
 public:
  struct Recorded {
    std::string stream;
    uint64_t version;
    Event event;  // its id is nil until a read tells which one the store drew
    bool id_given;
    int64_t micros;
  };
  using Rows = std::map<std::pair<TableId, std::string>, std::string>;
  // What a reader sees.
  struct View {
    uint64_t tip = 0;
    Rows rows;
  };
  // Positions, in the order in which the events are returned.
  struct Batch {
    std::vector<uint64_t> positions;
    Position next;
    bool at_end = true;
  };

  virtual ~ReferenceModel() = default;

  // ---- writing
  // Errors have the store's payloads, but for the texts in them; that of a ConditionFailed names
  // the first match, where the store may name any.
  absl::StatusOr<AppendResult> Append(const Commit& commit, int64_t now_micros);
  // What may be refused before the commit is queued.
  absl::Status CheckArguments(const Commit& commit) const;
  void OpenTable(TableId table) { tables_.insert_or_assign(table, true); }

  // ---- reading
  View Now() const { return {log_.size(), rows_}; }
  uint64_t tip() const { return log_.size(); }
  Recorded& At(uint64_t position) { return log_[position - 1]; }
  const Recorded& At(uint64_t position) const { return log_[position - 1]; }
  const Rows& rows() const { return rows_; }
  virtual absl::StatusOr<Batch> ReadLog(uint64_t tip, const ReadLogOptions& options) const;
  virtual absl::StatusOr<Batch> ReadStream(uint64_t tip, absl::string_view stream,
                                           const ReadStreamOptions& options) const;
  std::optional<uint64_t> StreamVersion(uint64_t tip, absl::string_view stream) const;
  // As StoreReader::ListStreams lists them.
  absl::StatusOr<std::vector<std::pair<std::string, uint64_t>>> ListStreams(
      uint64_t tip, absl::string_view category, absl::string_view after) const;
  std::optional<uint64_t> FindEvent(uint64_t tip, const EventId& id) const;
  virtual std::vector<std::pair<std::string, std::string>> ScanRows(
      const Rows& rows, TableId table, const ScanOptions& options) const;
  bool Matches(const Recorded& recorded, const EventQuery& query) const;
  uint64_t streams() const { return streams_.size(); }
  uint64_t categories() const;
  uint64_t types() const;

 protected:
  virtual bool Holds(const ExpectedVersion& expected, std::optional<uint64_t> actual) const {
    return expected.Matches(actual);
  }
  virtual bool HasTags(const Event& event, const std::vector<std::string>& tags) const;
  virtual bool IsAfter(uint64_t position, Position after) const {
    return position > after.sequence();
  }
  virtual void Write(const TableWrite& write);

 private:
  bool Matches(const Recorded& recorded, const EventFilter& filter) const;
  // nullopt: none of the ids is known.
  absl::StatusOr<std::optional<AppendResult>> FindFirst(const Commit& commit) const;
  absl::Status CheckConditions(const Commit& commit) const;
  absl::Status CheckRows(const Commit& commit) const;

  std::vector<Recorded> log_;
  std::map<std::string, std::vector<uint64_t>, std::less<>> streams_;  // the positions of each
  std::vector<std::string> streams_by_age_;
  std::map<EventId, uint64_t> ids_;
  std::map<TableId, bool> tables_;
  Rows rows_;
  int64_t last_micros_ = 0;
};

}  // namespace daybook

#endif  // DAYBOOK_TESTS_TORTURE_REFERENCE_MODEL_H_
