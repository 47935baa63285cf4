// A medium whose power can be cut: what stands on it then is what was synced, and of the rest some.
#ifndef DAYBOOK_TESTS_CORE_POWER_CUT_H_
#define DAYBOOK_TESTS_CORE_POWER_CUT_H_

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "daybook/core/file_system.h"
#include "daybook/core/mutex.h"
#include "rocksdb/env.h"
#include "rocksdb/file_system.h"

namespace daybook::internal {

// A store is opened on env() and files(), and a copy of its directory as it would be found after a
// cut is made by CopyTo. A sync is only noted, so it is quick. A name that files() makes, changes
// or deletes is durable when its directory is synced; those of env() at once. Thread-safe.
class PowerCut {
 public:
  // `before_sync` is called before each sync takes effect, on the thread that syncs.
  explicit PowerCut(std::function<void()> before_sync)
      : medium_(std::make_shared<Medium>(std::move(before_sync))),
        env_(rocksdb::NewCompositeEnv(std::make_shared<RocksFiles>(medium_))),
        files_(medium_) {}

  rocksdb::Env* env() const { return env_.get(); }
  FileSystem* files() { return &files_; }

  // Of what was appended to a file since its sync a first part is there, of a log perhaps with
  // zeros or garbage at its end; of what was written in place, some sectors of 512 bytes; of the
  // changes to each name since its directory's sync, the first so many, perhaps none. All drawn
  // from `seed`.
  void CopyTo(const std::string& from, const std::string& to, uint64_t seed) {
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
        std::ifstream file(path, std::ios::binary);
        std::string bytes = Read(file);
        medium_->Lose(Normal(path), random, &bytes);
        std::ofstream(copy, std::ios::binary) << bytes;
      }
      if (FilesOf(from) == before) break;
      std::filesystem::remove_all(to);
    }
    medium_->LoseNames(Normal(from), to, random);
  }

 private:
  static constexpr uint64_t kSector = 512;

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

  static std::string Normal(const std::string& path) {
    return std::filesystem::path(path).lexically_normal().string();
  }
  static std::string Read(std::ifstream& file) {
    std::ostringstream bytes;
    bytes << file.rdbuf();
    return bytes.str();
  }
  static std::string Parent(const std::string& path) {
    return std::filesystem::path(path).parent_path().string();
  }
  static std::string Name(const std::string& path) {
    return std::filesystem::path(path).filename().string();
  }
  // `path` after `from` was renamed to `to`.
  static std::string Renamed(const std::string& path, const std::string& from,
                             const std::string& to) {
    return path == from || absl::StartsWith(path, from + "/") ? to + path.substr(from.size())
                                                              : path;
  }

  // Of a name in a directory.
  struct NameChange {
    enum { kMade, kRenamed, kDeleted } kind;
    std::string path;  // at that time
    std::string to;    // of a rename, in the same directory
    // The file that was deleted, or replaced; nullopt: a directory, or nothing.
    std::optional<std::string> before;
    bool durable = false;
  };

  struct Medium {
    explicit Medium(std::function<void()> hook) : before_sync(std::move(hook)) {}

    void Lose(const std::string& path, std::mt19937_64& random, std::string* bytes)
        ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
      if (const auto it = synced.find(path); it != synced.end() && it->second < bytes->size()) {
        bytes->resize(it->second + random() % (bytes->size() - it->second + 1));
        const uint64_t torn = it->second + random() % (bytes->size() - it->second + 1);
        // RocksDB 7.8 refuses a MANIFEST whose last record is torn otherwise than cut short, which
        // is how journalling file systems leave it.
        const uint64_t kind = absl::EndsWith(path, ".log") ? random() % 3 : 0;
        for (uint64_t at = torn; kind > 0 && at < bytes->size(); ++at) {
          (*bytes)[at] = kind == 1 ? '\0' : static_cast<char>(random());
        }
      }
      if (const auto it = undo.find(path); it != undo.end()) {
        for (const auto& [sector, old] : it->second) {
          if (random() % 2 != 0) continue;
          // Where the file was shorter, the medium has nothing.
          std::string lost = old;
          lost.resize(std::min<uint64_t>(kSector, bytes->size() - sector * kSector));
          bytes->replace(sector * kSector, lost.size(), lost);
        }
      }
    }

    void SyncNames(const std::string& directory) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
      for (size_t i = 0; i < names.size(); ++i) {
        if (Now(Parent(names[i].path), i) == directory) names[i].durable = true;
      }
    }

    // Takes back what is lost of the changes to names, in the copy `to` of `from`.
    void LoseNames(const std::string& from, const std::string& to, std::mt19937_64& random)
        ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
      std::map<std::string, std::vector<size_t>> unsynced;  // by directory
      for (size_t i = 0; i < names.size(); ++i) {
        if (!names[i].durable) unsynced[Now(Parent(names[i].path), i)].push_back(i);
      }
      std::vector<bool> lost(names.size());
      for (const auto& [directory, indexes] : unsynced) {
        for (const std::vector<size_t>& one : ByName(indexes)) {
          const size_t kept = random() % 2 == 0 ? 0 : random() % (one.size() + 1);
          for (size_t n = kept; n < one.size(); ++n) lost[one[n]] = true;
        }
      }
      // Backwards, so that each finds the names as it left them, but for later renames that stay.
      for (size_t i = names.size(); i-- > 0;) {
        if (!lost[i]) continue;
        const auto in_copy = [&](const std::string& path) {
          return absl::StartsWith(path, from + "/") ? to + path.substr(from.size()) : "";
        };
        TakeBack(names[i], in_copy(AfterRenames(names[i].path, i, lost)),
                 in_copy(AfterRenames(names[i].to, i, lost)));
      }
    }

    // How `path` is called after the renames behind change `i` that are not lost.
    std::string AfterRenames(std::string path, size_t i, const std::vector<bool>& lost) const
        ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
      for (size_t later = i + 1; later < names.size(); ++later) {
        const NameChange& change = names[later];
        if (change.kind == NameChange::kRenamed && !lost[later]) {
          path = Renamed(path, change.path, change.to);
        }
      }
      return path;
    }

    // Changes of one directory, dealt out by the names that they are about: a rename is about two.
    std::vector<std::vector<size_t>> ByName(const std::vector<size_t>& changes) const
        ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
      std::vector<std::pair<std::set<std::string>, std::vector<size_t>>> groups;
      for (const size_t i : changes) {
        std::set<std::string> about = {Name(names[i].path)};
        if (names[i].kind == NameChange::kRenamed) about.insert(Name(names[i].to));
        std::vector<size_t> all = {i};
        std::erase_if(groups, [&](auto& group) {
          const auto in_it = [&](const std::string& name) { return group.first.contains(name); };
          if (std::none_of(about.begin(), about.end(), in_it)) return false;
          about.merge(group.first);
          all.insert(all.end(), group.second.begin(), group.second.end());
          return true;
        });
        std::sort(all.begin(), all.end());
        groups.emplace_back(std::move(about), std::move(all));
      }
      std::vector<std::vector<size_t>> dealt;
      for (auto& [about, all] : groups) dealt.push_back(std::move(all));
      return dealt;
    }

    // How `path` is called now that was called so before change `i`.
    std::string Now(std::string path, size_t i) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
      for (size_t later = i + 1; later < names.size(); ++later) {
        const NameChange& change = names[later];
        if (change.kind == NameChange::kRenamed) path = Renamed(path, change.path, change.to);
      }
      return path;
    }

    static void TakeBack(const NameChange& change, const std::string& path,
                         const std::string& renamed) {
      // A directory that is lost has taken what was in it along.
      std::error_code gone;
      if (path.empty() || !std::filesystem::exists(Parent(path), gone)) return;
      if (change.kind == NameChange::kMade) {
        std::filesystem::remove_all(path, gone);
        return;
      }
      if (change.kind == NameChange::kRenamed) std::filesystem::rename(renamed, path, gone);
      const std::string& old = change.kind == NameChange::kRenamed ? renamed : path;
      if (change.before.has_value()) {
        std::ofstream(old, std::ios::binary) << *change.before;
      } else if (change.kind == NameChange::kDeleted) {
        std::filesystem::create_directory(old, gone);
      }
    }

    const std::function<void()> before_sync;
    Mutex mutex;
    // Of each file that is appended to: the bytes that were synced, and those written.
    std::map<std::string, uint64_t> synced ABSL_GUARDED_BY(mutex);
    std::map<std::string, uint64_t> written ABSL_GUARDED_BY(mutex);
    // Of each file that is written in place: what its unsynced sectors held before.
    std::map<std::string, std::map<uint64_t, std::string>> undo ABSL_GUARDED_BY(mutex);
    // Of files(), in order.
    std::vector<NameChange> names ABSL_GUARDED_BY(mutex);
  };

  class RocksFile : public rocksdb::FSWritableFileOwnerWrapper {
   public:
    RocksFile(std::unique_ptr<rocksdb::FSWritableFile>&& base, std::shared_ptr<Medium> medium,
              std::string path)
        : FSWritableFileOwnerWrapper(std::move(base)),
          medium_(std::move(medium)),
          path_(std::move(path)) {}

    rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) override {
      MutexLock lock(&medium_->mutex);
      medium_->written[path_] += data.size();
      return FSWritableFileOwnerWrapper::Append(data, options, debug);
    }
    rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                             const rocksdb::DataVerificationInfo& verification,
                             rocksdb::IODebugContext* debug) override {
      MutexLock lock(&medium_->mutex);
      medium_->written[path_] += data.size();
      return FSWritableFileOwnerWrapper::Append(data, options, verification, debug);
    }
    rocksdb::IOStatus Sync(const rocksdb::IOOptions&, rocksdb::IODebugContext*) override {
      medium_->before_sync();
      MutexLock lock(&medium_->mutex);
      medium_->synced[path_] = medium_->written[path_];
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

  class RocksFiles : public rocksdb::FileSystemWrapper {
   public:
    explicit RocksFiles(std::shared_ptr<Medium> medium)
        : FileSystemWrapper(rocksdb::FileSystem::Default()), medium_(std::move(medium)) {}
    const char* Name() const override { return "PowerCut"; }

    rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSWritableFile>* file,
                                      rocksdb::IODebugContext* debug) override {
      std::unique_ptr<rocksdb::FSWritableFile> base;
      MutexLock lock(&medium_->mutex);
      rocksdb::IOStatus status = target()->NewWritableFile(path, options, &base, debug);
      if (!status.ok()) return status;
      medium_->synced[Normal(path)] = 0;
      medium_->written[Normal(path)] = 0;
      *file = std::make_unique<RocksFile>(std::move(base), medium_, Normal(path));
      return status;
    }
    rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                                 const rocksdb::IOOptions& options,
                                 rocksdb::IODebugContext* debug) override {
      MutexLock lock(&medium_->mutex);
      for (auto* sizes : {&medium_->synced, &medium_->written}) {
        if (const auto it = sizes->find(Normal(from)); it != sizes->end()) {
          (*sizes)[Normal(to)] = it->second;
          sizes->erase(it);
        }
      }
      return target()->RenameFile(from, to, options, debug);
    }
    rocksdb::IOStatus DeleteFile(const std::string& path, const rocksdb::IOOptions& options,
                                 rocksdb::IODebugContext* debug) override {
      MutexLock lock(&medium_->mutex);
      return target()->DeleteFile(path, options, debug);
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
      MutexLock lock(&medium_->mutex);
      auto& undo = medium_->undo[path_];
      for (uint64_t s = offset / kSector; s * kSector < offset + bytes.size(); ++s) {
        if (undo.contains(s)) continue;
        absl::StatusOr<std::string> old = base_->Read(s * kSector, kSector);
        if (!old.ok()) return old.status();
        undo[s] = *std::move(old);
      }
      return base_->Write(offset, bytes);
    }
    absl::Status Sync() override {
      medium_->before_sync();
      MutexLock lock(&medium_->mutex);
      medium_->undo.erase(path_);
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
      MutexLock lock(&medium_->mutex);
      const bool made = !posix_.Exists(path);
      absl::StatusOr<std::unique_ptr<File>> base = posix_.OpenFile(path, create);
      if (!base.ok()) return base.status();
      if (made) Note({.kind = NameChange::kMade, .path = Normal(path)});
      return std::make_unique<InPlaceFile>(*std::move(base), medium_, Normal(path));
    }
    bool Exists(const std::string& path) override { return posix_.Exists(path); }
    absl::StatusOr<std::vector<std::string>> List(const std::string& directory) override {
      return posix_.List(directory);
    }
    absl::Status CreateDirectories(const std::string& path) override {
      MutexLock lock(&medium_->mutex);
      std::vector<std::string> made;
      for (std::string at = Normal(path); !posix_.Exists(at); at = Parent(at)) made.push_back(at);
      absl::Status status = posix_.CreateDirectories(path);
      for (; status.ok() && !made.empty(); made.pop_back()) {
        Note({.kind = NameChange::kMade, .path = made.back()});
      }
      return status;
    }
    absl::Status Rename(const std::string& from, const std::string& to) override {
      MutexLock lock(&medium_->mutex);
      NameChange change{.kind = NameChange::kRenamed, .path = Normal(from), .to = Normal(to)};
      change.before = FileAt(to);
      absl::Status status = posix_.Rename(from, to);
      if (!status.ok()) return status;
      std::map<std::string, std::map<uint64_t, std::string>> undo;
      for (auto& [path, sectors] : medium_->undo) {
        undo[Renamed(path, change.path, change.to)] = std::move(sectors);
      }
      medium_->undo = std::move(undo);
      Note(std::move(change));
      return status;
    }
    absl::Status Delete(const std::string& path) override {
      MutexLock lock(&medium_->mutex);
      NameChange change{.kind = NameChange::kDeleted, .path = Normal(path)};
      change.before = FileAt(path);
      absl::Status status = posix_.Delete(path);
      if (!status.ok()) return status;
      medium_->undo.erase(change.path);
      Note(std::move(change));
      return status;
    }
    absl::Status DeleteDirectory(const std::string& path) override {
      MutexLock lock(&medium_->mutex);
      absl::Status status = posix_.DeleteDirectory(path);
      if (status.ok()) Note({.kind = NameChange::kDeleted, .path = Normal(path)});
      return status;
    }
    absl::Status SyncDirectory(const std::string& path) override {
      medium_->before_sync();
      MutexLock lock(&medium_->mutex);
      medium_->SyncNames(Normal(path));
      return absl::OkStatus();
    }
    absl::StatusOr<std::unique_ptr<FileLock>> Lock(const std::string& path) override {
      MutexLock lock(&medium_->mutex);
      const bool made = !posix_.Exists(path);
      absl::StatusOr<std::unique_ptr<FileLock>> held = posix_.Lock(path);
      if (held.ok() && made) Note({.kind = NameChange::kMade, .path = Normal(path)});
      return held;
    }

   private:
    void Note(NameChange change) ABSL_EXCLUSIVE_LOCKS_REQUIRED(medium_->mutex) {
      medium_->names.push_back(std::move(change));
    }
    static std::optional<std::string> FileAt(const std::string& path) {
      std::error_code error;
      if (!std::filesystem::is_regular_file(path, error)) return std::nullopt;
      std::ifstream file(path, std::ios::binary);
      return Read(file);
    }

    FileSystem& posix_ = FileSystem::Posix();
    const std::shared_ptr<Medium> medium_;
  };

  const std::shared_ptr<Medium> medium_;
  const std::unique_ptr<rocksdb::Env> env_;
  Files files_;
};

}  // namespace daybook::internal

#endif  // DAYBOOK_TESTS_CORE_POWER_CUT_H_
