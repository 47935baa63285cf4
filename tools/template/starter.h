// A task, and a board that shows all of them.
#ifndef STARTER_H_
#define STARTER_H_

#include "daybook/daybook.h"
#include "starter.daybook.h"

namespace starter {

struct Task : TaskAggregate {
  static Decision Decide(const State& state, const AddTask& command) {
    if (!state.title().empty()) return daybook::Reject<TaskExists>({.title = state.title()});
    return daybook::Emit<TaskAdded>({.title = command.title()});
  }
  static Decision Decide(const State& state, const FinishTask&) {
    if (state.title().empty()) return daybook::Reject<NoSuchTask>();
    if (state.finished()) return {};  // it is already: nothing happens
    return daybook::Emit<TaskFinished>();
  }

  static void Evolve(State& state, const TaskAdded& event) noexcept {
    state.set_title(event.title());
  }
  static void Evolve(State& state, const TaskFinished&) noexcept { state.set_finished(true); }
};

struct Board : BoardProjection {
  static void On(Row& row, const TaskAdded& event) { row.set_title(event.title()); }
  static void On(Row& row, const TaskFinished&) { row.set_finished(true); }
};

}  // namespace starter

#endif  // STARTER_H_
