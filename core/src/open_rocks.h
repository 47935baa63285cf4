// Opening a store on RocksDB.
#ifndef DAYBOOK_CORE_SRC_OPEN_ROCKS_H_
#define DAYBOOK_CORE_SRC_OPEN_ROCKS_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "daybook/core/open.h"
#include "engine.h"
#include "recovery.h"
#include "rocks_kv.h"
#include "store_files.h"
#include "witness.h"

namespace daybook::internal {

// OpenStore, with the environment that RocksDB runs on (nullptr: the default one).
absl::StatusOr<std::unique_ptr<Engine>> OpenRocksStore(absl::string_view path,
                                                       const StoreOptions& options,
                                                       rocksdb::Env* env);

// Makes a store, closed in order, of a database that was copied into its directory: compares it
// with what it must be, and gives it a witness. DataLoss when it is another; else as OpenStore.
absl::Status AdoptDatabase(const StoreFiles& files, const StoreOptions& options,
                           const StoreTip& expected);

FileSystem* FilesOf(const StoreOptions& options);
RocksKvOptions KvOptionsOf(const StoreOptions& options, rocksdb::Env* env);

// A store that is there, read and compared, and nothing of it changed.
struct DryStore {
  StoreFiles files;
  std::unique_ptr<FileLock> lock;
  std::unique_ptr<Witness> witness;
  WitnessContent content;
  std::unique_ptr<RocksKv> kv;  // read-only
  RecoveryPlan plan;
};

// The first half of every opening. Errors as OpenStore.
absl::StatusOr<DryStore> OpenDry(const StoreFiles& files, const StoreOptions& options,
                                 rocksdb::Env* env);

}  // namespace daybook::internal

#endif  // DAYBOOK_CORE_SRC_OPEN_ROCKS_H_
