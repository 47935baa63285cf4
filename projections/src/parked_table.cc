#include "parked_table.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "daybook/core/codec.h"
#include "daybook/core/errors.h"
#include "daybook/core/limits.h"
#include "daybook/core/status_macros.h"
#include "daybook/core/uuid.h"
#include "view_tables.h"

namespace daybook::internal {
namespace {

// A key stands in the row's key with each 0x00 as 0x00 0xff, and ends with 0x00 0x01; so entries
// are in the order of the keys, and no key's entries between those of another. One that does not
// fit is 0x00 0x02 and a hash, and stands in the value.
constexpr char kEscaped = '\xff';
constexpr char kEnd = '\x01';
constexpr char kHashed = '\x02';

constexpr size_t kPositionBytes = 8;
constexpr size_t kMaxMessageBytes = 1024;

bool Fits(absl::string_view prefix, absl::string_view key) {
  const auto zeros = static_cast<size_t>(std::count(key.begin(), key.end(), '\0'));
  return prefix.size() + key.size() + zeros + 2 + kPositionBytes <= kMaxRowKeyBytes;
}

absl::Status Damaged(absl::string_view problem) {
  return DamageError("row", Position::Start(),
                     absl::StrCat("an entry of ", kParkedTable, " ", problem));
}

// Takes the key off the front of `row_key`; nullopt: it stands in the value.
absl::StatusOr<std::optional<std::string>> TakeKey(absl::string_view* row_key) {
  std::string key;
  for (size_t i = 0; i < row_key->size(); ++i) {
    const char byte = (*row_key)[i];
    if (byte != '\0') {
      key.push_back(byte);
      continue;
    }
    if (++i == row_key->size()) break;
    switch ((*row_key)[i]) {
      case kEscaped:
        key.push_back('\0');
        break;
      case kEnd:
        row_key->remove_prefix(i + 1);
        return key;
      case kHashed:
        if (row_key->size() < i + 1 + Uuid::kBytes) return Damaged("has no whole key");
        row_key->remove_prefix(i + 1 + Uuid::kBytes);
        return std::nullopt;
      default:
        return Damaged("has no key");
    }
  }
  return Damaged("has no whole key");
}

}  // namespace

std::string ParkedPrefix(absl::string_view view, uint32_t generation) {
  return absl::StrCat(RowsTable(view, generation), absl::string_view("\0", 1));
}

std::string ParkedKeyPrefix(absl::string_view prefix, absl::string_view key) {
  std::string bytes(prefix);
  if (!Fits(prefix, key)) {
    bytes.push_back('\0');
    bytes.push_back(kHashed);
    absl::StrAppend(&bytes, Uuid::Derive(key).bytes());
    return bytes;
  }
  for (const char byte : key) {
    bytes.push_back(byte);
    if (byte == '\0') bytes.push_back(kEscaped);
  }
  bytes.push_back('\0');
  bytes.push_back(kEnd);
  return bytes;
}

std::string ParkedEntryKey(absl::string_view prefix, absl::string_view key, Position position) {
  std::string bytes = ParkedKeyPrefix(prefix, key);
  for (int shift = 56; shift >= 0; shift -= 8) {
    bytes.push_back(static_cast<char>(position.sequence() >> shift));
  }
  return bytes;
}

absl::StatusOr<ParkedEntry> ParseParkedEntry(absl::string_view prefix, absl::string_view row_key,
                                             absl::string_view value) {
  if (!absl::ConsumePrefix(&row_key, prefix)) return Damaged("is another handler's");
  DAYBOOK_ASSIGN_OR_RETURN(std::optional<std::string> key, TakeKey(&row_key));
  ParkedEntry entry;
  if (!entry.event.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
    return Damaged("does not parse");
  }
  if (row_key.size() != kPositionBytes) return Damaged("has no position");
  uint64_t sequence = 0;
  for (const char byte : row_key) sequence = sequence << 8 | static_cast<uint8_t>(byte);
  entry.position = Position(sequence);
  entry.key = key.has_value() ? *std::move(key) : entry.event.key();
  return entry;
}

std::string EncodeParkedEvent(absl::string_view prefix, absl::string_view key,
                              v1::ParkedEvent event) {
  if (!Fits(prefix, key)) event.set_key(key.data(), key.size());
  return EncodeMessage(event);
}

void SetFailure(const absl::Status& status, v1::ParkedEvent* event) {
  const absl::string_view message = status.message().substr(0, kMaxMessageBytes);
  event->set_code(static_cast<int32_t>(status.code()));
  event->set_message(message.data(), message.size());
}

absl::Status FailureOf(int32_t code, absl::string_view message) {
  return absl::Status(static_cast<absl::StatusCode>(code), message);
}

absl::Status VisitParkedHeads(const StoreReader& reader, TableId table, absl::string_view prefix,
                              const std::optional<std::string>& after,
                              absl::FunctionRef<bool(const ParkedEntry&)> visit) {
  ScanOptions scan;
  scan.from =
      after.has_value() ? *AfterPrefix(ParkedKeyPrefix(prefix, *after)) : std::string(prefix);
  scan.until = AfterPrefix(std::string(prefix));
  scan.limit = 1;
  for (bool more = true; more;) {
    more = false;
    absl::StatusOr<ParkedEntry> entry = absl::UnknownError("");
    DAYBOOK_RETURN_IF_ERROR(
        reader.ScanRows(table, scan, [&](absl::string_view key, absl::string_view value) {
          entry = ParseParkedEntry(prefix, key, value);
          more = true;
          return false;
        }));
    if (!more) break;
    DAYBOOK_RETURN_IF_ERROR(entry.status());
    more = visit(*entry);
    scan.from = *AfterPrefix(ParkedKeyPrefix(prefix, entry->key));
  }
  return absl::OkStatus();
}

absl::Status VisitParkedEntries(const StoreReader& reader, TableId table, absl::string_view prefix,
                                absl::string_view key, Position from,
                                absl::FunctionRef<bool(const ParkedEntry&)> visit) {
  ScanOptions scan;
  scan.from = ParkedEntryKey(prefix, key, from);
  scan.until = AfterPrefix(ParkedKeyPrefix(prefix, key));
  absl::Status parsed;
  DAYBOOK_RETURN_IF_ERROR(
      reader.ScanRows(table, scan, [&](absl::string_view row_key, absl::string_view value) {
        const absl::StatusOr<ParkedEntry> entry = ParseParkedEntry(prefix, row_key, value);
        parsed = entry.status();
        return entry.ok() && visit(*entry);
      }));
  return parsed;
}

}  // namespace daybook::internal
