// A rocksdb::Env whose n-th write to a kind of file fails: give it to RocksKvOptions::env.
#ifndef DAYBOOK_TESTS_CORE_FAULT_ENV_H_
#define DAYBOOK_TESTS_CORE_FAULT_ENV_H_

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "daybook/core/mutex.h"
#include "rocksdb/env.h"
#include "rocksdb/file_system.h"

namespace daybook::internal {

enum class RocksFile { kLog, kTable, kManifest, kOther };
enum class RocksOperation { kAppend, kSync };

// Thread-safe.
class FaultEnv {
 public:
  FaultEnv()
      : files_(std::make_shared<FaultFiles>(rocksdb::FileSystem::Default())),
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
  struct Fault {
    int left = 0;
    rocksdb::IOStatus error;
  };
  struct Faults {
    Mutex mutex;
    std::map<Kind, Fault> planned ABSL_GUARDED_BY(mutex);
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
  };

  class FaultFile : public rocksdb::FSWritableFileOwnerWrapper {
   public:
    FaultFile(std::unique_ptr<rocksdb::FSWritableFile>&& base, std::shared_ptr<Faults> faults,
              RocksFile kind)
        : FSWritableFileOwnerWrapper(std::move(base)), faults_(std::move(faults)), kind_(kind) {}

    rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) override {
      const rocksdb::IOStatus status = faults_->Next(kind_, RocksOperation::kAppend);
      return status.ok() ? FSWritableFileOwnerWrapper::Append(data, options, debug) : status;
    }
    rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                             const rocksdb::DataVerificationInfo& verification,
                             rocksdb::IODebugContext* debug) override {
      const rocksdb::IOStatus status = faults_->Next(kind_, RocksOperation::kAppend);
      if (!status.ok()) return status;
      return FSWritableFileOwnerWrapper::Append(data, options, verification, debug);
    }
    rocksdb::IOStatus Sync(const rocksdb::IOOptions& options,
                           rocksdb::IODebugContext* debug) override {
      const rocksdb::IOStatus status = faults_->Next(kind_, RocksOperation::kSync);
      return status.ok() ? FSWritableFileOwnerWrapper::Sync(options, debug) : status;
    }
    rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options,
                            rocksdb::IODebugContext* debug) override {
      const rocksdb::IOStatus status = faults_->Next(kind_, RocksOperation::kSync);
      return status.ok() ? FSWritableFileOwnerWrapper::Fsync(options, debug) : status;
    }

   private:
    const std::shared_ptr<Faults> faults_;
    const RocksFile kind_;
  };

  struct FaultFiles : rocksdb::FileSystemWrapper {
    explicit FaultFiles(const std::shared_ptr<rocksdb::FileSystem>& base)
        : FileSystemWrapper(base), faults(std::make_shared<Faults>()) {}
    const char* Name() const override { return "FaultFiles"; }

    rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSWritableFile>* file,
                                      rocksdb::IODebugContext* debug) override {
      std::unique_ptr<rocksdb::FSWritableFile> base;
      rocksdb::IOStatus status = target()->NewWritableFile(path, options, &base, debug);
      if (status.ok()) *file = std::make_unique<FaultFile>(std::move(base), faults, KindOf(path));
      return status;
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
