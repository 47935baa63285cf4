#include "store_files.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "daybook/core/errors.h"
#include "daybook/core/status_macros.h"

namespace daybook::internal {

absl::StatusOr<StoreState> FindStore(FileSystem* files, const StoreFiles& store) {
  if (store.directory.empty()) return InvalidFieldError("path", "must not be empty");
  if (!files->Exists(store.directory)) return StoreState::kAbsent;
  absl::StatusOr<std::vector<std::string>> names = files->List(store.directory);
  if (!names.ok()) {
    if (absl::IsPermissionDenied(names.status())) return names.status();
    return InvalidFieldError("path", absl::StrCat("must be a directory: ", store.directory));
  }
  if (files->Exists(store.making())) return StoreState::kHalfMade;
  if (files->Exists(store.witness()) || files->Exists(store.database())) return StoreState::kMade;
  // A lock alone: the making ended before its first step.
  const bool empty = std::all_of(names->begin(), names->end(), [](const std::string& name) {
    return name == "lock" || name == "draft";
  });
  if (empty) return StoreState::kAbsent;
  return InvalidFieldError(
      "path", absl::StrCat("must be a Daybook store or an empty directory, but ", store.directory,
                           " holds other files"));
}

absl::Status RemoveHalfMade(FileSystem* files, const StoreFiles& store) {
  if (files->Exists(store.database())) {
    DAYBOOK_ASSIGN_OR_RETURN(const std::vector<std::string> names, files->List(store.database()));
    for (const std::string& name : names) {
      DAYBOOK_RETURN_IF_ERROR(files->Delete(absl::StrCat(store.database(), "/", name)));
    }
  }
  if (files->Exists(store.witness())) DAYBOOK_RETURN_IF_ERROR(files->Delete(store.witness()));
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<FileLock>> LockStore(FileSystem* files, const StoreFiles& store) {
  absl::StatusOr<std::unique_ptr<FileLock>> lock = files->Lock(store.lock());
  if (absl::IsUnavailable(lock.status())) {
    return absl::UnavailableError(
        absl::StrCat("the store ", store.directory,
                     " is open elsewhere, in this process or another: close it there first"));
  }
  return lock;
}

}  // namespace daybook::internal
