// Sleeping on a word of memory: what std::atomic's wait does, with a deadline, and without its
// table of waiters. What is read and written around it goes through the atomic, so the thread
// sanitizer sees all of it.
#ifndef DAYBOOK_CORE_SRC_FUTEX_H_
#define DAYBOOK_CORE_SRC_FUTEX_H_

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <climits>
#include <cstdint>
#include <ctime>

namespace daybook::internal {

static_assert(sizeof(std::atomic<uint32_t>) == sizeof(uint32_t));

// Sleeps while `word` is `expected`; may return early for no reason. `timeout` is relative;
// nullptr: none.
inline void FutexWait(const std::atomic<uint32_t>& word, uint32_t expected,
                      const timespec* timeout = nullptr) {
  ::syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, expected, timeout, nullptr, 0);
}

// Wakes everybody who sleeps on the word. It may be gone already: nothing is read there.
inline void FutexWakeAll(const std::atomic<uint32_t>* word) {
  ::syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX, nullptr, nullptr, 0);
}

}  // namespace daybook::internal

#endif  // DAYBOOK_CORE_SRC_FUTEX_H_
