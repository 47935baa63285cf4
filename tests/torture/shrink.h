// Delta debugging: the least of a sequence that still fails.
#ifndef DAYBOOK_TESTS_TORTURE_SHRINK_H_
#define DAYBOOK_TESTS_TORTURE_SHRINK_H_

#include <algorithm>
#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

namespace daybook {

// `steps` must fail. First leaves out pieces, half of the sequence and then ever smaller ones, down
// to single steps; then puts one that `simpler` names in the place of a step; then, where few are
// left, leaves out two that need not stand together; until none of this goes on, or `fails` was
// asked `most_runs` times. What is left fails, and without any one of its steps it does not (unless
// the runs were used up).
//
// Where that does not fail, it is tried once more with what comes behind it changed by each of
// `fits`: steps that name a place by its number mean another one when there is less before them.
template <typename Step>
class Shrinker {
 public:
  using Steps = std::vector<Step>;
  using Fit = std::function<Step(const Step&)>;

  Shrinker(std::function<bool(const Steps&)> fails,
           std::function<std::vector<Step>(const Step&)> simpler, size_t most_runs,
           std::vector<Fit> fits = {})
      : fails_(std::move(fails)),
        simpler_(std::move(simpler)),
        fits_(std::move(fits)),
        runs_left_(most_runs) {}

  Steps Shrink(Steps steps) {
    steps_ = std::move(steps);
    for (bool more = true; more;) {
      more = LeaveOut();
      more = Simplify() || more;
      if (!more) more = LeaveOutTwo();
    }
    return std::move(steps_);
  }

 private:
  static constexpr size_t kFew = 40;
  static constexpr size_t kVeryFew = 12;

  bool Take(Steps candidate) {
    if (runs_left_ == 0) return false;
    --runs_left_;
    if (!fails_(candidate)) return false;
    steps_ = std::move(candidate);
    return true;
  }

  // `changed`: what comes from there on may have to fit.
  bool TakeOrFit(const Steps& candidate, size_t changed) {
    if (Take(candidate)) return true;
    for (const Fit& fit : fits_) {
      Steps fitted = candidate;
      std::transform(fitted.begin() + static_cast<std::ptrdiff_t>(changed), fitted.end(),
                     fitted.begin() + static_cast<std::ptrdiff_t>(changed), fit);
      if (Take(std::move(fitted))) return true;
    }
    return false;
  }

  bool LeaveOut() {
    bool any = false;
    for (size_t piece = std::max<size_t>(steps_.size() / 2, 1); piece > 0; piece /= 2) {
      bool again = true;
      while (again && runs_left_ > 0) {
        again = false;
        // From the end: what comes late is needed least.
        for (size_t end = steps_.size(); end > 0 && steps_.size() > 1;) {
          const size_t begin = end > piece ? end - piece : 0;
          Steps without(steps_.begin(), steps_.begin() + static_cast<std::ptrdiff_t>(begin));
          without.insert(without.end(), steps_.begin() + static_cast<std::ptrdiff_t>(end),
                         steps_.end());
          if (!without.empty() &&
              (piece == 1 ? TakeOrFit(without, begin) : Take(std::move(without)))) {
            again = any = true;
          }
          end = begin;
        }
      }
    }
    return any;
  }

  bool LeaveOutTwo() {
    if (steps_.size() > kVeryFew) return false;
    for (size_t last = steps_.size(); last-- > 1;) {
      for (size_t first = last; first-- > 0;) {
        if (steps_.size() == 2) return false;
        Steps without = steps_;
        without.erase(without.begin() + static_cast<std::ptrdiff_t>(last));
        without.erase(without.begin() + static_cast<std::ptrdiff_t>(first));
        if (TakeOrFit(without, first)) return true;
      }
    }
    return false;
  }

  bool Simplify() {
    bool any = false;
    for (size_t i = 0; i < steps_.size(); ++i) {
      bool again = true;
      while (again && runs_left_ > 0) {
        again = false;
        for (Step& other : simpler_(steps_[i])) {
          Steps candidate = steps_;
          candidate[i] = std::move(other);
          // Three runs for each are too many as long as there is much to try.
          if (steps_.size() <= kFew ? TakeOrFit(candidate, i + 1) : Take(std::move(candidate))) {
            again = any = true;
            break;
          }
        }
      }
    }
    return any;
  }

  const std::function<bool(const Steps&)> fails_;
  const std::function<std::vector<Step>(const Step&)> simpler_;
  const std::vector<Fit> fits_;
  size_t runs_left_;
  Steps steps_;
};

}  // namespace daybook

#endif  // DAYBOOK_TESTS_TORTURE_SHRINK_H_
