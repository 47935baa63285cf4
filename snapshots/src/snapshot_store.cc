#include "daybook/snapshots/snapshot_store.h"

#include <openssl/sha.h>

#include <array>
#include <utility>

#include "daybook/core/codec.h"
#include "daybook/core/limits.h"
#include "daybook/core/status_macros.h"
#include "daybook/v1/snapshot.pb.h"

namespace daybook {
namespace {

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

}  // namespace

absl::StatusOr<std::unique_ptr<SnapshotStore>> SnapshotStore::Open(EventStore* store) {
  DAYBOOK_ASSIGN_OR_RETURN(const TableId table, store->OpenTable("$snapshots"));
  return std::unique_ptr<SnapshotStore>(new SnapshotStore(table));
}

std::optional<Snapshot> SnapshotStore::Find(const StoreReader& reader, absl::string_view stream,
                                            absl::string_view fingerprint) {
  const auto row = reader.GetRow(table_, stream);
  if (row.ok() && !row->has_value()) return std::nullopt;
  v1::StoredSnapshot stored;
  if (!row.ok() || !stored.ParseFromString(**row) ||
      stored.checksum() != ChecksumOf(stream, stored) || stored.version() > kMaxVersion) {
    CountTorn();
    return std::nullopt;
  }
  if (stored.fingerprint() != fingerprint) {
    stale_.fetch_add(1, std::memory_order_relaxed);
    return std::nullopt;
  }
  return Snapshot{stored.version(), std::move(*stored.mutable_state())};
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
  written_.fetch_add(1, std::memory_order_relaxed);
  return TableWrite{table_, std::string(stream), std::move(value)};
}

SnapshotStats SnapshotStore::stats() const {
  return {.written = written_.load(std::memory_order_relaxed),
          .used = used_.load(std::memory_order_relaxed),
          .stale = stale_.load(std::memory_order_relaxed),
          .torn = torn_.load(std::memory_order_relaxed),
          .too_large = too_large_.load(std::memory_order_relaxed)};
}

}  // namespace daybook
