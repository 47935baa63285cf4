// Whether a history is one that a right store can have made.
#ifndef DAYBOOK_TESTS_TORTURE_HISTORY_CHECK_H_
#define DAYBOOK_TESTS_TORTURE_HISTORY_CHECK_H_

#include <string>

#include "history.h"

namespace daybook {

// What is wrong, beginning with its name; empty: nothing. Looks for, in this order:
//   gap, duplicate   of the log in the end
//   lost             what was acknowledged is not where the answer said
//   aborted read     what was refused, or never appended, is there or was read
//   missed           what the subscription did not deliver, or twice, or in another order
//   order            what was acknowledged before another was begun stands behind it
//   torn             a reader's tip within a commit
//   going back       a thread's later read saw less
//   stale            a read began after an acknowledgement that it does not see
//   stream, log      no order of the calls explains all answers: of one stream, of the whole log
std::string CheckHistory(const History& history);

}  // namespace daybook

#endif  // DAYBOOK_TESTS_TORTURE_HISTORY_CHECK_H_
