// Commits that are known by their numbers, and a store that holds some of them: each as a whole,
// once, with its rows, or not at all.
#ifndef DAYBOOK_TESTS_CORE_COMMIT_WORKLOAD_H_
#define DAYBOOK_TESTS_CORE_COMMIT_WORKLOAD_H_

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "daybook/core/commit_participant.h"
#include "daybook/core/event_store.h"
#include "daybook/core/status_macros.h"
#include "daybook/snapshots/snapshot_store.h"

namespace daybook {

// An inline view: how many events each stream has. Must be removed before it goes.
class EventCounts : public CommitParticipant {
 public:
  explicit EventCounts(TableId table) : table_(table) {}
  absl::Status OnCommit(absl::Span<const RecordedEvent> events, TableTransaction& tables) override {
    for (const RecordedEvent& event : events) {
      DAYBOOK_ASSIGN_OR_RETURN(const auto row, tables.Get(table_, event.stream));
      uint64_t count = 0;
      if (row.has_value() && !absl::SimpleAtoi(*row, &count)) {
        return absl::DataLossError("a count is no number");
      }
      tables.Put(table_, event.stream, absl::StrCat(count + 1));
    }
    return absl::OkStatus();
  }

 private:
  const TableId table_;
};

// The same commits for the same seed. Thread-safe.
class CommitWorkload {
 public:
  static constexpr uint64_t kStreams = 5;

  // The tables that the commits write to, opened in `store`; and the view.
  struct Tables {
    TableId rows = 0;
    std::unique_ptr<EventCounts> counts;
    std::unique_ptr<SnapshotStore> snapshots;
  };
  static absl::StatusOr<Tables> Open(EventStore* store) {
    Tables tables;
    DAYBOOK_ASSIGN_OR_RETURN(tables.rows, store->OpenTable("rows"));
    DAYBOOK_ASSIGN_OR_RETURN(const TableId counts, store->OpenTable("counts"));
    DAYBOOK_ASSIGN_OR_RETURN(tables.snapshots, SnapshotStore::Open(store));
    tables.counts = std::make_unique<EventCounts>(counts);
    store->AddParticipant(tables.counts.get());
    return tables;
  }

  // `large_every`: one commit in so many has payloads of some ten thousand bytes.
  CommitWorkload(uint64_t seed, uint64_t large_every) : seed_(seed), large_every_(large_every) {}

  // Commit `n`, from 1: one to three streams, some events with tags and under a condition that
  // holds, a row, now and then a snapshot.
  Commit Of(uint64_t n, const Tables& tables) const {
    Commit commit;
    for (Numbered& numbered : EventsOf(n)) {
      if (commit.appends.empty() || commit.appends.back().stream != numbered.stream) {
        commit.appends.push_back({numbered.stream, ExpectedVersion::Any(), {}});
      }
      commit.appends.back().events.push_back(std::move(numbered.event));
    }
    if (IsTagged(n)) commit.conditions.push_back({.none_match = {{.tags = {Tag(n)}}}});
    commit.writes.push_back({tables.rows, RowKey(n), absl::StrCat("row of ", n)});
    if (HasSnapshot(n)) {
      commit.writes.push_back(
          *tables.snapshots->Write(SnapshotStream(n), n, "fingerprint", absl::StrCat("state ", n)));
    }
    return commit;
  }

  // The commits that `store` holds, in order. DataLoss where it holds a part of one, one twice, or
  // anything else; where rows, counts and snapshots are not those of the events.
  absl::StatusOr<std::vector<uint64_t>> Find(const EventStore& store) const {
    const std::shared_ptr<const StoreReader> reader = store.Reader();
    DAYBOOK_ASSIGN_OR_RETURN(std::vector<uint64_t> found, FindInLog(*reader, store.Tip()));
    DAYBOOK_RETURN_IF_ERROR(CheckRows(store, *reader, found));
    return found;
  }

 private:
  struct Numbered {
    std::string stream;
    Event event;
  };

  static bool IsTagged(uint64_t n) { return n % 4 == 1; }
  static bool HasSnapshot(uint64_t n) { return n % 10 == 9; }
  static std::string Tag(uint64_t n) { return absl::StrCat("number:", n); }
  static std::string RowKey(uint64_t n) { return absl::StrCat("row ", n); }
  static std::string SnapshotStream(uint64_t n) { return absl::StrCat("kept-", n); }

  std::vector<Numbered> EventsOf(uint64_t n) const {
    std::mt19937_64 random(seed_ * 1'000'003 + n);
    const uint64_t streams = 1 + random() % 3;
    const uint64_t first_stream = random() % kStreams;
    std::vector<Numbered> events;
    for (uint64_t s = 0; s < streams; ++s) {
      const uint64_t count = 1 + random() % 3;
      for (uint64_t i = 0; i < count; ++i) {
        Numbered& numbered = events.emplace_back();
        numbered.stream = absl::StrCat("s-", (first_stream + s) % kStreams);
        Event& event = numbered.event;
        event.id = Uuid::Derive(absl::StrCat("commit ", n), events.size());
        event.type = i % 2 == 0 ? "Opened" : "Noted";
        if (IsTagged(n)) event.metadata.tags.push_back(Tag(n));
        event.payload = absl::StrCat(n, " ", events.size(), " ");
        const bool large = n % large_every_ == 0;
        const uint64_t more = random() % (large ? 60'000 : 400);
        // Not what a compression makes small.
        while (event.payload.size() < more) absl::StrAppend(&event.payload, absl::Hex(random()));
      }
    }
    return events;
  }

  absl::StatusOr<std::vector<uint64_t>> FindInLog(const StoreReader& reader, Position tip) const {
    DAYBOOK_ASSIGN_OR_RETURN(const EventBatch batch,
                             reader.ReadLog({.limit = 1'000'000, .max_bytes = size_t{1} << 30}));
    if (batch.size() != tip.sequence()) {
      return absl::DataLossError(
          absl::StrCat(batch.size(), " events, but the tip is ", tip.ToString()));
    }
    std::vector<uint64_t> found;
    std::set<uint64_t> seen;
    for (size_t at = 0; at < batch.size();) {
      const std::vector<std::string> words = absl::StrSplit(batch[at].payload, ' ');
      uint64_t n = 0;
      if (words.size() != 3 || !absl::SimpleAtoi(words[0], &n)) {
        return absl::DataLossError(absl::StrCat("foreign event at ", at + 1));
      }
      if (!seen.insert(n).second) return absl::DataLossError(absl::StrCat("commit ", n, " twice"));
      for (const Numbered& expected : EventsOf(n)) {
        if (at == batch.size() || batch[at].payload != expected.event.payload ||
            batch[at].stream != expected.stream || batch[at].id != expected.event.id ||
            batch[at].type != expected.event.type || batch[at].position.sequence() != at + 1) {
          return absl::DataLossError(absl::StrCat("commit ", n, " is not whole at ", at + 1));
        }
        ++at;
      }
      found.push_back(n);
    }
    return found;
  }

  absl::Status CheckRows(const EventStore& store, const StoreReader& reader,
                         const std::vector<uint64_t>& found) const {
    std::map<std::string, std::string> rows;
    std::map<std::string, uint64_t> events_of;
    for (const uint64_t n : found) {
      rows[RowKey(n)] = absl::StrCat("row of ", n);
      for (const Numbered& numbered : EventsOf(n)) ++events_of[numbered.stream];
    }
    std::map<std::string, std::string> counts;
    for (const auto& [stream, count] : events_of) counts[stream] = absl::StrCat(count);
    for (const auto& [name, expected] : {std::pair("rows", rows), std::pair("counts", counts)}) {
      std::map<std::string, std::string> is;
      if (const std::optional<TableId> table = FindTable(store, name); table.has_value()) {
        DAYBOOK_RETURN_IF_ERROR(
            reader.ScanRows(*table, {}, [&](absl::string_view key, absl::string_view value) {
              is.emplace(key, value);
              return true;
            }));
      }
      if (is != expected) {
        return absl::DataLossError(absl::StrCat("the table ", name, " has ", is.size(),
                                                " rows, not those of the ", found.size(),
                                                " commits"));
      }
    }
    return CheckSnapshots(store, reader, found);
  }

  static absl::Status CheckSnapshots(const EventStore& store, const StoreReader& reader,
                                     const std::vector<uint64_t>& found) {
    const std::optional<TableId> table = FindTable(store, "$snapshots");
    size_t kept = 0;
    if (table.has_value()) {
      DAYBOOK_RETURN_IF_ERROR(
          reader.ScanRows(*table, {}, [&](absl::string_view, absl::string_view value) {
            kept += absl::StrContains(value, "state ") ? 1 : 0;
            return true;
          }));
    }
    const auto expected = std::count_if(found.begin(), found.end(), HasSnapshot);
    if (kept == static_cast<size_t>(expected)) return absl::OkStatus();
    return absl::DataLossError(absl::StrCat(kept, " snapshots, not ", expected));
  }

  const uint64_t seed_;
  const uint64_t large_every_;
};

}  // namespace daybook

#endif  // DAYBOOK_TESTS_CORE_COMMIT_WORKLOAD_H_
