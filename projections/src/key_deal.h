// Which keys are whose, where several threads fold the rows of one view.
#ifndef DAYBOOK_PROJECTIONS_SRC_KEY_DEAL_H_
#define DAYBOOK_PROJECTIONS_SRC_KEY_DEAL_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"

namespace daybook::internal {

// Keys are in buckets by a hash, and the buckets are dealt out among the parts: at first evenly,
// and anew where a few keys have most of the events. One key is never divided.
class KeyDeal {
 public:
  explicit KeyDeal(size_t parts);

  size_t parts() const { return parts_; }
  size_t PartOf(absl::string_view key) const { return owners_[BucketOf(key)]; }
  // Whether `part` has the key; counts the question as work of it then, whether it is asked once
  // for an event or twice. May be called for different parts at a time.
  bool Takes(size_t part, absl::string_view key) {
    const size_t bucket = BucketOf(key);
    if (owners_[bucket] != part) return false;
    ++work_[part].of_bucket[bucket];
    return true;
  }

  // Whether another deal of the work since the last look would leave the busiest part markedly less
  // of it: then that is the next one. Begins to count anew, once there was enough.
  bool FindBetter();
  // Takes the deal that was found: from now on rows have other owners.
  void Redeal() { owners_ = next_; }

 private:
  static constexpr size_t kBuckets = 256;
  using Owners = std::array<uint8_t, kBuckets>;
  // What one part counts; no two of them in one cache line.
  struct alignas(64) Work {
    std::array<uint64_t, kBuckets> of_bucket{};
  };
  using Sums = std::array<uint64_t, kBuckets>;

  static size_t BucketOf(absl::string_view key);
  // Largest first, each to whoever has least: at most 4/3 of the best there is (Graham, "Bounds on
  // multiprocessing timing anomalies", 1969).
  Owners DealByWork(const Sums& work) const;
  uint64_t BusiestOf(const Owners& owners, const Sums& work) const;

  const size_t parts_;
  Owners owners_;
  Owners next_;
  std::vector<Work> work_;
};

}  // namespace daybook::internal

#endif  // DAYBOOK_PROJECTIONS_SRC_KEY_DEAL_H_
