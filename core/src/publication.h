// The published tip: what is durable, and what every read sees (G1).
#ifndef DAYBOOK_CORE_SRC_PUBLICATION_H_
#define DAYBOOK_CORE_SRC_PUBLICATION_H_

#include <map>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "daybook/core/mutex.h"
#include "format.h"
#include "kv.h"

namespace daybook::internal {

// The store right after one group. Immutable.
struct Published {
  GroupMark mark;
  std::shared_ptr<const KvSnapshot> snapshot;
};

// Thread-safe.
class Publication {
 public:
  using Wake = absl::AnyInvocable<void() &&>;

  std::shared_ptr<const Published> Get() const;
  // Makes `published` the newest and calls who waited for it.
  void Set(std::shared_ptr<const Published> published);
  // Calls `wake` once: as soon as the tip is beyond `sequence`, or on Close.
  void WhenPast(uint64_t sequence, Wake wake);
  // Wakes everybody, now and from now on.
  void Close();
  bool closed() const;

 private:
  mutable Mutex mutex_;
  std::shared_ptr<const Published> published_ ABSL_GUARDED_BY(mutex_);
  std::multimap<uint64_t, Wake> waiters_ ABSL_GUARDED_BY(mutex_);
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace daybook::internal

#endif  // DAYBOOK_CORE_SRC_PUBLICATION_H_
