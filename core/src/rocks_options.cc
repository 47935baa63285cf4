#include "rocks_options.h"

#include <sys/resource.h>

#include <algorithm>
#include <memory>
#include <string>

#include "info_log.h"
#include "rocksdb/cache.h"
#include "rocksdb/convenience.h"
#include "rocksdb/env.h"
#include "rocksdb/file_checksum.h"
#include "rocksdb/filter_policy.h"
#include "rocksdb/table.h"

namespace daybook::internal {
namespace {

class NullLogger : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

rocksdb::CompressionType FastCompression() {
  const std::vector<rocksdb::CompressionType> known = rocksdb::GetSupportedCompressions();
  for (const auto type : {rocksdb::kLZ4Compression, rocksdb::kZSTD}) {
    if (std::find(known.begin(), known.end(), type) != known.end()) return type;
  }
  return rocksdb::kNoCompression;
}

// Looked up by whole key, often for one that is not there.
bool IsPointLookup(Family family) {
  return family != Family::kLog && family != Family::kStreams;
}

rocksdb::BlockBasedTableOptions MakeTableOptions(Family family,
                                                 std::shared_ptr<rocksdb::Cache> cache) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = std::move(cache);
  // Indexes and filters live in the cache: memory stays bounded however large the store grows. They
  // are cut into blocks of their own, found by a small index that stays: whole ones are hundreds of
  // kilobytes a file, and once all of them are more than the cache, each look-up reads one anew.
  table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
  table.metadata_block_size = 4 << 10;
  table.cache_index_and_filter_blocks = true;
  table.cache_index_and_filter_blocks_with_high_priority = true;
  table.metadata_cache_options.top_level_index_pinning = rocksdb::PinningTier::kAll;
  table.metadata_cache_options.partition_pinning = rocksdb::PinningTier::kNone;
  table.checksum = rocksdb::kXXH3;
  table.format_version = 5;
  table.detect_filter_construct_corruption = true;
  table.block_size = family == Family::kLog ? 16 << 10 : 4 << 10;
  // A look-up then reads one entry, where it would read up to sixteen: a tenth of the time that an
  // aggregate of a hundred events takes to load, for some ten bytes an event before compression.
  if (family == Family::kLog) table.block_restart_interval = 1;
  if (IsPointLookup(family)) {
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    table.partition_filters = true;
    table.whole_key_filtering = true;
  }
  return table;
}

rocksdb::ColumnFamilyOptions MakeFamilyOptions(Family family, const RocksKvOptions& options,
                                               std::shared_ptr<rocksdb::Cache> cache) {
  rocksdb::ColumnFamilyOptions result;
  result.table_factory.reset(
      rocksdb::NewBlockBasedTableFactory(MakeTableOptions(family, std::move(cache))));
  result.compression = FastCompression();
  result.compaction_style = rocksdb::kCompactionStyleLevel;
  result.level_compaction_dynamic_level_bytes = true;
  // Larger than what the witness lets gather: the store's own Flush comes first.
  result.write_buffer_size = options.write_buffer_bytes;
  result.max_write_buffer_number = 3;
  result.force_consistency_checks = true;
  result.memtable_protection_bytes_per_key = 8;
  if (IsPointLookup(family)) {
    result.memtable_prefix_bloom_size_ratio = 0.02;
    result.memtable_whole_key_filtering = true;
  }
  // Old files of an append-only log are not written anew for their age.
  result.ttl = 0;
  result.periodic_compaction_seconds = 0;
  return result;
}

// A table file that is opened anew has its index read, so they stay open, up to half of those that
// the process may have.
int OpenFiles() {
  constexpr rlim_t kLeast = 256;
  constexpr rlim_t kMost = 1 << 16;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return kLeast;
  return static_cast<int>(std::clamp(limit.rlim_cur / 2, kLeast, kMost));
}

void SetDurability(rocksdb::DBOptions& db) {
  // A torn end of the log is not told from a damaged one; the witness tells them apart.
  db.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  db.recycle_log_file_num = 0;
  db.wal_compression = rocksdb::kNoCompression;
  db.manual_wal_flush = false;
  // On 7.8 these two records of the log in the MANIFEST do not go with SyncWAL.
  db.track_and_verify_wals_in_manifest = false;
  // All families move to table files together: whatever is then lost of the log, what is left is
  // the store as it stood after some group, on which the witness's groups can be applied.
  db.atomic_flush = true;
  db.paranoid_checks = true;
  db.flush_verify_memtable_count = true;
  db.verify_sst_unique_id_in_manifest = true;
  db.file_checksum_gen_factory = rocksdb::GetFileChecksumGenCrc32cFactory();
  // A failed write or sync ends the writing: what the medium holds is known only by reading again.
  db.max_bgerror_resume_count = 0;
  // One thread writes.
  db.allow_concurrent_memtable_write = false;
  db.enable_write_thread_adaptive_yield = false;
  db.enable_pipelined_write = false;
  db.unordered_write = false;
  db.two_write_queues = false;
  db.allow_2pc = false;
  db.allow_mmap_reads = false;
  db.allow_mmap_writes = false;
  db.WAL_ttl_seconds = 0;
  db.WAL_size_limit_MB = 0;
}

}  // namespace

rocksdb::DBOptions MakeDBOptions(const std::string& directory, const RocksKvOptions& options) {
  rocksdb::DBOptions db;
  if (options.env != nullptr) db.env = options.env;
  db.create_if_missing = options.create_if_missing && !options.read_only;
  db.create_missing_column_families = db.create_if_missing;
  SetDurability(db);

  db.max_background_jobs = 2;
  db.max_open_files = OpenFiles();
  // RocksDB's 16 would be started for each family at each opening, only to read the ends of a few
  // files.
  db.max_file_opening_threads = 1;
  db.bytes_per_sync = 1 << 20;
  db.avoid_unnecessary_blocking_io = !options.read_only;  // 7.8 asserts against both
  db.skip_stats_update_on_db_open = true;
  db.stats_dump_period_sec = 0;
  db.stats_persist_period_sec = 0;
  db.max_manifest_file_size = 16 << 20;
  db.manifest_preallocation_size = 64 << 10;  // not 4 MiB at each opening for some kilobytes

  // Opening for reading leaves no trace.
  if (options.read_only) {
    db.info_log = std::make_shared<NullLogger>();
  } else {
    db.info_log = std::make_shared<InfoLog>(directory);
  }
  return db;
}

std::vector<rocksdb::ColumnFamilyDescriptor> MakeFamilies(const RocksKvOptions& options) {
  const std::shared_ptr<rocksdb::Cache> cache = rocksdb::NewLRUCache(options.block_cache_bytes);
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  families.emplace_back(rocksdb::kDefaultColumnFamilyName,
                        MakeFamilyOptions(Family::kMeta, options, cache));
  for (int i = 0; i < kFamilies; ++i) {
    families.emplace_back(std::string(kFamilyNames[i]),
                          MakeFamilyOptions(static_cast<Family>(i), options, cache));
  }
  return families;
}

}  // namespace daybook::internal
