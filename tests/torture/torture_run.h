// How long a run of a torture test is and what it begins with, by the environment; and what it did,
// in the one form that `make torture` sums up.
#ifndef DAYBOOK_TESTS_TORTURE_TORTURE_RUN_H_
#define DAYBOOK_TESTS_TORTURE_TORTURE_RUN_H_

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gtest/gtest.h"

namespace daybook {

inline uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

// DAYBOOK_SEED, or one that the system drew.
inline uint64_t SeedOfRun() {
  return FromEnvironment("DAYBOOK_SEED", std::random_device()());
}

// What a shell runs to see the same again: the settings, the program, the test that is running.
inline std::string ReplayCommand(absl::string_view settings, absl::string_view program) {
  const testing::TestInfo* test = testing::UnitTest::GetInstance()->current_test_info();
  return absl::StrCat(settings, " ", program, " --gtest_filter='", test->test_suite_name(), ".",
                      test->name(), "'");
}

// "COUNT kills 300": so many more.
inline void PrintCount(const char* what, uint64_t count) {
  std::printf("COUNT %s %llu\n", what, static_cast<unsigned long long>(count));
  std::fflush(stdout);
}

}  // namespace daybook

#endif  // DAYBOOK_TESTS_TORTURE_TORTURE_RUN_H_
