#include "fold_crew.h"

#include <atomic>

#include "absl/strings/str_cat.h"

namespace daybook::internal {

struct FoldCrew::Work {
  const size_t pieces;
  const DoPiece do_piece;
  std::atomic<size_t> next{0};

  void TakePieces() {
    for (size_t i; (i = next.fetch_add(1, std::memory_order_relaxed)) < pieces;) do_piece(i);
  }
};

class FoldCrew::Member final : public Task {
 public:
  Member(Runtime* runtime, size_t number)
      : worker_(runtime->Start(absl::StrCat("projections ", number + 1), this)) {}

  void Begin(Work* work, Latch* done) {
    done_ = done;
    work_.store(work, std::memory_order_release);
    worker_->Wake();
  }
  // True: it has not begun, and will not.
  bool Withdraw() { return work_.exchange(nullptr, std::memory_order_acquire) != nullptr; }

  bool Step() override {
    if (Work* const work = work_.exchange(nullptr, std::memory_order_acquire)) {
      work->TakePieces();
      done_->Open();
    }
    return false;
  }

 private:
  Latch* done_ = nullptr;
  std::atomic<Work*> work_{nullptr};
  // Last: it steps as soon as it is made.
  std::unique_ptr<Runtime::Worker> worker_;
};

FoldCrew::FoldCrew(Runtime* runtime, size_t size) : runtime_(runtime) {
  for (size_t i = 1; i < size; ++i) members_.push_back(std::make_unique<Member>(runtime, i));
}

FoldCrew::~FoldCrew() = default;

void FoldCrew::Do(size_t pieces, DoPiece do_piece) {
  Work work{pieces, do_piece};
  std::vector<Latch> done(members_.size());
  for (size_t i = 0; i < members_.size(); ++i) members_[i]->Begin(&work, &done[i]);
  work.TakePieces();
  for (size_t i = 0; i < members_.size(); ++i) {
    // A thread that comes late is not waited for: there is nothing left for it.
    if (!members_[i]->Withdraw()) runtime_->Await(done[i]);
  }
}

}  // namespace daybook::internal
