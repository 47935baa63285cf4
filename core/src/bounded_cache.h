// A map that forgets: what was not used of late goes first.
#ifndef DAYBOOK_CORE_SRC_BOUNDED_CACHE_H_
#define DAYBOOK_CORE_SRC_BOUNDED_CACHE_H_

#include <cstddef>
#include <utility>

#include "absl/container/flat_hash_map.h"

namespace daybook::internal {

// Two halves: new and used entries stand in the young one; when that is full it becomes the old
// one, and what still was old is dropped. Holds at most `capacity` entries. Not thread-safe.
template <typename Key, typename Value>
class BoundedCache {
 public:
  explicit BoundedCache(size_t capacity) : half_(capacity / 2 + 1) {}

  // nullptr when it is not there. Valid until the next call.
  template <typename K>
  Value* Find(const K& key) {
    if (auto it = young_.find(key); it != young_.end()) return &it->second;
    auto it = old_.find(key);
    if (it == old_.end()) return nullptr;
    auto node = old_.extract(it);
    return &Put(std::move(node.key()), std::move(node.mapped()));
  }

  // The same, changing nothing: any number of threads may look at once.
  template <typename K>
  const Value* Peek(const K& key) const {
    if (auto it = young_.find(key); it != young_.end()) return &it->second;
    if (auto it = old_.find(key); it != old_.end()) return &it->second;
    return nullptr;
  }

  // Asks for the memory that a Peek at `key` is going to look at.
  template <typename K>
  void Prefetch(const K& key) const {
    young_.prefetch(key);
  }

  Value& Put(Key key, Value value) {
    if (young_.size() >= half_) {
      old_ = std::move(young_);
      young_.clear();
    }
    return young_.insert_or_assign(std::move(key), std::move(value)).first->second;
  }

 private:
  const size_t half_;
  absl::flat_hash_map<Key, Value> young_;
  absl::flat_hash_map<Key, Value> old_;
};

}  // namespace daybook::internal

#endif  // DAYBOOK_CORE_SRC_BOUNDED_CACHE_H_
