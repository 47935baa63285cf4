#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "daybook/core/runtime.h"
#include "fatal.h"

namespace daybook {
namespace {

class StepRuntime : public Runtime {
 public:
  explicit StepRuntime(uint64_t seed) : random_(seed) {}

  ~StepRuntime() override {
    if (!workers_.empty()) {
      internal::Fatal(absl::StrCat("the step runtime ended before its tasks: ", Describe()));
    }
  }

  std::unique_ptr<Worker> Start(absl::string_view name, Task* task) override {
    return std::make_unique<StepWorker>(this, name, task);
  }

  bool Await(Latch& latch, absl::Duration timeout) override {
    absl::Duration left = timeout;
    while (!latch.is_open()) {
      if (left <= absl::ZeroDuration()) return false;
      if (!StepOne()) {
        if (timeout < absl::InfiniteDuration()) return false;
        internal::Fatal(
            absl::StrCat("deadlock: a latch is awaited and no task has work: ", Describe()));
      }
      left -= absl::Microseconds(1);
    }
    return true;
  }

 private:
  class StepWorker : public Worker {
   public:
    StepWorker(StepRuntime* runtime, absl::string_view name, Task* task)
        : runtime_(runtime), name_(name), task_(task) {
      runtime_->workers_.push_back(this);
    }
    ~StepWorker() override {
      if (running_) internal::Fatal(absl::StrCat("the worker of ", name_, " ended within a step"));
      auto& workers = runtime_->workers_;
      workers.erase(std::find(workers.begin(), workers.end(), this));
    }
    void Wake() override { due_ = true; }

    bool ready() const { return due_ && !running_; }
    void Step() {
      due_ = false;
      running_ = true;
      const bool more = task_->Step();
      running_ = false;
      due_ = due_ || more;
    }
    std::string Describe() const { return absl::StrCat(name_, running_ ? " (in a step)" : ""); }

   private:
    StepRuntime* const runtime_;
    const std::string name_;
    Task* const task_;
    bool due_ = true;
    bool running_ = false;
  };

  // Steps one of the tasks that have work; false when there is none.
  bool StepOne() {
    ready_.clear();
    for (StepWorker* worker : workers_) {
      if (worker->ready()) ready_.push_back(worker);
    }
    if (ready_.empty()) return false;
    ready_[random_() % ready_.size()]->Step();
    return true;
  }

  std::string Describe() const {
    std::string names;
    for (const StepWorker* worker : workers_) {
      absl::StrAppend(&names, names.empty() ? "" : ", ", worker->Describe());
    }
    return names.empty() ? "no tasks" : names;
  }

  std::mt19937_64 random_;
  std::vector<StepWorker*> workers_;
  std::vector<StepWorker*> ready_;
};

}  // namespace

std::unique_ptr<Runtime> MakeStepRuntime(uint64_t seed) {
  return std::make_unique<StepRuntime>(seed);
}

}  // namespace daybook
