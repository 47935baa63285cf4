// What stands around a command in a test.
#ifndef DAYBOOK_TESTKIT_WHEN_OPTIONS_H_
#define DAYBOOK_TESTKIT_WHEN_OPTIONS_H_

#include "absl/time/time.h"
#include "daybook/aggregates/command_options.h"
#include "daybook/testkit/fake_clock.h"

namespace daybook {

struct WhenOptions {
  // CommandContext::now.
  absl::Time now = FakeClock::DefaultStart();
  // As given to Execute. A nil command id stands for one that is the same in every test.
  CommandOptions options;
};

}  // namespace daybook

#endif  // DAYBOOK_TESTKIT_WHEN_OPTIONS_H_
