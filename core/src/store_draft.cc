#include "daybook/core/store_draft.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "daybook/core/errors.h"
#include "daybook/core/make_directories.h"
#include "daybook/core/status_macros.h"
#include "open_rocks.h"
#include "store_files.h"

namespace daybook {
namespace {

std::string WithoutSlashes(absl::string_view path) {
  while (path.size() > 1 && absl::ConsumeSuffix(&path, "/")) {
  }
  return std::string(path);
}

}  // namespace

StoreDraft::StoreDraft(std::string path, const StoreOptions& options)
    : path_(std::move(path)),
      directory_(path_ + ".draft"),
      options_(options),
      files_(internal::FilesOf(options)) {}

absl::StatusOr<std::unique_ptr<StoreDraft>> StoreDraft::Begin(absl::string_view path,
                                                              const StoreOptions& options) {
  if (path.empty()) return InvalidFieldError("path", "must not be empty");
  DAYBOOK_RETURN_IF_ERROR(internal::CheckOptions(options));
  std::unique_ptr<StoreDraft> draft(new StoreDraft(WithoutSlashes(path), options));
  DAYBOOK_RETURN_IF_ERROR(draft->MakeDirectory());
  return draft;
}

absl::Status StoreDraft::MakeDirectory() {
  if (files_->Exists(path_)) {
    return absl::AlreadyExistsError(
        absl::StrCat(path_, " is there already: a store is made anew, never over something"));
  }
  const internal::StoreFiles store{directory_};
  if (files_->Exists(directory_) && !files_->Exists(store.draft())) {
    DAYBOOK_ASSIGN_OR_RETURN(const std::vector<std::string> names, files_->List(directory_));
    if (!names.empty()) {
      return absl::AlreadyExistsError(absl::StrCat(
          directory_,
          " is in the way, and was not left by an interrupted attempt: ", "move it away"));
    }
  }
  DAYBOOK_RETURN_IF_ERROR(MakeDirectories(*files_, directory_));
  absl::StatusOr<std::unique_ptr<FileLock>> lock = files_->Lock(store.draft());
  if (absl::IsUnavailable(lock.status())) {
    return absl::UnavailableError(absl::StrCat(path_, " is being made by another process"));
  }
  DAYBOOK_RETURN_IF_ERROR(lock.status());
  lock_ = *std::move(lock);
  // The mark goes first: whatever is left of the draft after a power cut is known by it.
  DAYBOOK_RETURN_IF_ERROR(files_->SyncDirectory(directory_));
  return RemoveContent();
}

StoreDraft::~StoreDraft() {
  if (lock_ != nullptr && !published_) (void)Remove();
}

absl::StatusOr<VerifyReport> StoreDraft::Adopt(const StoreTip& expected) {
  DAYBOOK_RETURN_IF_ERROR(files_->SyncDirectory(database()));
  DAYBOOK_RETURN_IF_ERROR(internal::AdoptDatabase({directory_}, options_, expected));
  DAYBOOK_ASSIGN_OR_RETURN(VerifyReport report, VerifyStore(directory_, options_));
  if (report.tip != expected.position || report.chain != expected.chain_hex) {
    return DamageError("log", report.tip, "it goes on after the tip that it should end at");
  }
  return report;
}

absl::Status StoreDraft::Publish() {
  // Whoever made something at the place meanwhile keeps it; an empty directory alone would be
  // replaced.
  if (files_->Exists(path_)) return absl::AlreadyExistsError(absl::StrCat(path_, " is there now"));
  DAYBOOK_RETURN_IF_ERROR(files_->SyncDirectory(directory_));
  DAYBOOK_RETURN_IF_ERROR(files_->Rename(directory_, path_));
  published_ = true;
  // Only then the mark: if the power is cut before the new name is on the medium, the old one must
  // still be that of a draft.
  DAYBOOK_RETURN_IF_ERROR(files_->SyncDirectory(ParentDirectory(path_)));
  DAYBOOK_RETURN_IF_ERROR(files_->Delete(internal::StoreFiles{path_}.draft()));
  return files_->SyncDirectory(path_);
}

absl::Status StoreDraft::RemoveContent() {
  const internal::StoreFiles store{directory_};
  DAYBOOK_ASSIGN_OR_RETURN(const std::vector<std::string> names, files_->List(directory_));
  for (const std::string& name : names) {
    const std::string path = absl::StrCat(directory_, "/", name);
    if (path == store.draft()) continue;
    if (path != store.database()) {
      DAYBOOK_RETURN_IF_ERROR(files_->Delete(path));
      continue;
    }
    DAYBOOK_ASSIGN_OR_RETURN(const std::vector<std::string> tables, files_->List(path));
    for (const std::string& table : tables) {
      DAYBOOK_RETURN_IF_ERROR(files_->Delete(absl::StrCat(path, "/", table)));
    }
    DAYBOOK_RETURN_IF_ERROR(files_->DeleteDirectory(path));
  }
  return absl::OkStatus();
}

absl::Status StoreDraft::Remove() {
  DAYBOOK_RETURN_IF_ERROR(RemoveContent());
  // The mark goes last: without it nobody would know the rest for a draft.
  DAYBOOK_RETURN_IF_ERROR(files_->SyncDirectory(directory_));
  DAYBOOK_RETURN_IF_ERROR(files_->Delete(internal::StoreFiles{directory_}.draft()));
  return files_->DeleteDirectory(directory_);
}

}  // namespace daybook
