#include "key_deal.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "absl/hash/hash.h"

namespace daybook::internal {
namespace {

// Of one part. Less tells chance rather than what is to come.
constexpr uint64_t kEnoughWork = 2'000;

}  // namespace

KeyDeal::KeyDeal(size_t parts) : parts_(parts), work_(parts) {
  for (size_t i = 0; i < kBuckets; ++i) owners_[i] = static_cast<uint8_t>(i % parts);
  next_ = owners_;
}

size_t KeyDeal::BucketOf(absl::string_view key) {
  return absl::Hash<absl::string_view>()(key) % kBuckets;
}

KeyDeal::Owners KeyDeal::DealByWork(const Sums& work) const {
  std::vector<size_t> buckets(kBuckets);
  std::iota(buckets.begin(), buckets.end(), size_t{0});
  std::stable_sort(buckets.begin(), buckets.end(),
                   [&work](size_t a, size_t b) { return work[a] > work[b]; });
  std::vector<uint64_t> load(parts_, 0);
  Owners owners;
  for (const size_t bucket : buckets) {
    const auto least = std::min_element(load.begin(), load.end());
    // Buckets without work are dealt out evenly too.
    *least += std::max<uint64_t>(work[bucket], 1);
    owners[bucket] = static_cast<uint8_t>(least - load.begin());
  }
  return owners;
}

uint64_t KeyDeal::BusiestOf(const Owners& owners, const Sums& work) const {
  std::vector<uint64_t> load(parts_, 0);
  for (size_t i = 0; i < kBuckets; ++i) load[owners[i]] += work[i];
  return *std::max_element(load.begin(), load.end());
}

bool KeyDeal::FindBetter() {
  Sums work{};
  uint64_t all = 0;
  for (const Work& of_part : work_) {
    for (size_t i = 0; i < kBuckets; ++i) {
      work[i] += of_part.of_bucket[i];
      all += of_part.of_bucket[i];
    }
  }
  if (all < kEnoughWork * parts_) return false;
  work_.assign(parts_, Work());
  const Owners other = DealByWork(work);
  // A deal costs a pause and the rows in memory, so it is to be worth it.
  if (BusiestOf(other, work) >= BusiestOf(owners_, work) / 5 * 4) return false;
  next_ = other;
  return true;
}

}  // namespace daybook::internal
