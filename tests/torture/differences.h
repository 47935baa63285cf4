// How what a store says and what it should say differ, in words; empty where they do not.
#ifndef DAYBOOK_TESTS_TORTURE_DIFFERENCES_H_
#define DAYBOOK_TESTS_TORTURE_DIFFERENCES_H_

#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "daybook/core/commit.h"

namespace daybook {

template <typename T>
std::string Text(const std::optional<T>& value) {
  return value.has_value() ? absl::StrCat(*value) : "none";
}

template <typename A, typename B>
std::string Differ(absl::string_view what, const A& found, const B& expected) {
  return found == expected
             ? ""
             : absl::StrCat(what, ": the store says ", found, ", should be ", expected);
}

std::string Ranges(const std::vector<StreamRange>& ranges);

// The codes, the field that is to blame and the stream that has a tombstone; the texts are the
// store's own.
std::string CompareStatus(const absl::Status& found, const absl::Status& expected);

// The first that is not empty.
std::string First(std::initializer_list<std::string> differences);

}  // namespace daybook

#endif  // DAYBOOK_TESTS_TORTURE_DIFFERENCES_H_
