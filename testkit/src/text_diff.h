// Two texts side by side, for people.
#ifndef DAYBOOK_TESTKIT_SRC_TEXT_DIFF_H_
#define DAYBOOK_TESTKIT_SRC_TEXT_DIFF_H_

#include <string>

#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"

namespace daybook::internal {

// "bank.Withdrawn {", a line for each field, "}".
std::string MessageText(const google::protobuf::Message& message);
// The same in one line.
std::string MessageLine(const google::protobuf::Message& message);

// Every line of both texts, those that stand in `expected` only behind "-", those that stand in
// `actual` only behind "+". The texts are short: it takes the product of their lines.
std::string DiffLines(absl::string_view expected, absl::string_view actual);

}  // namespace daybook::internal

#endif  // DAYBOOK_TESTKIT_SRC_TEXT_DIFF_H_
