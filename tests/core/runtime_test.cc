#include "daybook/core/runtime.h"

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "daybook/core/clock.h"
#include "gtest/gtest.h"

namespace daybook {
namespace {

class FunctionTask : public Task {
 public:
  explicit FunctionTask(std::function<bool()> step) : step_(std::move(step)) {}
  bool Step() override { return step_(); }

 private:
  const std::function<bool()> step_;
};

// Four tasks that wake each other; the order of their steps.
std::string Trace(uint64_t seed) {
  const std::unique_ptr<Runtime> runtime = MakeStepRuntime(seed);
  Latch done;
  std::string trace;
  std::vector<std::unique_ptr<FunctionTask>> tasks;
  std::vector<std::unique_ptr<Runtime::Worker>> workers(4);
  for (size_t i = 0; i < workers.size(); ++i) {
    tasks.push_back(std::make_unique<FunctionTask>([&, i] {
      absl::StrAppend(&trace, i);
      if (trace.size() == 100) done.Open();
      if (const auto& next = workers[(i + 1) % workers.size()]; next != nullptr) next->Wake();
      return i % 2 == 0;
    }));
  }
  for (size_t i = 0; i < workers.size(); ++i) {
    workers[i] = runtime->Start(absl::StrCat("task", i), tasks[i].get());
  }
  EXPECT_TRUE(runtime->Await(done));
  return trace;
}

TEST(StepRuntime, TheSameSeedGivesTheSameRun) {
  const std::string first = Trace(1);
  EXPECT_EQ(first.size(), 100);
  EXPECT_EQ(Trace(1), first);
  EXPECT_NE(Trace(2), first);
}

TEST(StepRuntime, StepsOnlyWhatWasWoken) {
  const auto runtime = MakeStepRuntime(7);
  int steps = 0;
  FunctionTask task([&] {
    ++steps;
    return false;
  });
  const auto worker = runtime->Start("task", &task);
  Latch never;
  EXPECT_FALSE(runtime->Await(never, absl::Hours(1)));
  EXPECT_EQ(steps, 1);
  worker->Wake();
  worker->Wake();
  EXPECT_FALSE(runtime->Await(never, absl::Hours(1)));
  EXPECT_EQ(steps, 2);
}

TEST(StepRuntime, AStepTakesAMicrosecond) {
  const auto runtime = MakeStepRuntime(7);
  int steps = 0;
  FunctionTask task([&] {
    ++steps;
    return true;
  });
  const auto worker = runtime->Start("task", &task);
  Latch never;
  EXPECT_FALSE(runtime->Await(never, absl::Microseconds(5)));
  EXPECT_EQ(steps, 5);
}

TEST(StepRuntime, AStepMayAwaitAnotherTask) {
  const auto runtime = MakeStepRuntime(7);
  Latch inner;
  Latch outer;
  FunctionTask waiting([&] {
    EXPECT_TRUE(runtime->Await(inner));
    outer.Open();
    return false;
  });
  int left = 3;
  FunctionTask opening([&] {
    if (--left == 0) inner.Open();
    return left > 0;
  });
  const auto first = runtime->Start("waiting", &waiting);
  const auto second = runtime->Start("opening", &opening);
  EXPECT_TRUE(runtime->Await(outer));
}

TEST(StepRuntime, ATaskThatIsWokenInItsStepIsNotEnteredAgain) {
  const auto runtime = MakeStepRuntime(7);
  Latch inner;
  Latch outer;
  int within = 0;
  std::unique_ptr<Runtime::Worker> first;
  FunctionTask waiting([&] {
    EXPECT_EQ(++within, 1);
    if (!inner.is_open()) EXPECT_TRUE(runtime->Await(inner));
    --within;
    outer.Open();
    return false;
  });
  int left = 20;
  FunctionTask opening([&] {
    if (first != nullptr) first->Wake();
    if (--left == 0) inner.Open();
    return left > 0;
  });
  first = runtime->Start("waiting", &waiting);
  const auto second = runtime->Start("opening", &opening);
  EXPECT_TRUE(runtime->Await(outer));
}

TEST(StepRuntime, DeadlockAbortsWithTheTasksNames) {
  const auto deadlock = [] {
    const auto runtime = MakeStepRuntime(7);
    FunctionTask task([] { return false; });
    const auto worker = runtime->Start("sequencer", &task);
    Latch never;
    runtime->Await(never);
  };
  EXPECT_DEATH(deadlock(), "deadlock.*sequencer");
}

TEST(ThreadRuntime, EveryWakeIsFollowedByAStep) {
  Runtime& runtime = Runtime::Threads();
  std::atomic<int> given{0};
  std::atomic<int> taken{0};
  Latch all;
  FunctionTask task([&] {
    taken = given.load();
    if (taken == 2000) all.Open();
    return false;
  });
  const auto worker = runtime.Start("a name longer than fifteen", &task);
  const auto wake = [&] {
    for (int i = 0; i < 1000; ++i) {
      ++given;
      worker->Wake();
    }
  };
  std::thread other(wake);
  wake();
  EXPECT_TRUE(runtime.Await(all));
  other.join();
}

TEST(ThreadRuntime, StepsAgainWhileThereIsMore) {
  Latch done;
  int steps = 0;
  FunctionTask task([&] {
    if (++steps == 10) done.Open();
    return steps < 10;
  });
  const auto worker = Runtime::Threads().Start("task", &task);
  EXPECT_TRUE(Runtime::Threads().Await(done));
}

TEST(ThreadRuntime, DestructionEndsATaskThatNeverRests) {
  std::atomic<bool> ran{false};
  FunctionTask task([&] {
    ran = true;
    return true;
  });
  auto worker = Runtime::Threads().Start("task", &task);
  while (!ran) std::this_thread::yield();
  worker.reset();
}

TEST(ThreadRuntime, DestructionEndsATaskAtAnyMomentOfAWake) {
  for (int i = 0; i < 5'000; ++i) {
    std::atomic<int> steps = 0;
    FunctionTask task([&] {
      ++steps;
      return false;
    });
    const auto worker = Runtime::Threads().Start("task", &task);
    // Until the thread is up, and about to look for the next wake; where it has no core yet, this
    // one is of more use to it.
    for (int wakes = 1; steps < 3; ++wakes) {
      worker->Wake();
      if (wakes % 64 == 0) std::this_thread::yield();
    }
  }
}

TEST(ThreadRuntime, AwaitReturnsWhenTheTimeIsOver) {
  Latch never;
  const absl::Time before = absl::Now();
  EXPECT_FALSE(Runtime::Threads().Await(never, absl::Milliseconds(20)));
  EXPECT_GE(absl::Now() - before, absl::Milliseconds(15));
  EXPECT_FALSE(Runtime::Threads().Await(never, absl::ZeroDuration()));
}

TEST(ThreadRuntime, ALatchMayGoAsSoonAsItIsAwaited) {
  for (int i = 0; i < 200; ++i) {
    auto latch = std::make_unique<Latch>();
    std::thread opener([raw = latch.get()] { raw->Open(); });
    EXPECT_TRUE(Runtime::Threads().Await(*latch));
    latch.reset();
    opener.join();
  }
}

// A task that is awaited by its callers: it does what was asked, and notes which threads stepped.
class SharedTask : public Task {
 public:
  bool Step() override {
    if (asked_.exchange(false)) {
      stepped_by_ = std::this_thread::get_id();
      if (disk_ != nullptr) {
        busy_ = true;
        disk_();
      } else {
        done_->Open();
      }
      return true;
    }
    if (!finished_.exchange(false)) return false;
    stepped_by_ = std::this_thread::get_id();
    busy_ = false;
    done_->Open();
    return true;
  }
  bool IsBusy() const override { return busy_; }

  // Before it is asked: who is told, and what has Finish called later, on another thread.
  void Prepare(Latch* done, std::function<void()> disk) {
    done_ = done;
    disk_ = std::move(disk);
  }
  void Ask() { asked_ = true; }
  void Finish() { finished_ = true; }
  std::thread::id stepped_by() const { return stepped_by_; }

 private:
  Latch* done_ = nullptr;
  std::function<void()> disk_;
  bool busy_ = false;
  std::atomic<bool> asked_{false};
  std::atomic<bool> finished_{false};
  std::thread::id stepped_by_;
};

// Whether the caller made the steps of what he asked for.
bool CallerSteps(SharedTask& task, Runtime::Worker& worker, std::function<void()> disk) {
  Latch done;
  task.Prepare(&done, std::move(disk));
  const BlockingCall call;
  task.Ask();
  worker.Wake();
  EXPECT_TRUE(Runtime::Threads().Await(done));
  return task.stepped_by() == std::this_thread::get_id();
}

// Only a task whose thread sleeps is lent, and when it falls asleep is the system's to say: so it
// is tried until it does.
TEST(BlockingCall, HasTheCallerMakeTheStepsOfATaskThatSleeps) {
  SharedTask task;
  const auto worker = Runtime::Threads().StartShared("shared", &task);
  while (!CallerSteps(task, *worker, nullptr)) std::this_thread::yield();
  // Without a BlockingCall it never is.
  for (int i = 0; i < 100; ++i) {
    Latch done;
    task.Prepare(&done, nullptr);
    task.Ask();
    worker->Wake();
    EXPECT_TRUE(Runtime::Threads().Await(done));
    EXPECT_NE(task.stepped_by(), std::this_thread::get_id());
  }
}

TEST(BlockingCall, StaysWithATaskThatADiskWillWake) {
  SharedTask task;
  const auto worker = Runtime::Threads().StartShared("shared", &task);
  std::thread disk;
  const auto work = [&] {
    disk = std::thread([&] {
      task.Finish();
      worker->Wake();
    });
  };
  bool stayed = false;
  while (!stayed) {
    stayed = CallerSteps(task, *worker, work);
    disk.join();
  }
}

TEST(BlockingCall, GivesTheTaskBackWhenNothingIsAwaited) {
  SharedTask task;
  const auto worker = Runtime::Threads().StartShared("shared", &task);
  Latch done;
  task.Prepare(&done, nullptr);
  {
    const BlockingCall call;
    task.Ask();
    worker->Wake();
  }
  EXPECT_TRUE(Runtime::Threads().Await(done));
  EXPECT_NE(task.stepped_by(), std::this_thread::get_id());
}

TEST(BlockingCall, GivesTheTaskBackWhenItIsWokenAgainBeforeTheCallerWaits) {
  SharedTask task;
  const auto worker = Runtime::Threads().StartShared("shared", &task);
  Latch done;
  task.Prepare(&done, nullptr);
  const BlockingCall call;
  task.Ask();
  worker->Wake();
  worker->Wake();
  EXPECT_TRUE(Runtime::Threads().Await(done));
  EXPECT_NE(task.stepped_by(), std::this_thread::get_id());
}

TEST(BlockingCall, ATimeoutLeavesTheStepsToTheTasksThread) {
  SharedTask task;
  const auto worker = Runtime::Threads().StartShared("shared", &task);
  Latch done;
  task.Prepare(&done, nullptr);
  const BlockingCall call;
  task.Ask();
  worker->Wake();
  EXPECT_TRUE(Runtime::Threads().Await(done, absl::Hours(1)));
  EXPECT_NE(task.stepped_by(), std::this_thread::get_id());
}

// Whoever steps, no wake is lost: each caller's request is answered.
TEST(BlockingCall, ManyCallersAreAllAnswered) {
  constexpr int kCallers = 8;
  constexpr int kCalls = 2000;
  std::vector<std::atomic<Latch*>> requests(kCallers);
  FunctionTask task([&] {
    bool progress = false;
    for (std::atomic<Latch*>& request : requests) {
      if (Latch* const latch = request.exchange(nullptr)) {
        latch->Open();
        progress = true;
      }
    }
    return progress;
  });
  const auto worker = Runtime::Threads().StartShared("shared", &task);
  std::vector<std::thread> callers;
  for (int caller = 0; caller < kCallers; ++caller) {
    callers.emplace_back([&, caller] {
      for (int i = 0; i < kCalls; ++i) {
        const BlockingCall call;
        Latch done;
        requests[caller] = &done;
        worker->Wake();
        EXPECT_TRUE(Runtime::Threads().Await(done));
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
}

TEST(ClockTest, CallsInTheOrderOfTheTimes) {
  const absl::Time now = Clock::System().Now();
  const auto calls = std::make_shared<std::atomic<int>>(0);
  Latch first, second;
  Clock::System().CallAt(now + absl::Hours(1), [calls] { ++*calls; });
  Clock::System().CallAt(now - absl::Hours(1), [&first] { first.Open(); });
  Clock::System().CallAt(now + absl::Milliseconds(2), [&] {
    EXPECT_TRUE(first.is_open());
    second.Open();
  });
  EXPECT_TRUE(Runtime::Threads().Await(second));
  EXPECT_EQ(calls->load(), 0);
}

}  // namespace
}  // namespace daybook
