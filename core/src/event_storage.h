// What the events of a batch view, kept as long as the batch.
#ifndef DAYBOOK_CORE_SRC_EVENT_STORAGE_H_
#define DAYBOOK_CORE_SRC_EVENT_STORAGE_H_

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "kv.h"
#include "names.h"

namespace daybook::internal {

// Bytes that never move.
class Arena {
 public:
  absl::string_view Copy(absl::string_view bytes) {
    if (bytes.size() > left_) {
      const size_t size = std::max(kChunkBytes, bytes.size());
      chunks_.push_back(std::make_unique_for_overwrite<char[]>(size));
      next_ = chunks_.back().get();
      left_ = size;
    }
    char* to = next_;
    std::memcpy(to, bytes.data(), bytes.size());
    next_ += bytes.size();
    left_ -= bytes.size();
    return {to, bytes.size()};
  }

 private:
  static constexpr size_t kChunkBytes = size_t{64} << 10;
  std::vector<std::unique_ptr<char[]>> chunks_;
  char* next_ = nullptr;
  size_t left_ = 0;
};

// Copies of what an iterator passed, pinned values of look-ups, and the names.
struct EventStorage {
  Arena arena;
  std::vector<KvValue> values;
  std::string names;
  std::shared_ptr<const Names> dictionary;
  std::shared_ptr<const Kv> kv;  // pinned values lie in its cache
};

}  // namespace daybook::internal

#endif  // DAYBOOK_CORE_SRC_EVENT_STORAGE_H_
