#include "schedule.h"

#include <utility>

#include "engine.h"
#include "recovery.h"

namespace daybook {

Schedule::Schedule(uint64_t seed) : random_(seed), runtime_(MakeStepRuntime(seed)) {
  OpenStore();
}

Schedule::~Schedule() {
  views_.reset();
  store_.reset();
}

void Schedule::Steps(uint64_t most) {
  Latch never;
  runtime_->Await(never, absl::Microseconds(1 + static_cast<int64_t>(Draw(most))));
}

void Schedule::OpenStore() {
  auto mark = internal::ProveTail(*kv_, internal::WitnessContent(), ++openings_);
  ASSERT_THAT(mark, IsOk());
  internal::KvBatch batch;
  batch.Put(internal::Family::kMeta, internal::kGroupKey, mark->Encode());
  ASSERT_THAT(kv_->Write(batch), IsOk());
  ASSERT_THAT(kv_->SyncLog(), IsOk());
  internal::EngineParts parts;
  parts.kv = kv_;
  StoreOptions options;
  options.runtime = runtime_.get();
  auto store = internal::Engine::Open(std::move(parts), options);
  ASSERT_THAT(store, IsOk());
  store_ = *std::move(store);
}

ProjectionOptions Schedule::DrawOptions() {
  ProjectionOptions options;
  options.promotion_events = Draw(2) == 0 ? 4096 : 1 + Draw(8);
  options.flush_events = 1 + Draw(50);
  options.row_cache_bytes = Draw(2) == 0 ? 1 : 1 << 20;
  options.fold_workers = 1 + Draw(3);
  return options;
}

}  // namespace daybook
