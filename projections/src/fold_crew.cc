#include "fold_crew.h"

#include <atomic>

#include "absl/strings/str_cat.h"

namespace daybook::internal {

class FoldCrew::Member final : public Task {
 public:
  Member(Runtime* runtime, size_t number)
      : number_(number), worker_(runtime->Start(absl::StrCat("projections ", number + 1), this)) {}

  void Begin(const Part* part, Latch* done) {
    done_ = done;
    part_.store(part, std::memory_order_release);
    worker_->Wake();
  }

  bool Step() override {
    if (const Part* part = part_.exchange(nullptr, std::memory_order_acquire)) {
      (*part)(number_);
      done_->Open();
    }
    return false;
  }

 private:
  const size_t number_;
  Latch* done_ = nullptr;
  std::atomic<const Part*> part_{nullptr};
  // Last: it steps as soon as it is made.
  std::unique_ptr<Runtime::Worker> worker_;
};

FoldCrew::FoldCrew(Runtime* runtime, size_t size) : runtime_(runtime) {
  for (size_t i = 1; i < size; ++i) members_.push_back(std::make_unique<Member>(runtime, i));
}

FoldCrew::~FoldCrew() = default;

void FoldCrew::Do(Part part) {
  std::vector<Latch> done(members_.size());
  for (size_t i = 0; i < members_.size(); ++i) members_[i]->Begin(&part, &done[i]);
  part(0);
  for (Latch& latch : done) runtime_->Await(latch);
}

}  // namespace daybook::internal
