// Whether enough is free on the disk for more to be written.
#ifndef DAYBOOK_CORE_SRC_SPACE_WATCH_H_
#define DAYBOOK_CORE_SRC_SPACE_WATCH_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "daybook/core/clock.h"
#include "daybook/core/file_system.h"
#include "daybook/core/mutex.h"

namespace daybook::internal {

// A full disk met in the middle of a group would stop the store, with outcomes that nobody knows.
// So it is met before, here: what is asked for is refused while less is free than must be. One
// thread's, but for what `wake` is called on.
class SpaceWatch {
 public:
  // `wake` is called, on any thread, when it is time for LookAgain; not after this is gone.
  SpaceWatch(FileSystem* files, std::string directory, uint64_t min_free_bytes, Clock* clock,
             absl::AnyInvocable<void()> wake);
  ~SpaceWatch();

  // Whether `bytes` more may be written now: LowSpaceError where not. The system is asked once a
  // second and for every few MiB, but each time while there is too little. Where it does not answer
  // there is enough, for all that is known.
  absl::Status Take(size_t bytes, absl::Time now);
  // After `wake`, while there is too little: asks, and has `wake` called later if it is still so.
  // True where there is enough again.
  bool LookAgain();
  // As of the last time that the system was asked.
  bool low() const { return !low_.ok(); }

 private:
  // What outlives this: the clock keeps it until its time comes.
  struct Alarm {
    std::atomic<bool> due{false};
    Mutex mutex;
    absl::AnyInvocable<void()> wake ABSL_GUARDED_BY(mutex);  // nullptr when nobody is there
  };

  absl::Status Ask(size_t bytes, absl::Time now);
  void Arm(absl::Time now);

  FileSystem* const files_;
  const std::string directory_;
  const uint64_t min_free_bytes_;
  Clock* const clock_;
  const std::shared_ptr<Alarm> alarm_;
  bool armed_ = false;
  absl::Time asked_ = absl::InfinitePast();
  uint64_t allowance_ = 0;  // bytes until the system is asked again
  absl::Status low_;
};

}  // namespace daybook::internal

#endif  // DAYBOOK_CORE_SRC_SPACE_WATCH_H_
