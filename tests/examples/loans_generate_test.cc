// Generated logs: of the shape that was asked for, and the same every time.
#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "daybook/testkit/status_matchers.h"
#include "generate.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "log_reader.h"
#include "temp_dir.h"

namespace loans {
namespace {

using daybook::IsOk;
using daybook::StatusIs;

std::vector<Step> Steps(const std::string& path) {
  std::vector<Step> steps;
  auto reader = LogReader::Open(path);
  EXPECT_THAT(reader, IsOk());
  Step step;
  while (reader.ok()) {
    const absl::StatusOr<bool> any = reader->Next(&step);
    EXPECT_THAT(any, IsOk());
    if (!any.value_or(false)) break;
    steps.push_back(step);
  }
  return steps;
}

TEST(LoansGenerate, WritesSoManyRowsInOrderOfTime) {
  const TempDir dir;
  for (const uint64_t rows : {0, 1, 7, 5000}) {
    ASSERT_THAT(GenerateLog({.rows = rows, .seed = 3}, dir.Path("log.csv")), IsOk());
    const std::vector<Step> steps = Steps(dir.Path("log.csv"));
    EXPECT_EQ(steps.size(), rows);
    EXPECT_TRUE(std::is_sorted(steps.begin(), steps.end(), [](const Step& a, const Step& b) {
      return a.time.unix_ms < b.time.unix_ms;
    }));
  }
}

TEST(LoansGenerate, GivesTheSameForTheSameSeedAndAnotherForAnother) {
  const TempDir dir;
  ASSERT_THAT(GenerateLog({.rows = 2000, .seed = 1}, dir.Path("a.csv")), IsOk());
  ASSERT_THAT(GenerateLog({.rows = 2000, .seed = 1}, dir.Path("b.csv")), IsOk());
  ASSERT_THAT(GenerateLog({.rows = 2000, .seed = 2}, dir.Path("c.csv")), IsOk());
  EXPECT_EQ(ReadFile(dir.Path("a.csv")), ReadFile(dir.Path("b.csv")));
  EXPECT_NE(ReadFile(dir.Path("a.csv")), ReadFile(dir.Path("c.csv")));
}

TEST(LoansGenerate, ZipsWhatIsNamedSo) {
  const TempDir dir;
  ASSERT_THAT(GenerateLog({.rows = 2000, .seed = 1}, dir.Path("log.csv")), IsOk());
  ASSERT_THAT(GenerateLog({.rows = 2000, .seed = 1}, dir.Path("log.csv.gz")), IsOk());
  EXPECT_LT(ReadFile(dir.Path("log.csv.gz")).size(), ReadFile(dir.Path("log.csv")).size() / 4);
  const std::vector<Step> plain = Steps(dir.Path("log.csv"));
  const std::vector<Step> zipped = Steps(dir.Path("log.csv.gz"));
  EXPECT_TRUE(std::equal(plain.begin(), plain.end(), zipped.begin(), zipped.end(),
                         [](const Step& a, const Step& b) {
                           return a.application == b.application && a.activity == b.activity &&
                                  a.time.unix_ms == b.time.unix_ms;
                         }));
}

TEST(LoansGenerate, SaysWhenItCannotWrite) {
  const TempDir dir;
  EXPECT_THAT(GenerateLog({}, dir.Path("none/log.csv")), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(GenerateLog({.rows = 2'000'000}, "/dev/full"),
              StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_TRUE(std::filesystem::exists("/dev/full"));  // only a file that it made is removed
}

}  // namespace
}  // namespace loans
