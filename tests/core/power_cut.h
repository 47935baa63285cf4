// A medium whose power can be cut, before any operation on it: what stands on it then is what was
// synced, and of the rest some.
#ifndef DAYBOOK_TESTS_CORE_POWER_CUT_H_
#define DAYBOOK_TESTS_CORE_POWER_CUT_H_

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "daybook/core/file_system.h"
#include "daybook/core/mutex.h"
#include "power_cut_medium.h"
#include "rocksdb/env.h"
#include "rocksdb/file_system.h"

namespace daybook::internal {

// A store is opened on env() and files(), and a copy of its directory as it would be found after a
// cut is made by CopyTo. A sync is only noted, so it is quick. A name that is made, changed or
// deleted is durable when its directory is synced; a file that env() makes, when it is synced
// itself. Thread-safe.
class PowerCut {
 public:
  enum class Operation { kAppend, kWrite, kSync, kSyncDirectory, kMake, kRename, kDelete };
  using Hook = std::function<void(Operation)>;

  // `before` is called before each operation takes effect, on the thread that does it.
  explicit PowerCut(Hook before)
      : medium_(std::make_shared<Medium>(std::move(before))),
        env_(rocksdb::NewCompositeEnv(std::make_shared<RocksFiles>(medium_))),
        files_(medium_) {}
  // The same before syncs alone, of files and of directories.
  explicit PowerCut(std::function<void()> before_sync)
      : PowerCut(Hook([before_sync = std::move(before_sync)](Operation operation) {
          if (operation == Operation::kSync || operation == Operation::kSyncDirectory) {
            before_sync();
          }
        })) {}

  rocksdb::Env* env() const { return env_.get(); }
  FileSystem* files() { return &files_; }

  // What `tear` leaves, drawn from `seed`. Table files that are whole are linked, not copied.
  void CopyTo(const std::string& from, const std::string& to, uint64_t seed,
              Tear tear = Tear::kAny) {
    MutexLock lock(&medium_->mutex);
    std::mt19937_64 random(seed);
    // A RocksDB that was opened without env() goes on meanwhile, and what it did in between would
    // be a moment that never was: then once more.
    while (true) {
      const std::map<std::string, FileState> before = FilesOf(from);
      std::filesystem::create_directories(to);
      for (const auto& [path, state] : before) {
        const std::string copy = to + path.substr(from.size());
        if (state.is_directory) {
          std::filesystem::create_directories(copy);
          continue;
        }
        const std::string normal = Medium::Normal(path);
        std::error_code failed;
        if (absl::EndsWith(path, ".sst") && medium_->IsWhole(normal)) {
          std::filesystem::create_hard_link(path, copy, failed);
          if (!failed) continue;
        }
        std::ifstream file(path, std::ios::binary);
        std::string bytes = Medium::Read(file);
        medium_->Lose(normal, tear, random, &bytes);
        std::ofstream(copy, std::ios::binary) << bytes;
      }
      if (FilesOf(from) == before) break;
      std::filesystem::remove_all(to);
    }
    medium_->LoseNames(Medium::Normal(from), to, tear, random);
  }

 private:
  struct Medium : PowerCutMedium {
    explicit Medium(Hook hook) : before(std::move(hook)) {}
    const Hook before;
  };

  struct FileState {
    bool is_directory = false;
    uint64_t size = 0;
    std::filesystem::file_time_type changed;
    friend bool operator==(const FileState&, const FileState&) = default;
  };
  // Everything under `directory`, by path, parents first.
  static std::map<std::string, FileState> FilesOf(const std::string& directory) {
    std::map<std::string, FileState> files;
    std::error_code gone;
    const std::filesystem::recursive_directory_iterator end;
    for (std::filesystem::recursive_directory_iterator at(directory, gone); at != end;
         at.increment(gone)) {
      FileState& state = files[at->path().string()];
      state.is_directory = at->is_directory(gone);
      if (state.is_directory) continue;
      state.size = at->file_size(gone);
      state.changed = at->last_write_time(gone);
    }
    return files;
  }

  class RocksFile : public rocksdb::FSWritableFileOwnerWrapper {
   public:
    RocksFile(std::unique_ptr<rocksdb::FSWritableFile>&& base, std::shared_ptr<Medium> medium,
              std::string path)
        : FSWritableFileOwnerWrapper(std::move(base)),
          medium_(std::move(medium)),
          path_(std::move(path)) {}

    rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) override {
      medium_->before(Operation::kAppend);
      MutexLock lock(&medium_->mutex);
      medium_->Appended(path_, data.size());
      return FSWritableFileOwnerWrapper::Append(data, options, debug);
    }
    rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                             const rocksdb::DataVerificationInfo& verification,
                             rocksdb::IODebugContext* debug) override {
      medium_->before(Operation::kAppend);
      MutexLock lock(&medium_->mutex);
      medium_->Appended(path_, data.size());
      return FSWritableFileOwnerWrapper::Append(data, options, verification, debug);
    }
    // What is allocated beforehand costs most of an opening, in memory, and is of no interest here.
    void PrepareWrite(size_t, size_t, const rocksdb::IOOptions&,
                      rocksdb::IODebugContext*) override {}
    rocksdb::IOStatus Sync(const rocksdb::IOOptions&, rocksdb::IODebugContext*) override {
      medium_->before(Operation::kSync);
      MutexLock lock(&medium_->mutex);
      medium_->SyncAppended(path_);
      return rocksdb::IOStatus::OK();
    }
    rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options,
                            rocksdb::IODebugContext* debug) override {
      return Sync(options, debug);
    }

   private:
    const std::shared_ptr<Medium> medium_;
    const std::string path_;
  };

  class RocksDirectory : public rocksdb::FSDirectory {
   public:
    RocksDirectory(std::shared_ptr<Medium> medium, std::string path)
        : medium_(std::move(medium)), path_(std::move(path)) {}

    rocksdb::IOStatus Fsync(const rocksdb::IOOptions&, rocksdb::IODebugContext*) override {
      medium_->before(Operation::kSyncDirectory);
      MutexLock lock(&medium_->mutex);
      medium_->SyncNames(path_);
      return rocksdb::IOStatus::OK();
    }

   private:
    const std::shared_ptr<Medium> medium_;
    const std::string path_;
  };

  class RocksFiles : public rocksdb::FileSystemWrapper {
   public:
    explicit RocksFiles(std::shared_ptr<Medium> medium)
        : FileSystemWrapper(rocksdb::FileSystem::Default()), medium_(std::move(medium)) {}
    const char* Name() const override { return "PowerCut"; }

    rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSWritableFile>* file,
                                      rocksdb::IODebugContext* debug) override {
      medium_->before(Operation::kMake);
      const std::string normal = Medium::Normal(path);
      std::unique_ptr<rocksdb::FSWritableFile> base;
      MutexLock lock(&medium_->mutex);
      const bool made = !std::filesystem::exists(normal);
      rocksdb::IOStatus status = target()->NewWritableFile(path, options, &base, debug);
      if (!status.ok()) return status;
      medium_->Made(normal);
      if (made) medium_->NameMade(normal);
      *file = std::make_unique<RocksFile>(std::move(base), medium_, normal);
      return status;
    }
    rocksdb::IOStatus NewDirectory(const std::string& path, const rocksdb::IOOptions&,
                                   std::unique_ptr<rocksdb::FSDirectory>* directory,
                                   rocksdb::IODebugContext*) override {
      std::string normal = Medium::Normal(path);
      while (normal.size() > 1 && normal.back() == '/') normal.pop_back();
      *directory = std::make_unique<RocksDirectory>(medium_, std::move(normal));
      return rocksdb::IOStatus::OK();
    }
    rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                                 const rocksdb::IOOptions& options,
                                 rocksdb::IODebugContext* debug) override {
      medium_->before(Operation::kRename);
      MutexLock lock(&medium_->mutex);
      std::optional<std::string> replaced = Medium::FileAt(to);
      rocksdb::IOStatus status = target()->RenameFile(from, to, options, debug);
      if (status.ok()) {
        medium_->NameRenamed(Medium::Normal(from), Medium::Normal(to), std::move(replaced));
      }
      return status;
    }
    rocksdb::IOStatus DeleteFile(const std::string& path, const rocksdb::IOOptions& options,
                                 rocksdb::IODebugContext* debug) override {
      medium_->before(Operation::kDelete);
      MutexLock lock(&medium_->mutex);
      std::optional<std::string> deleted = Medium::FileAt(path);
      rocksdb::IOStatus status = target()->DeleteFile(path, options, debug);
      if (status.ok()) medium_->NameDeleted(Medium::Normal(path), std::move(deleted));
      return status;
    }

   private:
    const std::shared_ptr<Medium> medium_;
  };

  class InPlaceFile : public File {
   public:
    InPlaceFile(std::unique_ptr<File> base, std::shared_ptr<Medium> medium, std::string path)
        : base_(std::move(base)), medium_(std::move(medium)), path_(std::move(path)) {}

    absl::StatusOr<std::string> Read(uint64_t offset, size_t size) override {
      return base_->Read(offset, size);
    }
    absl::Status Write(uint64_t offset, absl::string_view bytes) override {
      medium_->before(Operation::kWrite);
      MutexLock lock(&medium_->mutex);
      const absl::Status noted =
          medium_->Overwritten(path_, offset, bytes.size(),
                               [this](uint64_t at, size_t size) { return base_->Read(at, size); });
      return noted.ok() ? base_->Write(offset, bytes) : noted;
    }
    absl::Status Sync() override {
      medium_->before(Operation::kSync);
      MutexLock lock(&medium_->mutex);
      medium_->SyncInPlace(path_);
      return absl::OkStatus();
    }
    absl::StatusOr<uint64_t> Size() override { return base_->Size(); }

   private:
    const std::unique_ptr<File> base_;
    const std::shared_ptr<Medium> medium_;
    const std::string path_;
  };

  class Files : public FileSystem {
   public:
    explicit Files(std::shared_ptr<Medium> medium) : medium_(std::move(medium)) {}

    absl::StatusOr<std::unique_ptr<File>> OpenFile(const std::string& path, bool create) override {
      if (create) medium_->before(Operation::kMake);
      MutexLock lock(&medium_->mutex);
      const bool made = !posix_.Exists(path);
      absl::StatusOr<std::unique_ptr<File>> base = posix_.OpenFile(path, create);
      if (!base.ok()) return base.status();
      if (made) medium_->NameMade(Medium::Normal(path));
      return std::make_unique<InPlaceFile>(*std::move(base), medium_, Medium::Normal(path));
    }
    bool Exists(const std::string& path) override { return posix_.Exists(path); }
    absl::StatusOr<std::vector<std::string>> List(const std::string& directory) override {
      return posix_.List(directory);
    }
    absl::Status CreateDirectories(const std::string& path) override {
      medium_->before(Operation::kMake);
      MutexLock lock(&medium_->mutex);
      std::vector<std::string> made;
      for (std::string at = Medium::Normal(path); !posix_.Exists(at); at = Medium::Parent(at)) {
        made.push_back(at);
      }
      absl::Status status = posix_.CreateDirectories(path);
      for (; status.ok() && !made.empty(); made.pop_back()) medium_->NameMade(made.back());
      return status;
    }
    absl::Status Rename(const std::string& from, const std::string& to) override {
      medium_->before(Operation::kRename);
      MutexLock lock(&medium_->mutex);
      std::optional<std::string> replaced = Medium::FileAt(to);
      absl::Status status = posix_.Rename(from, to);
      if (!status.ok()) return status;
      medium_->NameRenamed(Medium::Normal(from), Medium::Normal(to), std::move(replaced));
      return status;
    }
    absl::Status Delete(const std::string& path) override {
      medium_->before(Operation::kDelete);
      MutexLock lock(&medium_->mutex);
      std::optional<std::string> deleted = Medium::FileAt(path);
      absl::Status status = posix_.Delete(path);
      if (status.ok()) medium_->NameDeleted(Medium::Normal(path), std::move(deleted));
      return status;
    }
    absl::Status DeleteDirectory(const std::string& path) override {
      medium_->before(Operation::kDelete);
      MutexLock lock(&medium_->mutex);
      absl::Status status = posix_.DeleteDirectory(path);
      if (status.ok()) medium_->NameDeleted(Medium::Normal(path), std::nullopt);
      return status;
    }
    absl::Status SyncDirectory(const std::string& path) override {
      medium_->before(Operation::kSyncDirectory);
      MutexLock lock(&medium_->mutex);
      medium_->SyncNames(Medium::Normal(path));
      return absl::OkStatus();
    }
    absl::StatusOr<std::unique_ptr<FileLock>> Lock(const std::string& path) override {
      medium_->before(Operation::kMake);
      MutexLock lock(&medium_->mutex);
      const bool made = !posix_.Exists(path);
      absl::StatusOr<std::unique_ptr<FileLock>> held = posix_.Lock(path);
      if (held.ok() && made) medium_->NameMade(Medium::Normal(path));
      return held;
    }
    absl::StatusOr<uint64_t> FreeBytes(const std::string& directory) override {
      return posix_.FreeBytes(directory);
    }

   private:
    FileSystem& posix_ = FileSystem::Posix();
    const std::shared_ptr<Medium> medium_;
  };

  const std::shared_ptr<Medium> medium_;
  const std::unique_ptr<rocksdb::Env> env_;
  Files files_;
};

}  // namespace daybook::internal

#endif  // DAYBOOK_TESTS_CORE_POWER_CUT_H_
