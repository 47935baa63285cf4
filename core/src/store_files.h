// What lies in a store's directory, and the rules of making and finding it.
//
//   <store>/lock       held while the store is open
//   <store>/witness    the second record
//   <store>/db/        RocksDB's files
//   <store>/making     there while the store is being made: nothing was acknowledged yet
//   <store>/draft      held while the store is made of another one's, beside its place
#ifndef DAYBOOK_CORE_SRC_STORE_FILES_H_
#define DAYBOOK_CORE_SRC_STORE_FILES_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "daybook/core/file_system.h"

namespace daybook::internal {

struct StoreFiles {
  std::string directory;
  std::string witness() const { return directory + "/witness"; }
  std::string database() const { return directory + "/db"; }
  std::string lock() const { return directory + "/lock"; }
  std::string making() const { return directory + "/making"; }
  std::string draft() const { return directory + "/draft"; }
};

enum class StoreState {
  kAbsent,    // nothing there, or an empty directory
  kHalfMade,  // its making was interrupted
  kMade,
};

// InvalidArgument when `files.directory` is a file, or a directory of other things.
absl::StatusOr<StoreState> FindStore(FileSystem* files, const StoreFiles& store);

// Removes what a making that was interrupted left.
absl::Status RemoveHalfMade(FileSystem* files, const StoreFiles& store);

// Unavailable, with the store's name, when it is open elsewhere.
absl::StatusOr<std::unique_ptr<FileLock>> LockStore(FileSystem* files, const StoreFiles& store);

}  // namespace daybook::internal

#endif  // DAYBOOK_CORE_SRC_STORE_FILES_H_
