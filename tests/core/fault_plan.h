// Which of all operations on files fails, whichever file and whoever does it: counted together by
// FaultEnv and FaultFileSystem, so that each can be made to fail in its turn.
#ifndef DAYBOOK_TESTS_CORE_FAULT_PLAN_H_
#define DAYBOOK_TESTS_CORE_FAULT_PLAN_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "daybook/core/mutex.h"

namespace daybook {

enum class Fault {
  kError,      // EIO
  kRetryable,  // EIO, which RocksDB is told may pass; for our own files the same as kError
  kNoSpace,    // ENOSPC; only of what needs space
  kShort,      // EIO after a first part was written; only of writes
};

// What an operation is to its medium.
enum class FaultSite {
  kWrite,  // of bytes
  kGrow,   // a name, or a sync that brings out what was written
  kOther,  // reads, deletes, closes
};

// Thread-safe.
class FaultPlan {
 public:
  // The n-th operation from now on (1 is the next) fails, and with `persistent` every one after it.
  // Where the fault is not one of that operation it waits for the next that it is.
  void FailAt(uint64_t n, Fault fault, bool persistent) {
    MutexLock lock(&mutex_);
    at_ = operations_.size() + n;
    fault_ = fault;
    persistent_ = persistent;
    failed_ = 0;
  }
  void Heal() {
    MutexLock lock(&mutex_);
    fault_.reset();
  }
  // Of each operation so far, in order.
  std::vector<FaultSite> operations() const {
    MutexLock lock(&mutex_);
    return operations_;
  }
  // Since FailAt.
  uint64_t failed() const {
    MutexLock lock(&mutex_);
    return failed_;
  }

  // Whether an operation there can fail so.
  static bool IsOne(Fault fault, FaultSite site) {
    if (fault == Fault::kShort) return site == FaultSite::kWrite;
    return fault != Fault::kNoSpace || site != FaultSite::kOther;
  }

  // Called with each operation: its fault; nullopt: it succeeds.
  std::optional<Fault> Next(FaultSite site) {
    MutexLock lock(&mutex_);
    operations_.push_back(site);
    if (!fault_.has_value() || operations_.size() < at_) return std::nullopt;
    if (!IsOne(*fault_, site)) return std::nullopt;
    ++failed_;
    const Fault fault = *fault_;
    if (!persistent_) fault_.reset();
    return fault;
  }

 private:
  mutable Mutex mutex_;
  std::vector<FaultSite> operations_ ABSL_GUARDED_BY(mutex_);
  uint64_t failed_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t at_ ABSL_GUARDED_BY(mutex_) = 0;
  std::optional<Fault> fault_ ABSL_GUARDED_BY(mutex_);
  bool persistent_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace daybook

#endif  // DAYBOOK_TESTS_CORE_FAULT_PLAN_H_
