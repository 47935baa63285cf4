// Does one blocking job at a time beside the sequencer: a sync, a flush.
#ifndef DAYBOOK_CORE_SRC_SYNCER_H_
#define DAYBOOK_CORE_SRC_SYNCER_H_

#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "daybook/core/mutex.h"
#include "daybook/core/runtime.h"

namespace daybook::internal {

// Submit and the rest are the owner's; the job runs on the syncer's own task.
class Syncer : public Task {
 public:
  using Job = absl::AnyInvocable<absl::Status() &&>;

  // `done` is called after each job, on the syncer's task.
  Syncer(Runtime* runtime, absl::string_view name, absl::AnyInvocable<void()> done)
      : done_(std::move(done)), worker_(runtime->Start(name, this)) {}

  // Requires idle().
  void Submit(Job job) {
    {
      MutexLock lock(&mutex_);
      job_ = std::move(job);
      idle_ = false;
    }
    worker_->Wake();
  }
  // Runs the job on the caller's thread. Requires idle().
  void RunHere(Job job) {
    absl::Status status = std::move(job)();
    {
      MutexLock lock(&mutex_);
      status_ = std::move(status);
    }
    done_();
  }
  // No job is waiting or running.
  bool idle() const {
    MutexLock lock(&mutex_);
    return idle_;
  }
  // Of the last job that was done.
  absl::Status status() const {
    MutexLock lock(&mutex_);
    return status_;
  }

  bool Step() override {
    Job job;
    {
      MutexLock lock(&mutex_);
      if (job_ == nullptr) return false;
      job = std::move(job_);
      job_ = nullptr;
    }
    absl::Status status = std::move(job)();
    {
      MutexLock lock(&mutex_);
      status_ = std::move(status);
      idle_ = true;
    }
    done_();
    return true;
  }

 private:
  absl::AnyInvocable<void()> done_;
  mutable Mutex mutex_;
  Job job_ ABSL_GUARDED_BY(mutex_);
  bool idle_ ABSL_GUARDED_BY(mutex_) = true;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<Runtime::Worker> worker_;  // last: it stops first
};

}  // namespace daybook::internal

#endif  // DAYBOOK_CORE_SRC_SYNCER_H_
