// The files of an open store as of one published tip: what a backup is a copy of.
#ifndef DAYBOOK_CORE_STORE_CAPTURE_H_
#define DAYBOOK_CORE_STORE_CAPTURE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "daybook/core/file_system.h"
#include "daybook/core/position.h"
#include "daybook/core/uuid.h"

namespace daybook {

// Where the history of a store stands.
struct StoreTip {
  Uuid store_id;
  uint64_t group = 0;  // what was synced as one, counted from 1: also tells table writes apart
  Position position;
  std::string chain_hex;  // the chain hash there, 64 hexadecimal digits
};

// A file of the store's database.
struct StoreFile {
  std::string name;   // without a directory
  uint64_t size = 0;  // what of the file counts: it may have grown since
  // Not empty: the file never changes, and another one of the same store with this text is equal.
  std::string identity;
  uint32_t crc32c = 0;  // of a file with an identity
  // Not empty: the content, which does not lie in the file.
  std::string content;
};

// As long as it lives the store deletes none of the files; the disk space of what compactions
// replace meanwhile is not given back. Must be gone before the store is.
struct StoreCapture {
  StoreTip tip;
  std::string directory;
  std::vector<StoreFile> files;
  std::shared_ptr<const void> hold;
};

// Calls `visit` with the content of a file, piece by piece, through `files`. DataLoss when the file
// is shorter than it was or is not the one that was written; the error of `visit`; else as
// FileSystem.
absl::Status ReadStoreFile(FileSystem* files, const StoreCapture& capture, const StoreFile& file,
                           absl::FunctionRef<absl::Status(absl::string_view piece)> visit);

}  // namespace daybook

#endif  // DAYBOOK_CORE_STORE_CAPTURE_H_
