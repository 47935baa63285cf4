// What an event store should do, in the plainest form: a vector of events and a map of rows.
#ifndef DAYBOOK_TESTS_TORTURE_REFERENCE_MODEL_H_
#define DAYBOOK_TESTS_TORTURE_REFERENCE_MODEL_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "daybook/core/event_store.h"
#include "daybook/v1/stream_metadata.pb.h"

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
    v1::StreamMetadata metadata = {};  // what it says, where it is of a stream "$$…"
    uint64_t removal = 0;              // the step of a scavenge that took its payload; 0: none did
  };
  using Rows = std::map<std::pair<TableId, std::string>, std::string>;
  // What a reader is of: so many events, so many steps of scavenges, and a time.
  struct Moment {
    uint64_t tip = 0;
    uint64_t removals = 0;
    int64_t micros = 0;
  };
  // What a reader sees.
  struct View {
    Moment moment;
    Rows rows;
  };
  // Positions, in the order in which the events are returned.
  struct Batch {
    std::vector<uint64_t> positions;
    Position next;
    bool at_end = true;
  };
  // What a call of Scavenge tells, as ScavengeProgress and ScavengeReport.
  struct Scavenged {
    std::vector<ScavengeProgress> steps;
    ScavengeProgress done;
    bool finished = false;
  };

  virtual ~ReferenceModel() = default;

  // ---- writing
  // Errors have the store's payloads, but for the texts in them; that of a ConditionFailed names
  // the first match, where the store may name any.
  absl::StatusOr<AppendResult> Append(const Commit& commit, int64_t now_micros);
  // What may be refused before the commit is queued.
  absl::Status CheckArguments(const Commit& commit) const;
  void OpenTable(TableId table) { tables_.insert_or_assign(table, true); }
  // A store made of the log of this one has no rows.
  void ForgetRows();

  // ---- the lives of streams (reference_model_lives.cc)
  absl::StatusOr<AppendResult> SetStreamLimits(const std::string& stream,
                                               const StreamLimits& limits, int64_t now_micros);
  absl::StatusOr<AppendResult> DeleteStream(const std::string& stream, ExpectedVersion expected,
                                            int64_t now_micros);
  absl::StatusOr<AppendResult> TombstoneStream(const std::string& stream, ExpectedVersion expected,
                                               int64_t now_micros);
  // Stopped after so many steps; 0: it goes to the end.
  Scavenged Scavenge(uint64_t stop_after, int64_t now_micros);
  // What was said last; nothing of most streams.
  const v1::StreamMetadata& MetadataOf(uint64_t tip, absl::string_view stream) const;
  virtual StreamStart FindStart(const Moment& moment, absl::string_view stream) const;
  // As daybook::VersionOf.
  absl::StatusOr<std::optional<uint64_t>> VersionAt(const Moment& moment, absl::string_view stream,
                                                    Position then) const;

  // ---- reading
  Moment Newest(int64_t now_micros) const { return {log_.size(), removals_, now_micros}; }
  uint64_t tip() const { return log_.size(); }
  Recorded& At(uint64_t position) { return log_[position - 1]; }
  const Recorded& At(uint64_t position) const { return log_[position - 1]; }
  const Rows& rows() const { return rows_; }
  virtual absl::StatusOr<Batch> ReadLog(uint64_t tip, const ReadLogOptions& options) const;
  virtual absl::StatusOr<Batch> ReadStream(const Moment& moment, absl::string_view stream,
                                           const ReadStreamOptions& options) const;
  std::optional<uint64_t> StreamVersion(uint64_t tip, absl::string_view stream) const;
  // As StoreReader::ListStreams lists them.
  absl::StatusOr<std::vector<std::pair<std::string, uint64_t>>> ListStreams(
      uint64_t tip, absl::string_view category, absl::string_view after) const;
  std::optional<uint64_t> FindEvent(uint64_t tip, const EventId& id) const;
  virtual std::vector<std::pair<std::string, std::string>> ScanRows(
      const Rows& rows, TableId table, const ScanOptions& options) const;
  bool Matches(const Recorded& recorded, const EventQuery& query) const;
  // Of which there ever was an event, in the order of the first ones.
  const std::vector<std::string>& streams() const { return streams_by_age_; }
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
  virtual bool IsThere(const v1::StreamMetadata& metadata, uint64_t last_version) const {
    return !metadata.tombstoned() && last_version >= metadata.deleted_before();
  }

 private:
  // False: stopped.
  bool ScavengeStreams(uint64_t stop_after, int64_t now_micros, Scavenged* all);
  bool Matches(const Recorded& recorded, const EventFilter& filter) const;
  // nullopt: none of the ids is known.
  absl::StatusOr<std::optional<AppendResult>> FindFirst(const Commit& commit) const;
  absl::Status CheckHead(const StreamAppend& append) const;
  absl::Status CheckConditions(const Commit& commit) const;
  absl::Status CheckRows(const Commit& commit) const;
  // Of its first events so many are without their payloads.
  uint64_t RemovedBefore(const Moment& moment, absl::string_view stream) const;
  // The positions of its events, those that are gone included.
  absl::Span<const uint64_t> EventsOf(uint64_t tip, absl::string_view stream) const;
  // Of its metadata, and that the stream stands as it did.
  absl::StatusOr<AppendResult> Change(
      const std::string& stream, int64_t now_micros,
      absl::FunctionRef<absl::Status(v1::StreamMetadata&, std::optional<uint64_t> version)> change);

  std::vector<Recorded> log_;
  std::map<std::string, std::vector<uint64_t>, std::less<>> streams_;  // the positions of each
  std::vector<std::string> streams_by_age_;
  std::map<EventId, uint64_t> ids_;
  std::map<TableId, bool> tables_;
  Rows rows_;
  int64_t last_micros_ = 0;
  uint64_t removals_ = 0;       // steps of scavenges so far
  ScavengeProgress scavenged_;  // by one that was stopped: up to the last stream it was done with
  std::string scavenge_until_;  // the last stream that it looks at again; empty: to the end
};

}  // namespace daybook

#endif  // DAYBOOK_TESTS_TORTURE_REFERENCE_MODEL_H_
