// A FileSystem in memory, whose power can fail.
#ifndef DAYBOOK_TESTS_CORE_MEMORY_FILE_SYSTEM_H_
#define DAYBOOK_TESTS_CORE_MEMORY_FILE_SYSTEM_H_

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "daybook/core/file_system.h"
#include "daybook/core/mutex.h"

namespace daybook {

// Names are durable at once; bytes when they are synced. Every directory exists. Thread-safe.
class MemoryFileSystem : public FileSystem {
 public:
  // The bytes of a file, as a read sees them. NotFound: an empty string.
  std::string Content(const std::string& path) const {
    MutexLock lock(&mutex_);
    const auto it = files_.find(path);
    return it == files_.end() ? "" : it->second->Get();
  }
  // Puts a file there, synced.
  void SetContent(const std::string& path, std::string bytes) {
    MutexLock lock(&mutex_);
    files_[path] = std::make_shared<Node>(std::move(bytes));
  }

  // Of the writes that no sync has followed, some sectors of 512 bytes, drawn from `seed`, are on
  // the medium and the others are not. Open files go on with what is left.
  void LosePower(uint64_t seed) {
    MutexLock lock(&mutex_);
    std::mt19937_64 random(seed);
    for (auto& [path, node] : files_) node->LosePower(random);
  }

  absl::StatusOr<std::unique_ptr<File>> OpenFile(const std::string& path, bool create) override {
    MutexLock lock(&mutex_);
    auto it = files_.find(path);
    if (it == files_.end()) {
      if (!create) return absl::NotFoundError(absl::StrCat("cannot open ", path));
      it = files_.emplace(path, std::make_shared<Node>("")).first;
    }
    return std::make_unique<MemoryFile>(it->second);
  }
  bool Exists(const std::string& path) override {
    MutexLock lock(&mutex_);
    return files_.contains(path);
  }
  absl::StatusOr<std::vector<std::string>> List(const std::string& directory) override {
    MutexLock lock(&mutex_);
    std::vector<std::string> names;
    for (const auto& [path, node] : files_) {
      if (absl::StartsWith(path, directory + "/"))
        names.push_back(path.substr(directory.size() + 1));
    }
    return names;
  }
  absl::Status CreateDirectories(const std::string&) override { return absl::OkStatus(); }
  absl::Status Rename(const std::string& from, const std::string& to) override {
    MutexLock lock(&mutex_);
    auto moved = files_.extract(from);
    if (moved.empty()) return absl::NotFoundError(absl::StrCat("cannot rename ", from));
    files_[to] = moved.mapped();
    return absl::OkStatus();
  }
  absl::Status Delete(const std::string& path) override {
    MutexLock lock(&mutex_);
    if (files_.erase(path) == 0) return absl::NotFoundError(absl::StrCat("cannot delete ", path));
    return absl::OkStatus();
  }
  absl::Status DeleteDirectory(const std::string&) override { return absl::OkStatus(); }
  absl::Status SyncDirectory(const std::string&) override { return absl::OkStatus(); }
  absl::StatusOr<std::unique_ptr<FileLock>> Lock(const std::string& path) override {
    MutexLock lock(&mutex_);
    if (!locks_.insert(path).second) return absl::UnavailableError(absl::StrCat("locked: ", path));
    return std::make_unique<MemoryLock>(this, path);
  }

 private:
  static constexpr size_t kSector = 512;

  class Node {
   public:
    explicit Node(std::string bytes) : bytes_(bytes), synced_(std::move(bytes)) {}

    std::string Get() const {
      MutexLock lock(&mutex_);
      return bytes_;
    }
    std::string Read(uint64_t offset, size_t size) const {
      MutexLock lock(&mutex_);
      return offset >= bytes_.size() ? "" : bytes_.substr(offset, size);
    }
    void Write(uint64_t offset, absl::string_view bytes) {
      MutexLock lock(&mutex_);
      if (bytes_.size() < offset + bytes.size()) bytes_.resize(offset + bytes.size());
      std::copy(bytes.begin(), bytes.end(), bytes_.begin() + static_cast<ptrdiff_t>(offset));
      for (uint64_t s = offset / kSector; s * kSector < offset + bytes.size(); ++s) {
        unsynced_.insert(s);
      }
    }
    void Sync() {
      MutexLock lock(&mutex_);
      synced_.resize(bytes_.size());
      for (const uint64_t sector : unsynced_) CopySector(sector, bytes_, synced_);
      unsynced_.clear();
    }
    uint64_t Size() const {
      MutexLock lock(&mutex_);
      return bytes_.size();
    }
    void LosePower(std::mt19937_64& random) {
      MutexLock lock(&mutex_);
      synced_.resize(std::max(synced_.size(), bytes_.size()));
      for (const uint64_t sector : unsynced_) {
        if (random() % 2 == 0) CopySector(sector, bytes_, synced_);
      }
      unsynced_.clear();
      bytes_ = synced_;
    }

   private:
    static void CopySector(uint64_t sector, const std::string& from, std::string& to) {
      const auto begin = static_cast<ptrdiff_t>(sector * kSector);
      const auto end = std::min<ptrdiff_t>(begin + kSector, std::ssize(from));
      std::copy(from.begin() + begin, from.begin() + end, to.begin() + begin);
    }

    mutable Mutex mutex_;
    std::string bytes_ ABSL_GUARDED_BY(mutex_);
    std::string synced_ ABSL_GUARDED_BY(mutex_);
    std::set<uint64_t> unsynced_ ABSL_GUARDED_BY(mutex_);  // sectors
  };

  class MemoryFile : public File {
   public:
    explicit MemoryFile(std::shared_ptr<Node> node) : node_(std::move(node)) {}
    absl::StatusOr<std::string> Read(uint64_t offset, size_t size) override {
      return node_->Read(offset, size);
    }
    absl::Status Write(uint64_t offset, absl::string_view bytes) override {
      node_->Write(offset, bytes);
      return absl::OkStatus();
    }
    absl::Status Sync() override {
      node_->Sync();
      return absl::OkStatus();
    }
    absl::StatusOr<uint64_t> Size() override { return node_->Size(); }

   private:
    const std::shared_ptr<Node> node_;
  };

  class MemoryLock : public FileLock {
   public:
    MemoryLock(MemoryFileSystem* files, std::string path) : files_(files), path_(std::move(path)) {}
    ~MemoryLock() override {
      MutexLock lock(&files_->mutex_);
      files_->locks_.erase(path_);
    }

   private:
    MemoryFileSystem* const files_;
    const std::string path_;
  };

  mutable Mutex mutex_;
  std::map<std::string, std::shared_ptr<Node>> files_ ABSL_GUARDED_BY(mutex_);
  std::set<std::string> locks_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace daybook

#endif  // DAYBOOK_TESTS_CORE_MEMORY_FILE_SYSTEM_H_
