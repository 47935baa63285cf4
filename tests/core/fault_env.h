// A rocksdb::Env whose n-th write to a kind of file fails, or, by a FaultPlan, its n-th operation
// of any kind: give it to RocksKvOptions::env.
#ifndef DAYBOOK_TESTS_CORE_FAULT_ENV_H_
#define DAYBOOK_TESTS_CORE_FAULT_ENV_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "daybook/core/mutex.h"
#include "fault_plan.h"
#include "rocksdb/env.h"
#include "rocksdb/file_system.h"

namespace daybook::internal {

enum class RocksFile { kLog, kTable, kManifest, kOther };
enum class RocksOperation { kAppend, kSync };

// Thread-safe.
class FaultEnv {
 public:
  // `plan`, when set, must outlive it.
  explicit FaultEnv(FaultPlan* plan = nullptr)
      : files_(std::make_shared<FaultFiles>(rocksdb::FileSystem::Default(), plan)),
        env_(rocksdb::NewCompositeEnv(files_)) {}

  rocksdb::Env* get() const { return env_.get(); }

  // The n-th operation of that kind on that kind of file from now on (1 is the next) fails with
  // `error`, once.
  void FailNth(RocksFile file, RocksOperation operation, int n, rocksdb::IOStatus error) {
    MutexLock lock(&files_->faults->mutex);
    files_->faults->planned[{file, operation}] = {n, std::move(error)};
  }
  void Heal() {
    MutexLock lock(&files_->faults->mutex);
    files_->faults->planned.clear();
  }
  // The operations so far, those that failed too.
  int count(RocksFile file, RocksOperation operation) const {
    MutexLock lock(&files_->faults->mutex);
    return files_->faults->counts[{file, operation}];
  }

  static rocksdb::IOStatus NoSpace() {
    return rocksdb::IOStatus::NoSpace("injected", "No space left on device");
  }
  static rocksdb::IOStatus InputOutputError() {
    return rocksdb::IOStatus::IOError("injected", "Input/output error");
  }

 private:
  using Kind = std::pair<RocksFile, RocksOperation>;
  struct Planned {
    int left = 0;
    rocksdb::IOStatus error;
  };
  struct Faults {
    explicit Faults(FaultPlan* of_all) : plan(of_all) {}
    FaultPlan* const plan;
    Mutex mutex;
    std::map<Kind, Planned> planned ABSL_GUARDED_BY(mutex);
    std::map<Kind, int> counts ABSL_GUARDED_BY(mutex);

    rocksdb::IOStatus Next(RocksFile file, RocksOperation operation) {
      MutexLock lock(&mutex);
      const Kind kind = {file, operation};
      ++counts[kind];
      const auto it = planned.find(kind);
      if (it == planned.end() || --it->second.left > 0) return rocksdb::IOStatus::OK();
      const rocksdb::IOStatus error = it->second.error;
      planned.erase(it);
      return error;
    }
    // By the plan.
    rocksdb::IOStatus NextOfAll(FaultSite site, bool* part = nullptr) const {
      const std::optional<Fault> fault = plan != nullptr ? plan->Next(site) : std::nullopt;
      if (!fault.has_value()) return rocksdb::IOStatus::OK();
      if (*fault == Fault::kNoSpace) return NoSpace();
      if (part != nullptr) *part = *fault == Fault::kShort;
      rocksdb::IOStatus error = InputOutputError();
      error.SetRetryable(*fault == Fault::kRetryable);
      return error;
    }
  };

  class FaultFile : public rocksdb::FSWritableFileOwnerWrapper {
   public:
    FaultFile(std::unique_ptr<rocksdb::FSWritableFile>&& base, std::shared_ptr<Faults> faults,
              RocksFile kind)
        : FSWritableFileOwnerWrapper(std::move(base)), faults_(std::move(faults)), kind_(kind) {}

    rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) override {
      const rocksdb::IOStatus status = NextAppend(data, options, debug);
      return status.ok() ? FSWritableFileOwnerWrapper::Append(data, options, debug) : status;
    }
    rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                             const rocksdb::DataVerificationInfo& verification,
                             rocksdb::IODebugContext* debug) override {
      const rocksdb::IOStatus status = NextAppend(data, options, debug);
      if (!status.ok()) return status;
      return FSWritableFileOwnerWrapper::Append(data, options, verification, debug);
    }
    rocksdb::IOStatus Sync(const rocksdb::IOOptions& options,
                           rocksdb::IODebugContext* debug) override {
      const rocksdb::IOStatus status = NextSync();
      return status.ok() ? FSWritableFileOwnerWrapper::Sync(options, debug) : status;
    }
    rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options,
                            rocksdb::IODebugContext* debug) override {
      const rocksdb::IOStatus status = NextSync();
      return status.ok() ? FSWritableFileOwnerWrapper::Fsync(options, debug) : status;
    }
    // What is allocated beforehand costs most of an opening, in memory, and is of no interest here.
    void PrepareWrite(size_t, size_t, const rocksdb::IOOptions&,
                      rocksdb::IODebugContext*) override {}
    // The file is closed all the same, as the system does it.
    rocksdb::IOStatus Close(const rocksdb::IOOptions& options,
                            rocksdb::IODebugContext* debug) override {
      rocksdb::IOStatus closed = FSWritableFileOwnerWrapper::Close(options, debug);
      rocksdb::IOStatus status = faults_->NextOfAll(FaultSite::kOther);
      return status.ok() ? closed : status;
    }

   private:
    rocksdb::IOStatus NextAppend(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                                 rocksdb::IODebugContext* debug) {
      rocksdb::IOStatus status = faults_->Next(kind_, RocksOperation::kAppend);
      bool part = false;
      if (status.ok()) status = faults_->NextOfAll(FaultSite::kWrite, &part);
      if (!part) return status;
      const rocksdb::Slice first(data.data(), data.size() / 2);
      const rocksdb::IOStatus written = FSWritableFileOwnerWrapper::Append(first, options, debug);
      return written.ok() ? status : written;
    }
    rocksdb::IOStatus NextSync() {
      rocksdb::IOStatus status = faults_->Next(kind_, RocksOperation::kSync);
      return status.ok() ? faults_->NextOfAll(FaultSite::kGrow) : status;
    }

    const std::shared_ptr<Faults> faults_;
    const RocksFile kind_;
  };

  class ReadFile : public rocksdb::FSRandomAccessFileOwnerWrapper {
   public:
    ReadFile(std::unique_ptr<rocksdb::FSRandomAccessFile>&& base, std::shared_ptr<Faults> faults)
        : FSRandomAccessFileOwnerWrapper(std::move(base)), faults_(std::move(faults)) {}
    rocksdb::IOStatus Read(uint64_t offset, size_t size, const rocksdb::IOOptions& options,
                           rocksdb::Slice* result, char* scratch,
                           rocksdb::IODebugContext* debug) const override {
      const rocksdb::IOStatus status = faults_->NextOfAll(FaultSite::kOther);
      if (!status.ok()) return status;
      return FSRandomAccessFileOwnerWrapper::Read(offset, size, options, result, scratch, debug);
    }
    rocksdb::IOStatus MultiRead(rocksdb::FSReadRequest* requests, size_t count,
                                const rocksdb::IOOptions& options,
                                rocksdb::IODebugContext* debug) override {
      for (size_t i = 0; i < count; ++i) {
        requests[i].status = Read(requests[i].offset, requests[i].len, options, &requests[i].result,
                                  requests[i].scratch, debug);
      }
      return rocksdb::IOStatus::OK();
    }

   private:
    const std::shared_ptr<Faults> faults_;
  };

  class ScannedFile : public rocksdb::FSSequentialFileOwnerWrapper {
   public:
    ScannedFile(std::unique_ptr<rocksdb::FSSequentialFile>&& base, std::shared_ptr<Faults> faults)
        : FSSequentialFileOwnerWrapper(std::move(base)), faults_(std::move(faults)) {}
    rocksdb::IOStatus Read(size_t size, const rocksdb::IOOptions& options, rocksdb::Slice* result,
                           char* scratch, rocksdb::IODebugContext* debug) override {
      const rocksdb::IOStatus status = faults_->NextOfAll(FaultSite::kOther);
      if (!status.ok()) return status;
      return FSSequentialFileOwnerWrapper::Read(size, options, result, scratch, debug);
    }

   private:
    const std::shared_ptr<Faults> faults_;
  };

  class Directory : public rocksdb::FSDirectoryWrapper {
   public:
    Directory(std::unique_ptr<rocksdb::FSDirectory>&& base, std::shared_ptr<Faults> faults)
        : FSDirectoryWrapper(std::move(base)), faults_(std::move(faults)) {}
    rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options,
                            rocksdb::IODebugContext* debug) override {
      const rocksdb::IOStatus status = faults_->NextOfAll(FaultSite::kGrow);
      return status.ok() ? FSDirectoryWrapper::Fsync(options, debug) : status;
    }
    rocksdb::IOStatus FsyncWithDirOptions(const rocksdb::IOOptions& options,
                                          rocksdb::IODebugContext* debug,
                                          const rocksdb::DirFsyncOptions& how) override {
      const rocksdb::IOStatus status = faults_->NextOfAll(FaultSite::kGrow);
      return status.ok() ? FSDirectoryWrapper::FsyncWithDirOptions(options, debug, how) : status;
    }

   private:
    const std::shared_ptr<Faults> faults_;
  };

  struct FaultFiles : rocksdb::FileSystemWrapper {
    FaultFiles(const std::shared_ptr<rocksdb::FileSystem>& base, FaultPlan* plan)
        : FileSystemWrapper(base), faults(std::make_shared<Faults>(plan)) {}
    const char* Name() const override { return "FaultFiles"; }

    rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSWritableFile>* file,
                                      rocksdb::IODebugContext* debug) override {
      std::unique_ptr<rocksdb::FSWritableFile> base;
      rocksdb::IOStatus status = faults->NextOfAll(FaultSite::kGrow);
      if (!status.ok()) return status;
      status = target()->NewWritableFile(path, options, &base, debug);
      if (status.ok()) *file = std::make_unique<FaultFile>(std::move(base), faults, KindOf(path));
      return status;
    }

    rocksdb::IOStatus NewRandomAccessFile(const std::string& path,
                                          const rocksdb::FileOptions& options,
                                          std::unique_ptr<rocksdb::FSRandomAccessFile>* file,
                                          rocksdb::IODebugContext* debug) override {
      std::unique_ptr<rocksdb::FSRandomAccessFile> base;
      rocksdb::IOStatus status = faults->NextOfAll(FaultSite::kOther);
      if (status.ok()) status = target()->NewRandomAccessFile(path, options, &base, debug);
      if (status.ok()) *file = std::make_unique<ReadFile>(std::move(base), faults);
      return status;
    }
    rocksdb::IOStatus NewSequentialFile(const std::string& path,
                                        const rocksdb::FileOptions& options,
                                        std::unique_ptr<rocksdb::FSSequentialFile>* file,
                                        rocksdb::IODebugContext* debug) override {
      std::unique_ptr<rocksdb::FSSequentialFile> base;
      rocksdb::IOStatus status = faults->NextOfAll(FaultSite::kOther);
      if (status.ok()) status = target()->NewSequentialFile(path, options, &base, debug);
      if (status.ok()) *file = std::make_unique<ScannedFile>(std::move(base), faults);
      return status;
    }
    rocksdb::IOStatus NewDirectory(const std::string& path, const rocksdb::IOOptions& options,
                                   std::unique_ptr<rocksdb::FSDirectory>* directory,
                                   rocksdb::IODebugContext* debug) override {
      std::unique_ptr<rocksdb::FSDirectory> base;
      rocksdb::IOStatus status = faults->NextOfAll(FaultSite::kOther);
      if (status.ok()) status = target()->NewDirectory(path, options, &base, debug);
      if (status.ok()) *directory = std::make_unique<Directory>(std::move(base), faults);
      return status;
    }
    rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                                 const rocksdb::IOOptions& options,
                                 rocksdb::IODebugContext* debug) override {
      const rocksdb::IOStatus status = faults->NextOfAll(FaultSite::kGrow);
      return status.ok() ? target()->RenameFile(from, to, options, debug) : status;
    }
    rocksdb::IOStatus DeleteFile(const std::string& path, const rocksdb::IOOptions& options,
                                 rocksdb::IODebugContext* debug) override {
      const rocksdb::IOStatus status = faults->NextOfAll(FaultSite::kOther);
      return status.ok() ? target()->DeleteFile(path, options, debug) : status;
    }
    rocksdb::IOStatus GetChildren(const std::string& path, const rocksdb::IOOptions& options,
                                  std::vector<std::string>* names,
                                  rocksdb::IODebugContext* debug) override {
      const rocksdb::IOStatus status = faults->NextOfAll(FaultSite::kOther);
      return status.ok() ? target()->GetChildren(path, options, names, debug) : status;
    }
    rocksdb::IOStatus GetFileSize(const std::string& path, const rocksdb::IOOptions& options,
                                  uint64_t* size, rocksdb::IODebugContext* debug) override {
      const rocksdb::IOStatus status = faults->NextOfAll(FaultSite::kOther);
      return status.ok() ? target()->GetFileSize(path, options, size, debug) : status;
    }

    static RocksFile KindOf(const std::string& path) {
      if (absl::EndsWith(path, ".log")) return RocksFile::kLog;
      if (absl::EndsWith(path, ".sst")) return RocksFile::kTable;
      return absl::StrContains(path, "/MANIFEST-") ? RocksFile::kManifest : RocksFile::kOther;
    }

    const std::shared_ptr<Faults> faults;
  };

  const std::shared_ptr<FaultFiles> files_;
  const std::unique_ptr<rocksdb::Env> env_;
};

}  // namespace daybook::internal

#endif  // DAYBOOK_TESTS_CORE_FAULT_ENV_H_
