// Matchers for what a view answers.
#ifndef DAYBOOK_TESTKIT_ROW_MATCHERS_H_
#define DAYBOOK_TESTKIT_ROW_MATCHERS_H_

#include <utility>

#include "absl/status/status.h"
#include "daybook/proto/message_traits.h"
#include "daybook/testkit/proto_matchers.h"
#include "daybook/testkit/status_matchers.h"

namespace daybook {

// Matches a StatusOr<P::Row>, such as Get's, that holds a row with exactly these fields:
// EXPECT_THAT(app.Get<Balances>("7"), HasRow<Balances>({.amount = 30})).
template <typename P>
auto HasRow(typename Fields<typename P::Row>::Init fields) {
  return IsOkAndHolds(EqualsProto(Make<typename P::Row>(std::move(fields))));
}

// Matches the answer of a view that has no row of the key.
inline internal::StatusIsMatcher HasNoRow() {
  return StatusIs(absl::StatusCode::kNotFound);
}

}  // namespace daybook

#endif  // DAYBOOK_TESTKIT_ROW_MATCHERS_H_
