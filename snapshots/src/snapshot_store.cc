#include "daybook/snapshots/snapshot_store.h"

#include <openssl/sha.h>

#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "daybook/core/codec.h"
#include "daybook/core/limits.h"
#include "daybook/core/status_macros.h"
#include "daybook/v1/snapshot.pb.h"

namespace daybook {
namespace {

constexpr absl::string_view kNewestTable = "$snapshots";
constexpr absl::string_view kKeptTable = "$kept-snapshots";

void AppendFixed64(std::string& out, uint64_t value) {
  for (int shift = 0; shift < 64; shift += 8) out.push_back(static_cast<char>(value >> shift));
}

void AppendPart(std::string& out, absl::string_view part) {
  AppendFixed64(out, part.size());
  out.append(part.data(), part.size());
}

uint64_t ChecksumOf(absl::string_view stream, const v1::StoredSnapshot& stored) {
  std::string text;
  text.reserve(stream.size() + stored.fingerprint().size() + stored.state().size() + 40);
  AppendPart(text, stream);
  AppendFixed64(text, stored.version());
  AppendPart(text, stored.fingerprint());
  AppendPart(text, stored.state());
  std::array<uint8_t, SHA256_DIGEST_LENGTH> digest;
  SHA256(reinterpret_cast<const uint8_t*>(text.data()), text.size(), digest.data());
  uint64_t checksum = 0;
  for (int i = 0; i < 8; ++i) checksum = (checksum << 8) | digest[i];
  return checksum;
}

// nullopt: torn.
std::optional<v1::StoredSnapshot> Parse(absl::string_view stream, absl::string_view row) {
  v1::StoredSnapshot stored;
  if (!stored.ParseFromArray(row.data(), static_cast<int>(row.size())) ||
      stored.checksum() != ChecksumOf(stream, stored) || stored.version() > kMaxVersion) {
    return std::nullopt;
  }
  return stored;
}

// In "$kept-snapshots": the stream's name, a zero byte, which no name has, and the version in
// big-endian, so that the newest comes last.
constexpr size_t kVersionBytes = 8;

std::string KeptPrefix(absl::string_view stream) {
  std::string key(stream);
  key.push_back('\0');
  return key;
}

std::string KeptKey(absl::string_view stream, uint64_t version) {
  std::string key = KeptPrefix(stream);
  for (int shift = 56; shift >= 0; shift -= 8) key.push_back(static_cast<char>(version >> shift));
  return key;
}

// Empty when it is no key of the table.
absl::string_view StreamOfKept(absl::string_view key) {
  if (key.size() <= kVersionBytes) return {};
  key.remove_suffix(kVersionBytes);
  if (key.back() != '\0') return {};
  key.remove_suffix(1);
  return key;
}

uint64_t VersionOfKept(absl::string_view key) {
  uint64_t version = 0;
  for (const char byte : key.substr(key.size() - kVersionBytes)) {
    version = (version << 8) | static_cast<uint8_t>(byte);
  }
  return version;
}

struct KeptRow {
  std::string key;
  std::string value;
};

// The kept rows of `stream` up to version `until`, the oldest first. What cannot be read is not
// there: it is a cache.
std::vector<KeptRow> KeptRows(const StoreReader& reader, TableId table, absl::string_view stream,
                              uint64_t until = ~uint64_t{0}) {
  ScanOptions options;
  options.from = KeptPrefix(stream);
  options.until = KeptKey(stream, until) + '\0';
  std::vector<KeptRow> rows;
  const absl::Status status =
      reader.ScanRows(table, options, [&rows](absl::string_view key, absl::string_view value) {
        rows.push_back({std::string(key), std::string(value)});
        return true;
      });
  if (!status.ok()) rows.clear();
  return rows;
}

// Of what EraseGone reads at a time, and deletes with one commit at most.
constexpr size_t kRowsAtOnce = 1'000;

struct GoneRows {
  std::vector<TableWrite> deletions;
  bool at_end = false;
};

// Of the next rows of a table behind the key `after`, which moves on, those whose snapshot is of a
// life that is over. Of a torn one nobody knows the life: it goes with the first.
absl::StatusOr<GoneRows> NextGone(const StoreReader& reader, TableId table, bool kept,
                                  std::string* after) {
  GoneRows gone;
  size_t seen = 0;
  absl::Status status;
  ScanOptions behind;
  behind.from = absl::StrCat(*after, absl::string_view("\0", 1));
  behind.limit = kRowsAtOnce;
  DAYBOOK_RETURN_IF_ERROR(
      reader.ScanRows(table, behind, [&](absl::string_view key, absl::string_view row) {
        ++seen;
        *after = std::string(key);
        const absl::string_view stream = kept ? StreamOfKept(key) : key;
        if (stream.empty()) return true;
        const absl::StatusOr<StreamStart> start = reader.FindStart(stream);
        status = start.status();
        if (!status.ok() || start->began == 0) return status.ok();
        uint64_t version = 0;
        if (kept) {
          version = VersionOfKept(key);
        } else if (const std::optional<v1::StoredSnapshot> stored = Parse(stream, row)) {
          version = stored->version();
        }
        if (version < start->began) {
          gone.deletions.push_back({table, std::string(key), std::nullopt});
        }
        return true;
      }));
  DAYBOOK_RETURN_IF_ERROR(status);
  gone.at_end = seen < kRowsAtOnce;
  return gone;
}

}  // namespace

absl::StatusOr<std::unique_ptr<SnapshotStore>> SnapshotStore::Open(EventStore* store,
                                                                   uint32_t keep) {
  DAYBOOK_ASSIGN_OR_RETURN(const TableId newest, store->OpenTable(kNewestTable));
  std::optional<TableId> kept = FindTable(*store, kKeptTable);
  if (!kept.has_value() && keep > 1) {
    DAYBOOK_ASSIGN_OR_RETURN(kept, store->OpenTable(kKeptTable));
  }
  return std::unique_ptr<SnapshotStore>(new SnapshotStore(newest, kept));
}

std::optional<Snapshot> SnapshotStore::Use(absl::string_view stream, absl::string_view fingerprint,
                                           absl::string_view row) {
  std::optional<v1::StoredSnapshot> stored = Parse(stream, row);
  if (!stored.has_value()) {
    CountTorn();
    return std::nullopt;
  }
  if (stored->fingerprint() != fingerprint) {
    stale_.fetch_add(1, std::memory_order_relaxed);
    return std::nullopt;
  }
  return Snapshot{stored->version(), std::move(*stored->mutable_state())};
}

std::optional<Snapshot> SnapshotStore::Find(const StoreReader& reader, absl::string_view stream,
                                            absl::string_view fingerprint, uint64_t until) {
  const auto row = reader.GetRow(newest_, stream);
  if (row.ok() && !row->has_value()) return std::nullopt;
  if (row.ok()) {
    std::optional<Snapshot> newest = Use(stream, fingerprint, **row);
    if (newest.has_value() && newest->version <= until) return newest;
  } else {
    CountTorn();
  }
  return FindKept(reader, stream, fingerprint, until);
}

std::optional<Snapshot> SnapshotStore::FindKept(const StoreReader& reader, absl::string_view stream,
                                                absl::string_view fingerprint, uint64_t until) {
  if (!kept_.has_value()) return std::nullopt;
  const std::vector<KeptRow> rows = KeptRows(reader, *kept_, stream, until);
  for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
    std::optional<Snapshot> snapshot = Use(stream, fingerprint, row->value);
    if (!snapshot.has_value()) continue;
    if (row->key == KeptKey(stream, snapshot->version)) return snapshot;
    CountTorn();
  }
  return std::nullopt;
}

std::optional<TableWrite> SnapshotStore::Write(absl::string_view stream, uint64_t version,
                                               absl::string_view fingerprint, std::string state) {
  v1::StoredSnapshot stored;
  stored.set_version(version);
  stored.set_fingerprint(std::string(fingerprint));
  stored.set_state(std::move(state));
  stored.set_checksum(ChecksumOf(stream, stored));
  std::string value = EncodeMessage(stored);
  if (value.size() > kMaxRowBytes) {
    too_large_.fetch_add(1, std::memory_order_relaxed);
    return std::nullopt;
  }
  return TableWrite{newest_, std::string(stream), std::move(value)};
}

std::vector<TableWrite> SnapshotStore::Replace(const StoreReader& reader, absl::string_view stream,
                                               absl::string_view fingerprint, Snapshot snapshot,
                                               uint32_t keep) {
  const uint64_t version = snapshot.version;
  const absl::StatusOr<StreamStart> start = reader.FindStart(stream);
  const uint64_t began = start.ok() ? start->began : 0;
  // It waited to be written while the stream was deleted.
  if (version < began) return {};
  std::optional<TableWrite> newest = Write(stream, version, fingerprint, std::move(snapshot.state));
  if (!newest.has_value()) return {};
  std::vector<TableWrite> writes;
  writes.push_back(*std::move(newest));
  if (!kept_.has_value()) return writes;

  const auto is_kept = [&](absl::string_view row) -> std::optional<uint64_t> {
    const std::optional<v1::StoredSnapshot> stored = Parse(stream, row);
    const bool kept = stored.has_value() && stored->fingerprint() == fingerprint &&
                      stored->version() < version && stored->version() >= began;
    return kept ? std::optional<uint64_t>(stored->version()) : std::nullopt;
  };
  uint32_t left = keep - 1;
  std::string moved;  // the key under which the one that is replaced goes on
  const auto row = reader.GetRow(newest_, stream);
  if (left > 0 && row.ok() && row->has_value()) {
    if (const std::optional<uint64_t> before = is_kept(**row); before.has_value()) {
      moved = KeptKey(stream, *before);
      writes.push_back({*kept_, moved, **row});
      --left;
    }
  }
  const std::vector<KeptRow> rows = KeptRows(reader, *kept_, stream);
  for (auto old = rows.rbegin(); old != rows.rend(); ++old) {
    if (old->key == moved) continue;
    if (left > 0 && is_kept(old->value).has_value()) {
      --left;
    } else {
      writes.push_back({*kept_, old->key, std::nullopt});
    }
  }
  return writes;
}

std::vector<TableWrite> SnapshotStore::Erase(const StoreReader& reader,
                                             absl::string_view stream) const {
  std::vector<TableWrite> writes = {{newest_, std::string(stream), std::nullopt}};
  if (!kept_.has_value()) return writes;
  for (const KeptRow& row : KeptRows(reader, *kept_, stream)) {
    writes.push_back({*kept_, row.key, std::nullopt});
  }
  return writes;
}

absl::Status SnapshotStore::EraseGone(EventStore& store,
                                      absl::FunctionRef<bool(uint64_t erased)> goes_on) {
  uint64_t erased = 0;
  for (const absl::string_view name : {kNewestTable, kKeptTable}) {
    const std::optional<TableId> table = FindTable(store, name);
    if (!table.has_value()) continue;
    std::string after;
    for (bool at_end = false; !at_end;) {
      DAYBOOK_ASSIGN_OR_RETURN(GoneRows gone,
                               NextGone(*store.Reader(), *table, name == kKeptTable, &after));
      at_end = gone.at_end;
      if (!gone.deletions.empty()) {
        erased += gone.deletions.size();
        Commit commit;
        commit.writes = std::move(gone.deletions);
        DAYBOOK_RETURN_IF_ERROR(store.Append(std::move(commit)).status());
      }
      if (!goes_on(erased)) return absl::OkStatus();
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> SnapshotStore::Survey(
    const StoreReader& reader,
    absl::FunctionRef<const std::string*(absl::string_view stream)> fingerprint_of) {
  uint64_t looked_at = 0;
  const auto look = [&](absl::string_view stream, absl::string_view row) {
    const std::string* const fingerprint = fingerprint_of(stream);
    if (fingerprint == nullptr) return true;
    Use(stream, *fingerprint, row);
    ++looked_at;
    return true;
  };
  DAYBOOK_RETURN_IF_ERROR(reader.ScanRows(newest_, {}, look));
  if (kept_.has_value()) {
    DAYBOOK_RETURN_IF_ERROR(
        reader.ScanRows(*kept_, {}, [&](absl::string_view key, absl::string_view row) {
          return look(StreamOfKept(key), row);
        }));
  }
  return looked_at;
}

SnapshotStats SnapshotStore::stats() const {
  return {.too_large = too_large_.load(std::memory_order_relaxed),
          .used = used_.load(std::memory_order_relaxed),
          .stale = stale_.load(std::memory_order_relaxed),
          .torn = torn_.load(std::memory_order_relaxed)};
}

}  // namespace daybook
