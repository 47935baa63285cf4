#include "witness.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "absl/strings/str_cat.h"
#include "daybook/core/mutex.h"
#include "daybook/core/status_macros.h"
#include "fatal.h"
#include "witness_format.h"

namespace daybook::internal {
namespace {

// The ring part of the file. Positions count on without end; a position's place in the ring is its
// remainder.
class Ring {
 public:
  Ring(std::unique_ptr<File> file, uint64_t bytes) : file_(std::move(file)), bytes_(bytes) {}
  uint64_t bytes() const { return bytes_; }

  absl::StatusOr<std::string> Read(uint64_t position, uint64_t size) {
    const uint64_t offset = position % bytes_;
    const uint64_t first = std::min(size, bytes_ - offset);
    std::string read;
    DAYBOOK_ASSIGN_OR_RETURN(read, file_->Read(kWitnessRingStart + offset, first));
    if (first < size) {
      std::string rest;
      DAYBOOK_ASSIGN_OR_RETURN(rest, file_->Read(kWitnessRingStart, size - first));
      read += rest;
    }
    return read;
  }

  absl::Status Write(uint64_t position, absl::string_view bytes) {
    const uint64_t offset = position % bytes_;
    const uint64_t first = std::min<uint64_t>(bytes.size(), bytes_ - offset);
    DAYBOOK_RETURN_IF_ERROR(file_->Write(kWitnessRingStart + offset, bytes.substr(0, first)));
    if (first == bytes.size()) return absl::OkStatus();
    return file_->Write(kWitnessRingStart, bytes.substr(first));
  }

  absl::Status Sync() { return file_->Sync(); }

 private:
  std::unique_ptr<File> file_;
  uint64_t bytes_;
};

// A group that is in the ring: where it ends, and the link that the next one has.
struct Held {
  uint64_t number;
  uint64_t end;
  uint32_t crc32c;
};

// Reads the intact groups of a ring.
class Scanner {
 public:
  Scanner(Ring* ring, const WitnessSlot& slot) : ring_(ring), slot_(slot), end_(slot.head) {}

  absl::Status Scan(WitnessContent* content) {
    content->header = slot_.header;
    const uint64_t last = slot_.head + ring_->bytes();
    uint64_t number = slot_.header.flushed_group;
    uint32_t link = slot_.head_link;
    bool gap = false;
    bool in_sequence = true;  // `at` is where the record after `number` belongs
    for (uint64_t at = slot_.head; at < last;) {
      std::string record;
      std::optional<RecordHead> head;
      DAYBOOK_ASSIGN_OR_RETURN(head, Intact(at, last - at, &record));
      const bool taken = head.has_value() &&
                         (in_sequence ? head->number == number + 1 && head->link == link
                                      : head->number > number + 1 && (head->flags & kAfterSync));
      in_sequence = taken;
      if (!taken) {
        // Closed in order, nothing follows: the rest of the ring need not be read.
        if (slot_.header.clean) break;
        gap = true;
        at += kWitnessBlock;
        continue;
      }
      content->groups.push_back(ToGroup(*head, record));
      at += RecordSpace(head->batch_bytes);
      number = head->number;
      link = head->crc32c;
      if (gap) continue;
      end_ = at;
      held_.push_back({number, end_, link});
    }
    return absl::OkStatus();
  }

  uint64_t end() const { return end_; }
  std::deque<Held> TakeHeld() { return std::move(held_); }

 private:
  // The record at `position`, when it is intact and within `room` bytes.
  absl::StatusOr<std::optional<RecordHead>> Intact(uint64_t position, uint64_t room,
                                                   std::string* record) {
    if (room < kWitnessBlock) return std::nullopt;
    DAYBOOK_ASSIGN_OR_RETURN(*record, ring_->Read(position, kWitnessBlock));
    const std::optional<RecordHead> head = DecodeRecordHead(*record);
    if (!head.has_value() || head->batch_bytes > room || RecordSpace(head->batch_bytes) > room) {
      return std::nullopt;
    }
    if (kRecordHead + head->batch_bytes > record->size()) {
      DAYBOOK_ASSIGN_OR_RETURN(*record, ring_->Read(position, kRecordHead + head->batch_bytes));
    }
    if (!IsRecordIntact(slot_.header.store_id, *head, *record)) return std::nullopt;
    return head;
  }

  static WitnessGroup ToGroup(const RecordHead& head, const std::string& record) {
    WitnessGroup group{.number = head.number,
                       .tip = head.tip,
                       .chain = head.chain,
                       .digest_only = (head.flags & kDigestOnly) != 0};
    group.batch = record.substr(kRecordHead, head.batch_bytes);
    return group;
  }

  Ring* const ring_;
  const WitnessSlot& slot_;
  uint64_t end_;           // of what is held
  std::deque<Held> held_;  // the groups up to the first gap
};

class WitnessImpl : public Witness {
 public:
  // `current` is the number of the slot that `slot` was read from.
  WitnessImpl(std::unique_ptr<File> header_file, Ring ring, WitnessSlot slot, uint64_t current,
              uint64_t tail, std::deque<Held> held)
      : store_id_(slot.header.store_id),
        header_file_(std::move(header_file)),
        ring_(std::move(ring)),
        slot_(std::move(slot)),
        older_(1 - current),
        head_(slot_.head),
        tail_(tail),
        last_number_(held.empty() ? slot_.header.flushed_group : held.back().number),
        last_link_(held.empty() ? slot_.head_link : held.back().crc32c),
        held_(std::move(held)) {}

  uint64_t SpaceFor(uint64_t batch_bytes) const override { return RecordSpace(batch_bytes); }
  uint64_t Capacity() const override { return ring_.bytes(); }
  uint64_t Free() const override {
    MutexLock lock(&mutex_);
    return ring_.bytes() - (tail_ - head_);
  }

  absl::Status Append(const WitnessGroup& group, bool sync) override {
    uint64_t position;
    uint32_t link;
    bool after_sync;
    {
      MutexLock lock(&mutex_);
      DAYBOOK_RETURN_IF_ERROR(failed_);
      if (group.number != last_number_ + 1) {
        Fatal(absl::StrCat("the witness gets group ", group.number, " after ", last_number_));
      }
      if (RecordSpace(group.batch.size()) > ring_.bytes() - (tail_ - head_)) {
        Fatal("a group does not fit into what is free of the witness");
      }
      position = tail_;
      link = last_link_;
      after_sync = held_.empty() || last_synced_;
    }
    const uint32_t crc = EncodeRecord(store_id_, group, link, after_sync, &record_);
    absl::Status status = ring_.Write(position, record_);
    if (status.ok() && sync) status = ring_.Sync();

    MutexLock lock(&mutex_);
    if (!status.ok()) return Fail(status);
    tail_ = position + record_.size();
    last_number_ = group.number;
    last_link_ = crc;
    last_synced_ = sync;
    held_.push_back({group.number, tail_, crc});
    return absl::OkStatus();
  }

  absl::Status WriteHeader(const WitnessHeader& header) override {
    WitnessSlot slot;
    {
      MutexLock lock(&mutex_);
      DAYBOOK_RETURN_IF_ERROR(failed_);
      slot = Next(header);
    }
    const std::string bytes = EncodeSlot(slot);
    absl::Status status;
    for (const uint64_t number : {older_, 1 - older_}) {
      if (status.ok()) status = header_file_->Write(number * kWitnessBlock, bytes);
      if (status.ok()) status = header_file_->Sync();
    }
    MutexLock lock(&mutex_);
    if (!status.ok()) return Fail(status);
    Release(slot);
    return absl::OkStatus();
  }

 private:
  // The slot that follows the current one.
  WitnessSlot Next(const WitnessHeader& header) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (header.store_id != store_id_) Fatal("a header of another store for the witness");
    if (header.flushed_group < slot_.header.flushed_group) {
      Fatal(absl::StrCat("the witness is to hold group ", header.flushed_group + 1, " again"));
    }
    WitnessSlot slot{.epoch = slot_.epoch + 1,
                     .ring_bytes = ring_.bytes(),
                     .head = slot_.head,
                     .head_link = slot_.head_link,
                     .header = header};
    for (const Held& held : held_) {
      if (held.number > header.flushed_group) break;
      slot.head = held.end % ring_.bytes();
      slot.head_link = held.crc32c;
    }
    return slot;
  }

  void Release(const WitnessSlot& slot) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const uint64_t flushed = slot.header.flushed_group;
    while (!held_.empty() && held_.front().number <= flushed) {
      head_ = held_.front().end;
      held_.pop_front();
    }
    last_number_ = std::max(last_number_, flushed);
    slot_ = slot;
  }

  absl::Status Fail(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (failed_.ok()) failed_ = status;
    return status;
  }

  const Uuid store_id_;
  const std::unique_ptr<File> header_file_;  // used by WriteHeader alone
  Ring ring_;                                // used by Append alone
  std::string record_;                       // likewise

  mutable Mutex mutex_;
  WitnessSlot slot_ ABSL_GUARDED_BY(mutex_);  // as it is in the file
  const uint64_t older_;                      // the slot that is written first
  uint64_t head_ ABSL_GUARDED_BY(mutex_);
  uint64_t tail_ ABSL_GUARDED_BY(mutex_);
  uint64_t last_number_ ABSL_GUARDED_BY(mutex_);
  uint32_t last_link_ ABSL_GUARDED_BY(mutex_);
  bool last_synced_ ABSL_GUARDED_BY(mutex_) = false;  // what was found when opening: not by us
  std::deque<Held> held_ ABSL_GUARDED_BY(mutex_);
  absl::Status failed_ ABSL_GUARDED_BY(mutex_);
};

std::string DirectoryOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

absl::Status WriteNewFile(File* file, const WitnessSlot& slot) {
  const std::string zeros(size_t{1} << 20, '\0');
  const uint64_t end = kWitnessRingStart + slot.ring_bytes;
  for (uint64_t at = kWitnessRingStart; at < end; at += zeros.size()) {
    DAYBOOK_RETURN_IF_ERROR(
        file->Write(at, absl::string_view(zeros).substr(0, std::min(zeros.size(), end - at))));
  }
  for (uint64_t number = 0; number < kWitnessSlots; ++number) {
    DAYBOOK_RETURN_IF_ERROR(file->Write(number * kWitnessBlock, EncodeSlot(slot)));
  }
  return file->Sync();
}

// The newer of the intact slots, which of the two it is, and which is not intact.
struct ReadSlots {
  WitnessSlot newest;
  uint64_t current = 0;
  std::optional<uint64_t> damaged;
};

// There is no slot that was never written: the file gets its name when both are.
absl::StatusOr<ReadSlots> ReadHeaderSlots(File* file, const std::string& path) {
  std::optional<ReadSlots> read;
  std::optional<uint64_t> damaged;
  for (uint64_t number = 0; number < kWitnessSlots; ++number) {
    std::string bytes;
    DAYBOOK_ASSIGN_OR_RETURN(bytes, file->Read(number * kWitnessBlock, kWitnessBlock));
    absl::StatusOr<WitnessSlot> slot = DecodeSlot(bytes);
    if (absl::IsFailedPrecondition(slot.status())) {
      return absl::FailedPreconditionError(absl::StrCat(path, " is of ", slot.status().message()));
    }
    if (!slot.ok()) {
      damaged = number;
    } else if (!read.has_value() || slot->epoch > read->newest.epoch) {
      read = ReadSlots{.newest = *std::move(slot), .current = number};
    }
  }
  if (read.has_value()) {
    read->damaged = damaged;
    return *std::move(read);
  }
  return absl::DataLossError(absl::StrCat(path, ": both header slots of the witness are damaged"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Witness>> Witness::Create(FileSystem* files, const std::string& path,
                                                         uint64_t bytes,
                                                         const WitnessHeader& header) {
  if (bytes < kMinWitnessBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("a witness of ", bytes, " bytes; it needs ", kMinWitnessBytes));
  }
  WitnessSlot slot{.epoch = 1, .header = header};
  slot.ring_bytes = (bytes - kWitnessRingStart) / kWitnessBlock * kWitnessBlock;
  const std::string made = path + ".new";
  {
    std::unique_ptr<File> file;
    DAYBOOK_ASSIGN_OR_RETURN(file, files->OpenFile(made, /*create=*/true));
    DAYBOOK_RETURN_IF_ERROR(WriteNewFile(file.get(), slot));
  }
  DAYBOOK_RETURN_IF_ERROR(files->Rename(made, path));
  DAYBOOK_RETURN_IF_ERROR(files->SyncDirectory(DirectoryOf(path)));
  WitnessContent content;
  return Open(files, path, &content);
}

absl::StatusOr<std::unique_ptr<Witness>> Witness::Open(FileSystem* files, const std::string& path,
                                                       WitnessContent* content) {
  std::unique_ptr<File> header_file;
  DAYBOOK_ASSIGN_OR_RETURN(header_file, files->OpenFile(path, /*create=*/false));
  ReadSlots slots;
  DAYBOOK_ASSIGN_OR_RETURN(slots, ReadHeaderSlots(header_file.get(), path));
  const WitnessSlot& slot = slots.newest;
  uint64_t size = 0;
  DAYBOOK_ASSIGN_OR_RETURN(size, header_file->Size());
  if (size < kWitnessRingStart + slot.ring_bytes) {
    return absl::DataLossError(absl::StrCat(path, " was cut short: ", size, " bytes, not ",
                                            kWitnessRingStart + slot.ring_bytes));
  }
  std::unique_ptr<File> ring_file;
  DAYBOOK_ASSIGN_OR_RETURN(ring_file, files->OpenFile(path, /*create=*/false));
  Ring ring(std::move(ring_file), slot.ring_bytes);
  Scanner scanner(&ring, slot);
  *content = WitnessContent();
  content->damaged_slot = slots.damaged;
  DAYBOOK_RETURN_IF_ERROR(scanner.Scan(content));
  return std::make_unique<WitnessImpl>(std::move(header_file), std::move(ring), slot, slots.current,
                                       scanner.end(), scanner.TakeHeld());
}

}  // namespace daybook::internal
