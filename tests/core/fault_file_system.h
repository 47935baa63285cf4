// A FileSystem whose n-th operation of a kind fails, or by a FaultPlan of any kind, as a medium
// does; and that has as little space as it is told.
#ifndef DAYBOOK_TESTS_CORE_FAULT_FILE_SYSTEM_H_
#define DAYBOOK_TESTS_CORE_FAULT_FILE_SYSTEM_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daybook/core/file_system.h"
#include "daybook/core/mutex.h"
#include "fault_plan.h"

namespace daybook {

enum class FileOperation { kOpen, kRead, kWrite, kSync, kRename, kDelete, kSyncDirectory };

// Passes everything on to `base`, which must outlive it. Thread-safe.
class FaultFileSystem : public FileSystem {
 public:
  // `plan`, when set, must outlive it too.
  explicit FaultFileSystem(FileSystem* base, FaultPlan* plan = nullptr)
      : base_(base), faults_(std::make_shared<Faults>(plan)) {}

  // The n-th operation of that kind from now on (1 is the next) fails with `status`, once. A failed
  // write has written the first `written` of its bytes.
  void FailNth(FileOperation operation, int n, absl::Status status, size_t written = 0) {
    MutexLock lock(&faults_->mutex);
    faults_->planned[operation] = {n, std::move(status), written};
  }
  // Takes back what has not yet failed.
  void Heal() {
    MutexLock lock(&faults_->mutex);
    faults_->planned.clear();
  }
  // The operations of that kind so far, those that failed too.
  int count(FileOperation operation) const {
    MutexLock lock(&faults_->mutex);
    return faults_->counts[operation];
  }

  // What FreeBytes answers from now on; an error too. Until then the base is asked.
  void SetFreeBytes(absl::StatusOr<uint64_t> bytes) {
    MutexLock lock(&faults_->mutex);
    faults_->free_bytes = std::move(bytes);
  }
  // How often it was asked.
  int asked_for_space() const {
    MutexLock lock(&faults_->mutex);
    return faults_->asked_for_space;
  }

  absl::StatusOr<std::unique_ptr<File>> OpenFile(const std::string& path, bool create) override {
    if (absl::Status status = faults_->Next(FileOperation::kOpen); !status.ok()) return status;
    absl::StatusOr<std::unique_ptr<File>> file = base_->OpenFile(path, create);
    if (!file.ok()) return file.status();
    return std::make_unique<FaultFile>(faults_, *std::move(file));
  }
  bool Exists(const std::string& path) override { return base_->Exists(path); }
  absl::StatusOr<std::vector<std::string>> List(const std::string& directory) override {
    return base_->List(directory);
  }
  absl::Status CreateDirectories(const std::string& path) override {
    return base_->CreateDirectories(path);
  }
  absl::Status Rename(const std::string& from, const std::string& to) override {
    if (absl::Status status = faults_->Next(FileOperation::kRename); !status.ok()) return status;
    return base_->Rename(from, to);
  }
  absl::Status Delete(const std::string& path) override {
    if (absl::Status status = faults_->Next(FileOperation::kDelete); !status.ok()) return status;
    return base_->Delete(path);
  }
  absl::Status DeleteDirectory(const std::string& path) override {
    if (absl::Status status = faults_->Next(FileOperation::kDelete); !status.ok()) return status;
    return base_->DeleteDirectory(path);
  }
  absl::Status SyncDirectory(const std::string& path) override {
    absl::Status status = faults_->Next(FileOperation::kSyncDirectory);
    return status.ok() ? base_->SyncDirectory(path) : status;
  }
  absl::StatusOr<std::unique_ptr<FileLock>> Lock(const std::string& path) override {
    return base_->Lock(path);
  }
  absl::StatusOr<uint64_t> FreeBytes(const std::string& directory) override {
    MutexLock lock(&faults_->mutex);
    ++faults_->asked_for_space;
    return faults_->free_bytes.has_value() ? *faults_->free_bytes : base_->FreeBytes(directory);
  }

 private:
  struct Planned {
    int left = 0;
    absl::Status status;
    size_t written = 0;
  };

  struct Faults {
    explicit Faults(FaultPlan* of_all) : plan(of_all) {}
    FaultPlan* const plan;
    Mutex mutex;
    std::optional<absl::StatusOr<uint64_t>> free_bytes ABSL_GUARDED_BY(mutex);
    int asked_for_space ABSL_GUARDED_BY(mutex) = 0;
    std::map<FileOperation, Planned> planned ABSL_GUARDED_BY(mutex);
    std::map<FileOperation, int> counts ABSL_GUARDED_BY(mutex);

    // `size`: of a write; `written`: what of it is to be written all the same.
    absl::Status Next(FileOperation operation, size_t size = 0, size_t* written = nullptr) {
      absl::Status status = NextOfKind(operation, written);
      return status.ok() ? NextOfAll(operation, size, written) : status;
    }

   private:
    absl::Status NextOfKind(FileOperation operation, size_t* written) {
      MutexLock lock(&mutex);
      ++counts[operation];
      const auto it = planned.find(operation);
      if (it == planned.end() || --it->second.left > 0) return absl::OkStatus();
      const Planned fault = it->second;
      planned.erase(it);
      if (written != nullptr) *written = fault.written;
      return fault.status;
    }
    absl::Status NextOfAll(FileOperation operation, size_t size, size_t* written) const {
      if (plan == nullptr) return absl::OkStatus();
      FaultSite site = FaultSite::kGrow;
      if (operation == FileOperation::kWrite) site = FaultSite::kWrite;
      if (operation == FileOperation::kRead || operation == FileOperation::kDelete) {
        site = FaultSite::kOther;
      }
      const std::optional<Fault> fault = plan->Next(site);
      if (!fault.has_value()) return absl::OkStatus();
      if (*fault == Fault::kNoSpace) {
        return absl::ResourceExhaustedError("injected: No space left on device");
      }
      if (*fault == Fault::kShort && written != nullptr) *written = size / 2;
      return absl::InternalError("injected: Input/output error");
    }
  };

  class FaultFile : public File {
   public:
    FaultFile(std::shared_ptr<Faults> faults, std::unique_ptr<File> base)
        : faults_(std::move(faults)), base_(std::move(base)) {}

    absl::StatusOr<std::string> Read(uint64_t offset, size_t size) override {
      if (absl::Status status = faults_->Next(FileOperation::kRead); !status.ok()) return status;
      return base_->Read(offset, size);
    }
    absl::Status Write(uint64_t offset, absl::string_view bytes) override {
      size_t written = 0;
      const absl::Status status = faults_->Next(FileOperation::kWrite, bytes.size(), &written);
      if (status.ok()) return base_->Write(offset, bytes);
      if (const absl::Status torn = base_->Write(offset, bytes.substr(0, written)); !torn.ok()) {
        return torn;
      }
      return status;
    }
    absl::Status Sync() override {
      absl::Status status = faults_->Next(FileOperation::kSync);
      return status.ok() ? base_->Sync() : status;
    }
    absl::StatusOr<uint64_t> Size() override { return base_->Size(); }

   private:
    const std::shared_ptr<Faults> faults_;
    const std::unique_ptr<File> base_;
  };

  FileSystem* const base_;
  const std::shared_ptr<Faults> faults_;
};

}  // namespace daybook

#endif  // DAYBOOK_TESTS_CORE_FAULT_FILE_SYSTEM_H_
