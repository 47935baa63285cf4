#include "rocks_kv.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "coding.h"
#include "daybook/core/mutex.h"
#include "daybook/core/status_macros.h"
#include "manifest_mark.h"
#include "rocks_options.h"
#include "rocks_status.h"
#include "rocksdb/db.h"
#include "rocksdb/env.h"
#include "rocksdb/table_properties.h"
#include "rocksdb/write_batch.h"
#include "table_tail.h"

namespace daybook::internal {
namespace {

rocksdb::Slice ToSlice(absl::string_view bytes) {
  return {bytes.data(), bytes.size()};
}
absl::string_view ToView(const rocksdb::Slice& slice) {
  return {slice.data(), slice.size()};
}

class RocksSnapshot : public KvSnapshot {
 public:
  explicit RocksSnapshot(rocksdb::DB* db) : db_(db), snapshot_(db->GetSnapshot()) {}
  ~RocksSnapshot() override { db_->ReleaseSnapshot(snapshot_); }
  const rocksdb::Snapshot* get() const { return snapshot_; }

 private:
  rocksdb::DB* const db_;
  const rocksdb::Snapshot* const snapshot_;
};

rocksdb::ReadOptions At(const KvSnapshot* snapshot) {
  rocksdb::ReadOptions options;
  if (snapshot != nullptr) options.snapshot = static_cast<const RocksSnapshot*>(snapshot)->get();
  return options;
}

struct RocksPin : KvValue::Pin {
  RocksPin() = default;
  explicit RocksPin(rocksdb::PinnableSlice&& s) : slice(std::move(s)) {}
  rocksdb::PinnableSlice slice;
};

KvValue ToValue(std::unique_ptr<RocksPin> pin) {
  const absl::string_view view = ToView(pin->slice);
  return KvValue(view, std::move(pin));
}

class RocksIterator : public KvIterator {
 public:
  RocksIterator(rocksdb::DB* db, rocksdb::ColumnFamilyHandle* family,
                std::shared_ptr<const KvSnapshot> snapshot, KvBounds bounds)
      : snapshot_(std::move(snapshot)),
        bounds_(std::move(bounds)),
        lower_(bounds_.lower),
        upper_(bounds_.upper) {
    rocksdb::ReadOptions options = At(snapshot_.get());
    if (!bounds_.lower.empty()) options.iterate_lower_bound = &lower_;
    if (!bounds_.upper.empty()) options.iterate_upper_bound = &upper_;
    it_.reset(db->NewIterator(options, family));
  }

  bool Valid() const override { return it_->Valid(); }
  void Seek(absl::string_view key) override { it_->Seek(ToSlice(key)); }
  void SeekForPrev(absl::string_view key) override { it_->SeekForPrev(ToSlice(key)); }
  void Next() override { it_->Next(); }
  void Prev() override { it_->Prev(); }
  absl::string_view key() const override { return ToView(it_->key()); }
  absl::string_view value() const override { return ToView(it_->value()); }
  absl::Status status() const override { return FromRocks(it_->status()); }

 private:
  const std::shared_ptr<const KvSnapshot> snapshot_;
  const KvBounds bounds_;
  const rocksdb::Slice lower_;
  const rocksdb::Slice upper_;
  std::unique_ptr<rocksdb::Iterator> it_;  // the last: it points at the above
};

class RocksKvImpl : public RocksKv {
 public:
  RocksKvImpl(std::unique_ptr<rocksdb::DB> db, std::vector<rocksdb::ColumnFamilyHandle*> handles)
      : db_(std::move(db)), handles_(std::move(handles)) {}

  ~RocksKvImpl() override {
    for (rocksdb::ColumnFamilyHandle* handle : handles_) db_->DestroyColumnFamilyHandle(handle);
  }

  absl::Status Write(const KvBatch& batch) override {
    DAYBOOK_RETURN_IF_ERROR(Stopped());
    write_batch_.Clear();
    rocksdb::Status put;
    DAYBOOK_RETURN_IF_ERROR(KvBatch::ForEach(
        batch.bytes(),
        [&](Family family, absl::string_view key, absl::string_view value) {
          if (put.ok()) put = write_batch_.Put(Handle(family), ToSlice(key), ToSlice(value));
        },
        [&](Family family, absl::string_view key) {
          if (put.ok()) put = write_batch_.Delete(Handle(family), ToSlice(key));
        }));
    if (!put.ok()) return Stop(put);
    rocksdb::WriteOptions options;
    options.sync = false;  // SyncLog's part
    options.disableWAL = false;
    return Stop(db_->Write(options, &write_batch_));
  }

  absl::Status SyncLog() override {
    DAYBOOK_RETURN_IF_ERROR(Stopped());
    return Stop(db_->SyncWAL());
  }

  absl::Status Flush() override {
    DAYBOOK_RETURN_IF_ERROR(Stopped());
    rocksdb::FlushOptions options;
    options.wait = true;
    options.allow_write_stall = true;
    return Stop(db_->Flush(options, handles_));
  }

  std::shared_ptr<const KvSnapshot> Snapshot() override {
    return std::make_shared<RocksSnapshot>(db_.get());
  }

  absl::StatusOr<std::optional<KvValue>> Get(const KvSnapshot* snapshot, Family family,
                                             absl::string_view key) const override {
    auto pin = std::make_unique<RocksPin>();
    const rocksdb::Status status =
        db_->Get(At(snapshot), Handle(family), ToSlice(key), &pin->slice);
    if (status.IsNotFound()) return std::nullopt;
    if (!status.ok()) return FromRocks(status);
    return ToValue(std::move(pin));
  }

  absl::StatusOr<std::vector<std::optional<KvValue>>> MultiGet(
      const KvSnapshot* snapshot, Family family,
      absl::Span<const absl::string_view> keys) const override {
    std::vector<rocksdb::Slice> slices;
    slices.reserve(keys.size());
    for (const absl::string_view key : keys) slices.push_back(ToSlice(key));
    std::vector<rocksdb::PinnableSlice> found(keys.size());
    std::vector<rocksdb::Status> statuses(keys.size());
    db_->MultiGet(At(snapshot), Handle(family), keys.size(), slices.data(), found.data(),
                  statuses.data(), std::is_sorted(keys.begin(), keys.end()));
    std::vector<std::optional<KvValue>> values;
    values.reserve(keys.size());
    for (size_t i = 0; i < keys.size(); ++i) {
      if (statuses[i].IsNotFound()) {
        values.push_back(std::nullopt);
        continue;
      }
      DAYBOOK_RETURN_IF_ERROR(FromRocks(statuses[i]));
      values.push_back(ToValue(std::make_unique<RocksPin>(std::move(found[i]))));
    }
    return values;
  }

  std::unique_ptr<KvIterator> NewIterator(std::shared_ptr<const KvSnapshot> snapshot, Family family,
                                          KvBounds bounds) const override {
    return std::make_unique<RocksIterator>(db_.get(), Handle(family), std::move(snapshot),
                                           std::move(bounds));
  }

  absl::StatusOr<uint64_t> CountEntries(Family family) const override {
    // A flush in between would move entries from one sum to the other: count again then.
    while (true) {
      uint64_t before = 0;
      uint64_t after = 0;
      DAYBOOK_ASSIGN_OR_RETURN(
          before, Property(family, rocksdb::DB::Properties::kCurrentSuperVersionNumber));
      uint64_t entries = 0;
      DAYBOOK_ASSIGN_OR_RETURN(entries, CountOnce(family));
      DAYBOOK_ASSIGN_OR_RETURN(
          after, Property(family, rocksdb::DB::Properties::kCurrentSuperVersionNumber));
      if (before == after) return entries;
    }
  }

  absl::Status Compact() override {
    DAYBOOK_RETURN_IF_ERROR(Stopped());
    rocksdb::CompactRangeOptions options;
    options.exclusive_manual_compaction = false;
    // What lies at the bottom already may hold what is to go.
    options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForceOptimized;
    for (const Family family : {Family::kLog, Family::kStreams, Family::kRows}) {
      DAYBOOK_RETURN_IF_ERROR(
          FromRocks(db_->CompactRange(options, Handle(family), nullptr, nullptr)));
    }
    return absl::OkStatus();
  }

  uint64_t DiskBytes() const override {
    uint64_t bytes = 0;
    for (rocksdb::ColumnFamilyHandle* handle : handles_) {
      uint64_t family_bytes = 0;
      db_->GetIntProperty(handle, rocksdb::DB::Properties::kTotalSstFilesSize, &family_bytes);
      bytes += family_bytes;
    }
    return bytes;
  }

  absl::StatusOr<ManifestMark> MarkManifest() override {
    std::vector<std::string> files;
    uint64_t size = 0;
    DAYBOOK_RETURN_IF_ERROR(FromRocks(db_->GetLiveFiles(files, &size, /*flush_memtable=*/false)));
    for (const std::string& file : files) {
      const absl::string_view name = absl::StripPrefix(file, "/");
      const std::optional<uint64_t> number = ManifestNumber(name);
      if (!number.has_value()) continue;
      if (mark_.number != *number) mark_ = ManifestMark{.number = *number};
      DAYBOOK_ASSIGN_OR_RETURN(
          mark_,
          ExtendManifestMark(db_->GetEnv(), absl::StrCat(db_->GetName(), "/", name), mark_, size));
      return mark_;
    }
    return absl::InternalError("RocksDB names no MANIFEST among its files");
  }

  absl::StatusOr<std::vector<StoreFile>> HoldFiles() override {
    DAYBOOK_RETURN_IF_ERROR(Stopped());
    DAYBOOK_RETURN_IF_ERROR(FromRocks(db_->DisableFileDeletions()));
    absl::StatusOr<std::vector<StoreFile>> files = ListFiles();
    if (!files.ok()) ReleaseFiles();
    return files;
  }

  void ReleaseFiles() override {
    // It can fail only where nothing was disabled.
    db_->EnableFileDeletions(/*force=*/false).PermitUncheckedError();
  }

  absl::Status VerifyFiles() override {
    rocksdb::ReadOptions options;
    options.fill_cache = false;
    options.readahead_size = 2 << 20;
    DAYBOOK_RETURN_IF_ERROR(FromRocks(db_->VerifyFileChecksums(options)));
    return FromRocks(db_->VerifyChecksum(options));
  }

 private:
  rocksdb::ColumnFamilyHandle* Handle(Family family) const {
    return handles_[1 + static_cast<size_t>(family)];
  }

  absl::StatusOr<std::vector<StoreFile>> ListFiles() {
    rocksdb::LiveFilesStorageInfoOptions options;
    options.include_checksum_info = true;
    options.wal_size_for_flush = std::numeric_limits<uint64_t>::max();  // the log is copied instead
    std::vector<rocksdb::LiveFileStorageInfo> infos;
    DAYBOOK_RETURN_IF_ERROR(FromRocks(db_->GetLiveFilesStorageInfo(options, &infos)));
    std::vector<StoreFile> files;
    for (const rocksdb::LiveFileStorageInfo& info : infos) {
      // The options are given anew with each opening.
      if (info.file_type == rocksdb::kOptionsFile) continue;
      StoreFile& file = files.emplace_back();
      file.name = info.relative_filename;
      file.size = info.size;
      file.content = info.replacement_contents;
      if (info.file_type != rocksdb::kTableFile) continue;
      if (info.file_checksum_func_name != "FileChecksumCrc32c" || info.file_checksum.size() != 4) {
        return absl::InternalError(absl::StrCat("RocksDB tells no checksum of ", file.name));
      }
      file.crc32c = LoadBig<uint32_t>(info.file_checksum.data());
      file.identity = absl::StrCat(info.file_number, "-", file.size, "-", absl::Hex(file.crc32c));
    }
    return files;
  }

  absl::Status Stopped() const {
    MutexLock lock(&mutex_);
    return stopped_;
  }
  // Remembers the first failure.
  absl::Status Stop(const rocksdb::Status& status) {
    if (status.ok()) return absl::OkStatus();
    MutexLock lock(&mutex_);
    if (stopped_.ok()) stopped_ = FromRocks(status);
    return FromRocks(status);
  }

  absl::StatusOr<uint64_t> Property(Family family, const std::string& name) const {
    uint64_t value = 0;
    if (db_->GetIntProperty(Handle(family), name, &value)) return value;
    return absl::InternalError(absl::StrCat("RocksDB does not tell ", name));
  }

  absl::StatusOr<uint64_t> CountOnce(Family family) const {
    using Properties = rocksdb::DB::Properties;
    uint64_t entries = 0;
    for (const std::string& name :
         {Properties::kNumEntriesActiveMemTable, Properties::kNumEntriesImmMemTables}) {
      uint64_t count = 0;
      DAYBOOK_ASSIGN_OR_RETURN(count, Property(family, name));
      entries += count;
    }
    for (const std::string& name :
         {Properties::kNumDeletesActiveMemTable, Properties::kNumDeletesImmMemTables}) {
      uint64_t count = 0;
      DAYBOOK_ASSIGN_OR_RETURN(count, Property(family, name));
      entries -= count;
    }
    rocksdb::TablePropertiesCollection tables;
    DAYBOOK_RETURN_IF_ERROR(FromRocks(db_->GetPropertiesOfAllTables(Handle(family), &tables)));
    for (const auto& [name, properties] : tables) {
      entries += properties->num_entries - properties->num_deletions;
    }
    return entries;
  }

  const std::unique_ptr<rocksdb::DB> db_;
  const std::vector<rocksdb::ColumnFamilyHandle*> handles_;  // the default one, then by Family
  // Used by the one writer, by the one who marks.
  rocksdb::WriteBatch write_batch_{/*reserved_bytes=*/0, /*max_bytes=*/0,
                                   /*protection_bytes_per_key=*/8, /*default_cf_ts_sz=*/0};
  ManifestMark mark_;
  mutable Mutex mutex_;
  absl::Status stopped_ ABSL_GUARDED_BY(mutex_);
};

// RocksDB would make a new store over the tables of one that has lost its CURRENT.
absl::Status CheckNothingIsLeft(rocksdb::Env* env, const std::string& directory) {
  std::vector<std::string> names;
  if (!env->GetChildren(directory, &names).ok()) return absl::OkStatus();
  for (const std::string& name : names) {
    if (absl::EndsWith(name, ".sst") || absl::EndsWith(name, ".log")) {
      return absl::DataLossError(
          absl::StrCat(directory, " has no CURRENT, but data of a store: ", name));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<RocksKv>> RocksKv::Open(const std::string& directory,
                                                       const RocksKvOptions& options) {
  rocksdb::Env* const env = options.env != nullptr ? options.env : rocksdb::Env::Default();
  const rocksdb::Status current = env->FileExists(directory + "/CURRENT");
  const bool exists = !current.IsNotFound();
  if (!exists) {
    DAYBOOK_RETURN_IF_ERROR(CheckNothingIsLeft(env, directory));
    if (options.read_only || !options.create_if_missing) {
      return absl::NotFoundError(absl::StrCat("no store in ", directory));
    }
  } else {
    DAYBOOK_RETURN_IF_ERROR(CheckTableFiles(env, directory));
  }

  const rocksdb::DBOptions db_options = MakeDBOptions(directory, options);
  const auto families = MakeFamilies(options);
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  const rocksdb::Status opened =
      options.read_only
          ? rocksdb::DB::OpenForReadOnly(db_options, directory, families, &handles, &db)
          : rocksdb::DB::Open(db_options, directory, families, &handles, &db);
  if (!opened.ok()) {
    absl::Status status = FromRocks(opened);
    // A family that is gone, a comparator of another name, an unknown record: not how we made it.
    if (exists && !IsMediumError(opened) &&
        (opened.IsInvalidArgument() || opened.IsNotSupported())) {
      return absl::DataLossError(status.message());
    }
    if (!exists && opened.IsPathNotFound()) return absl::NotFoundError(status.message());
    return status;
  }
  return std::make_unique<RocksKvImpl>(std::unique_ptr<rocksdb::DB>(db), std::move(handles));
}

}  // namespace daybook::internal
