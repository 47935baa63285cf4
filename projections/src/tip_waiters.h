// Who waits for the end of the log, all by one wake of the store: it forgets nobody who asked,
// while queries give up.
#ifndef DAYBOOK_PROJECTIONS_SRC_TIP_WAITERS_H_
#define DAYBOOK_PROJECTIONS_SRC_TIP_WAITERS_H_

#include <memory>

#include "daybook/core/event_store.h"
#include "daybook/core/position.h"
#include "daybook/core/runtime.h"

namespace daybook::internal {

// Thread-safe.
class TipWaiters {
 public:
  // `store` must outlive this.
  explicit TipWaiters(EventStore* store);

  // Opens `latch` once the tip is beyond `position`, or the store stops or closes: at once when it
  // is so. Who waits no longer opens it himself, and it is forgotten.
  void WhenPast(Position position, std::shared_ptr<Latch> latch);

 private:
  struct State;
  // Has the store call Wake once its tip is beyond `tip`.
  static void Arm(const std::shared_ptr<State>& state, Position tip);
  static void Wake(const std::shared_ptr<State>& state, Position armed_at);

  const std::shared_ptr<State> state_;
};

}  // namespace daybook::internal

#endif  // DAYBOOK_PROJECTIONS_SRC_TIP_WAITERS_H_
