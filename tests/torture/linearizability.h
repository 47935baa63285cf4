// Whether calls that overlapped can have happened one after the other: each at a moment between its
// call and its answer, so that all answers are right.
#ifndef DAYBOOK_TESTS_TORTURE_LINEARIZABILITY_H_
#define DAYBOOK_TESTS_TORTURE_LINEARIZABILITY_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace daybook {

template <typename Operation>
struct Timed {
  uint64_t called = 0;
  uint64_t answered = 0;  // after `called`; all times differ
  Operation operation;
};

// The search of Wing and Gong with Lowe's memory: what was tried once, the same calls done with the
// same state, is not tried again. `step` gives the state after an operation, nullopt where its
// answer cannot be that of `state`. State has operator<.
template <typename State, typename Operation>
class LinearizabilitySearch {
 public:
  using Step = std::function<std::optional<State>(const State&, const Operation&)>;

  LinearizabilitySearch(std::vector<Timed<Operation>> calls, Step step)
      : calls_(std::move(calls)), step_(std::move(step)), done_(calls_.size() / 64 + 1) {
    // A list of all moments, in order: 2 * i + 1 is the call of i, 2 * i + 2 its answer, 0 the
    // head.
    std::vector<size_t> moments(2 * calls_.size());
    for (size_t i = 0; i < moments.size(); ++i) moments[i] = i + 1;
    std::sort(moments.begin(), moments.end(),
              [this](size_t a, size_t b) { return TimeOf(a) < TimeOf(b); });
    next_.resize(moments.size() + 1);
    before_.resize(moments.size() + 1);
    size_t last = 0;
    for (const size_t moment : moments) {
      next_[last] = moment;
      before_[moment] = last;
      last = moment;
    }
    next_[last] = kEnd;
  }

  bool Find(State state) {
    std::vector<std::pair<size_t, State>> taken;
    size_t moment = next_[0];
    while (next_[0] != kEnd) {
      if (moment % 2 == 1) {
        std::optional<State> after = step_(state, calls_[moment / 2].operation);
        if (after.has_value()) {
          Flip(moment / 2);
          if (tried_.emplace(done_, *after).second) {
            taken.emplace_back(moment, std::exchange(state, *std::move(after)));
            Unlink(moment);
            Unlink(moment + 1);
            moment = next_[0];
            continue;
          }
          Flip(moment / 2);
        }
        moment = next_[moment];
        continue;
      }
      // An answer whose call was not taken: something before was taken too early.
      if (taken.empty()) return false;
      moment = taken.back().first;
      state = std::move(taken.back().second);
      taken.pop_back();
      Flip(moment / 2);
      Link(moment + 1);
      Link(moment);
      moment = next_[moment];
    }
    return true;
  }

 private:
  static constexpr size_t kEnd = ~size_t{0};

  uint64_t TimeOf(size_t moment) const {
    const Timed<Operation>& call = calls_[(moment - 1) / 2];
    return moment % 2 == 1 ? call.called : call.answered;
  }
  void Flip(size_t call) { done_[call / 64] ^= uint64_t{1} << call % 64; }
  void Unlink(size_t moment) {
    next_[before_[moment]] = next_[moment];
    if (next_[moment] != kEnd) before_[next_[moment]] = before_[moment];
  }
  void Link(size_t moment) {
    next_[before_[moment]] = moment;
    if (next_[moment] != kEnd) before_[next_[moment]] = moment;
  }

  const std::vector<Timed<Operation>> calls_;
  const Step step_;
  std::vector<size_t> next_;
  std::vector<size_t> before_;
  std::vector<uint64_t> done_;  // a bit for each call
  std::set<std::pair<std::vector<uint64_t>, State>> tried_;
};

}  // namespace daybook

#endif  // DAYBOOK_TESTS_TORTURE_LINEARIZABILITY_H_
