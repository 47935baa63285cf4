// The state of a lane, lent to who writes it down while the lane goes on.
#ifndef DAYBOOK_AGGREGATES_SRC_LENT_STATE_H_
#define DAYBOOK_AGGREGATES_SRC_LENT_STATE_H_

#include <atomic>
#include <memory>
#include <utility>

#include "google/protobuf/message.h"

namespace daybook::internal {

// A state that nobody changes as long as this lives; or none. Moved, not copied. May be handed to
// another thread, and outlive who lent it.
class StateLoan {
 public:
  StateLoan() = default;
  StateLoan(StateLoan&& other) noexcept = default;
  StateLoan& operator=(StateLoan&& other) noexcept {
    Return();
    state_ = std::move(other.state_);
    return *this;
  }
  ~StateLoan() { Return(); }

  explicit operator bool() const { return state_ != nullptr; }
  const google::protobuf::Message& operator*() const { return *state_->message; }

  void Return() {
    if (state_ != nullptr) state_->loans.fetch_sub(1, std::memory_order_release);
    state_.reset();
  }

 private:
  friend class LentState;
  struct Shared {
    std::unique_ptr<google::protobuf::Message> message;
    std::atomic<int> loans{0};
  };
  explicit StateLoan(std::shared_ptr<Shared> state) : state_(std::move(state)) {
    state_->loans.fetch_add(1, std::memory_order_relaxed);
  }

  std::shared_ptr<Shared> state_;
};

// A state, or none. It is copied only when it is to change while it is lent. Not thread-safe, but
// for the loans.
class LentState {
 public:
  LentState() = default;

  void Set(std::unique_ptr<google::protobuf::Message> message) {
    state_ = std::make_shared<StateLoan::Shared>();
    state_->message = std::move(message);
  }
  void Reset() { state_.reset(); }

  // All below require a state.
  explicit operator bool() const { return state_ != nullptr; }
  const google::protobuf::Message& operator*() const { return *state_->message; }

  // To be changed.
  google::protobuf::Message& Change() {
    // What the borrower read comes before what is written now.
    if (state_->loans.load(std::memory_order_acquire) > 0) {
      std::unique_ptr<google::protobuf::Message> copy(state_->message->New());
      copy->CopyFrom(*state_->message);
      Set(std::move(copy));
    }
    return *state_->message;
  }

  StateLoan Lend() const { return StateLoan(state_); }

 private:
  std::shared_ptr<StateLoan::Shared> state_;
};

}  // namespace daybook::internal

#endif  // DAYBOOK_AGGREGATES_SRC_LENT_STATE_H_
