#include "daybook/snapshots/backup.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "backup_directory.h"
#include "daybook/core/errors.h"
#include "daybook/core/log_entry.h"
#include "daybook/core/status_macros.h"
#include "file_copy.h"

namespace daybook {
namespace internal {
namespace {

FileSystem* FilesOf(const BackupOptions& options) {
  return options.files != nullptr ? options.files : &FileSystem::Posix();
}

BackupInfo InfoOf(const v1::StoredBackup& backup) {
  BackupInfo info;
  info.number = backup.number();
  info.tip = {.store_id = Uuid::FromBytes(backup.store_id()),
              .group = backup.group(),
              .position = Position(backup.tip()),
              .chain_hex = absl::BytesToHexString(backup.chain())};
  info.made = absl::FromUnixMicros(backup.made_micros());
  info.files = static_cast<uint64_t>(backup.files_size());
  for (const v1::StoredBackup::File& file : backup.files()) info.bytes += file.size();
  return info;
}

// Makes one backup.
class BackupRun {
 public:
  BackupRun(EventStore& store, BackupDirectory directory, FileSystem* files)
      : store_(store), directory_(std::move(directory)), files_(files) {}

  absl::StatusOr<BackupInfo> Run(absl::Time now) {
    DAYBOOK_ASSIGN_OR_RETURN(const auto lock, directory_.LockToWrite());
    DAYBOOK_ASSIGN_OR_RETURN(const std::vector<uint64_t> numbers, directory_.Numbers());
    DAYBOOK_ASSIGN_OR_RETURN(StoreCapture capture, store_.Capture());
    if (!numbers.empty()) {
      DAYBOOK_ASSIGN_OR_RETURN(last_, directory_.Read(numbers.back()));
      DAYBOOK_RETURN_IF_ERROR(CheckHistory(capture.tip));
    }
    backup_.set_number(last_.number() + 1);
    backup_.set_store_id(std::string(capture.tip.store_id.bytes()));
    backup_.set_group(capture.tip.group);
    backup_.set_tip(capture.tip.position.sequence());
    backup_.set_chain(absl::HexStringToBytes(capture.tip.chain_hex));
    backup_.set_made_micros(absl::ToUnixMicros(now));
    absl::Status status = Make(std::move(capture));
    // What cannot be removed, the next one removes.
    if (!status.ok()) (void)directory_.RemoveMaking(backup_.number());
    DAYBOOK_RETURN_IF_ERROR(status);
    BackupInfo info = InfoOf(backup_);
    info.new_bytes = new_bytes_;
    return info;
  }

 private:
  // Whether the store has gone on from where the last backup was taken.
  absl::Status CheckHistory(const StoreTip& tip) {
    const BackupInfo last = InfoOf(last_);
    if (last.tip.store_id != tip.store_id) {
      return absl::FailedPreconditionError(absl::StrCat(
          "the directory holds backups of another store, ", last.tip.store_id.ToString(),
          ", not of ", tip.store_id.ToString(), ": use a directory of its own"));
    }
    DAYBOOK_ASSIGN_OR_RETURN(const std::string chain, ChainAt(last.tip.position));
    if (last.tip.group <= tip.group && chain == last.tip.chain_hex) return absl::OkStatus();
    return absl::FailedPreconditionError(
        absl::StrCat("the directory's newest backup, ", last.number, ", was taken at position ",
                     last.tip.position.ToString(),
                     " of a history that is not this store's: it was restored from ",
                     "an older backup and has gone on. Use a new directory"));
  }

  // The chain hash at the end of the commit that ends at `position`; empty where none does.
  absl::StatusOr<std::string> ChainAt(Position position) {
    if (position == Position::Start()) return std::string(64, '0');
    DAYBOOK_ASSIGN_OR_RETURN(
        const EventBatch batch,
        store_.Reader()->ReadLog({.from = Position(position.sequence() - 1), .limit = 1}));
    if (batch.empty()) return "";
    DAYBOOK_ASSIGN_OR_RETURN(const LogEntry entry, LogEntryOf(batch.front()));
    return entry.commit_chain_hex;
  }

  absl::Status Make(StoreCapture capture) {
    const std::string making = directory_.MakingOf(backup_.number());
    DAYBOOK_RETURN_IF_ERROR(directory_.RemoveMaking(backup_.number()));
    DAYBOOK_RETURN_IF_ERROR(files_->CreateDirectories(making));
    for (const StoreFile& file : capture.files) DAYBOOK_RETURN_IF_ERROR(Take(capture, file));
    capture.hold.reset();
    DAYBOOK_RETURN_IF_ERROR(files_->SyncDirectory(directory_.tables()));
    DAYBOOK_RETURN_IF_ERROR(directory_.WriteContents(backup_));
    DAYBOOK_RETURN_IF_ERROR(directory_.Verify(backup_, /*making=*/true));
    DAYBOOK_RETURN_IF_ERROR(files_->Rename(making, directory_.PathOf(backup_.number())));
    return files_->SyncDirectory(directory_.backups());
  }

  // Adds the file to the backup: copies it unless the last backup has it.
  absl::Status Take(const StoreCapture& capture, const StoreFile& file) {
    const std::string table = file.identity.empty() ? "" : absl::StrCat(file.identity, ".sst");
    const auto known =
        std::find_if(last_.files().begin(), last_.files().end(),
                     [&](const auto& before) { return !table.empty() && before.table() == table; });
    v1::StoredBackup::File* const taken = backup_.add_files();
    taken->set_name(file.name);
    taken->set_table(table);
    if (known != last_.files().end()) {
      taken->set_size(known->size());
      taken->set_sha256(known->sha256());
      return absl::OkStatus();
    }
    const std::string path = directory_.PathOf(backup_, *taken, /*making=*/true);
    // A table comes to its place whole: an older backup may have the same one there.
    const std::string written = table.empty() ? path : path + ".new";
    DAYBOOK_ASSIGN_OR_RETURN(const auto writer, FileWriter::Open(files_, written));
    DAYBOOK_RETURN_IF_ERROR(ReadStoreFile(
        files_, capture, file, [&](absl::string_view piece) { return writer->Append(piece); }));
    DAYBOOK_ASSIGN_OR_RETURN(const std::string digest, writer->Finish());
    taken->set_size(writer->size());
    taken->set_sha256(digest);
    new_bytes_ += writer->size();
    return table.empty() ? absl::OkStatus() : files_->Rename(written, path);
  }

  EventStore& store_;
  BackupDirectory directory_;
  FileSystem* const files_;
  v1::StoredBackup last_;
  v1::StoredBackup backup_;
  uint64_t new_bytes_ = 0;
};

}  // namespace
}  // namespace internal

absl::StatusOr<BackupInfo> Backup(EventStore& store, absl::string_view directory,
                                  const BackupOptions& options) {
  FileSystem* const files = internal::FilesOf(options);
  Clock& clock = options.clock != nullptr ? *options.clock : Clock::System();
  return internal::BackupRun(store, internal::BackupDirectory(files, directory), files)
      .Run(clock.Now());
}

absl::StatusOr<std::vector<BackupInfo>> ListBackups(absl::string_view directory,
                                                    const BackupOptions& options) {
  internal::BackupDirectory backups(internal::FilesOf(options), directory);
  DAYBOOK_ASSIGN_OR_RETURN(const std::vector<uint64_t> numbers, backups.Numbers());
  if (numbers.empty()) return absl::NotFoundError(absl::StrCat("no backup in ", directory));
  std::vector<BackupInfo> infos;
  for (const uint64_t number : numbers) {
    const absl::StatusOr<v1::StoredBackup> backup = backups.Read(number);
    // Listing takes no lock: somebody else may remove an old one meanwhile.
    if (!backup.ok() && backups.WasRemoved(number)) continue;
    DAYBOOK_RETURN_IF_ERROR(backup.status());
    infos.push_back(internal::InfoOf(*backup));
  }
  return infos;
}

absl::StatusOr<uint64_t> RemoveOldBackups(absl::string_view directory, uint64_t keep,
                                          const BackupOptions& options) {
  if (keep == 0) return InvalidFieldError("keep", "must be at least 1");
  FileSystem* const files = internal::FilesOf(options);
  internal::BackupDirectory backups(files, directory);
  DAYBOOK_ASSIGN_OR_RETURN(const auto lock, backups.LockToWrite());
  DAYBOOK_ASSIGN_OR_RETURN(const std::vector<uint64_t> numbers, backups.Numbers());
  const size_t old = numbers.size() - std::min<uint64_t>(keep, numbers.size());
  // What is kept must be known before anything is removed.
  std::set<std::string> needed;
  for (size_t i = old; i < numbers.size(); ++i) {
    DAYBOOK_ASSIGN_OR_RETURN(const v1::StoredBackup kept, backups.Read(numbers[i]));
    for (const auto& file : kept.files()) needed.insert(file.table());
  }
  for (size_t i = 0; i < old; ++i) {
    // Renamed first: a backup is never there in part.
    DAYBOOK_RETURN_IF_ERROR(
        files->Rename(backups.PathOf(numbers[i]), backups.MakingOf(numbers[i])));
    DAYBOOK_RETURN_IF_ERROR(files->SyncDirectory(backups.backups()));
  }
  DAYBOOK_ASSIGN_OR_RETURN(const std::vector<std::string> names, files->List(backups.backups()));
  for (absl::string_view name : names) {
    uint64_t number = 0;
    if (absl::ConsumeSuffix(&name, ".new") && absl::SimpleAtoi(name, &number)) {
      DAYBOOK_RETURN_IF_ERROR(backups.RemoveMaking(number));
    }
  }
  DAYBOOK_ASSIGN_OR_RETURN(const std::vector<std::string> tables, files->List(backups.tables()));
  for (const std::string& table : tables) {
    if (needed.contains(table)) continue;
    DAYBOOK_RETURN_IF_ERROR(files->Delete(absl::StrCat(backups.tables(), "/", table)));
  }
  return old;
}

}  // namespace daybook
