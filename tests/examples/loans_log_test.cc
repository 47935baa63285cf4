// Reading logs: what is taken, and how what is not is refused.
#include <zlib.h>

#include <string>
#include <utility>
#include <vector>

#include "daybook/testkit/status_matchers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "log_reader.h"
#include "temp_dir.h"

namespace loans {
namespace {

using daybook::HasPayload;
using daybook::IsOk;
using daybook::StatusIs;
using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::Property;
using testing::SizeIs;

const char kHeader[] =
    "case,AMOUNT_REQ,REG_DATE,concept:name,lifecycle:transition,org:resource,time:timestamp\n";
const char kRow[] = "7,500,x,A_SUBMITTED,COMPLETE,112,2011-10-01T00:38:44.546+02:00\n";

std::string Gzipped(const TempDir& dir, const std::string& text) {
  const std::string path = dir.Path("zipping");
  gzFile file = gzopen(path.c_str(), "wb");
  gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
  gzclose(file);
  return ReadFile(path);
}

class LoansLog : public testing::Test {
 protected:
  // All steps of a file with these bytes, or its first error.
  absl::StatusOr<std::vector<Step>> Read(const std::string& bytes) {
    auto reader = LogReader::Open(dir_.Write("log.csv", bytes));
    if (!reader.ok()) return reader.status();
    return ReadAll(*std::move(reader));
  }
  static absl::StatusOr<std::vector<Step>> ReadAll(LogReader reader) {
    std::vector<Step> steps;
    Step step;
    while (true) {
      const absl::StatusOr<bool> any = reader.Next(&step);
      if (!any.ok()) return any.status();
      if (!*any) return steps;
      steps.push_back(step);
    }
  }
  // One row with `value` in the place of `instead_of` is refused with these words.
  void Refused(const std::string& instead_of, const std::string& value, const std::string& field,
               const std::string& rule) {
    std::string row = kRow;
    row.replace(row.find(instead_of), instead_of.size(), value);
    SCOPED_TRACE(row);
    EXPECT_THAT(Read(std::string(kHeader) + kRow + row),
                AllOf(StatusIs(absl::StatusCode::kInvalidArgument),
                      HasPayload<daybook::v1::InvalidField>(AllOf(
                          Property(&daybook::v1::InvalidField::field, dir_.Path("log.csv") + field),
                          Property(&daybook::v1::InvalidField::rule, HasSubstr(rule))))));
  }

  TempDir dir_;
};

TEST_F(LoansLog, ReadsARow) {
  const auto steps = Read(std::string(kHeader) + kRow);
  ASSERT_THAT(steps, IsOk());
  ASSERT_THAT(*steps, SizeIs(1));
  const Step& step = steps->front();
  EXPECT_EQ(step.row, 1u);
  EXPECT_EQ(step.application, "7");
  EXPECT_EQ(step.activity, "A_SUBMITTED");
  EXPECT_EQ(step.transition, Transition::kComplete);
  EXPECT_EQ(step.resource, "112");
  EXPECT_EQ(step.amount, 500);
  EXPECT_EQ(step.time.unix_ms, 1'317'422'324'546);
  EXPECT_EQ(step.time.utc_offset_minutes, 120);
}

TEST_F(LoansLog, TakesColumnsInAnyOrderAndPassesOverOthers) {
  const auto steps = Read(
      "org:resource,time:timestamp,colour,concept:name,case,AMOUNT_REQ,lifecycle:transition\n"
      ",2012-02-29T23:59:59Z,red,W_Nabellen offertes,a-b,0,START\n");
  ASSERT_THAT(steps, IsOk());
  ASSERT_THAT(*steps, SizeIs(1));
  EXPECT_EQ(steps->front().application, "a-b");
  EXPECT_EQ(steps->front().resource, "");
  EXPECT_EQ(steps->front().transition, Transition::kStart);
  EXPECT_EQ(steps->front().time.unix_ms, 1'330'559'999'000);
}

TEST_F(LoansLog, ReadsQuotesAsRfc4180Says) {
  const auto steps = Read(std::string(kHeader) +
                          "7,500,\"a\nb\",\"W_Say \"\"yes\"\", or no\",START,\"\","
                          "2011-10-01T00:38:44.546+02:00");  // and no line end after the last row
  ASSERT_THAT(steps, IsOk());
  EXPECT_THAT(*steps, ElementsAre(AllOf(Field(&Step::activity, "W_Say \"yes\", or no"),
                                        Field(&Step::resource, ""))));
}

TEST_F(LoansLog, ReadsTheSameWithCrLfWithAMarkWithEmptyLinesAndGzipped) {
  std::string text = std::string(kHeader) + kRow + kRow;
  std::string crlf;
  for (const char c : text) crlf += c == '\n' ? "\r\n" : std::string(1, c);
  for (const std::string& bytes :
       {crlf, "\xEF\xBB\xBF" + text, "\n" + text + "\n\n", Gzipped(dir_, text)}) {
    const auto steps = Read(bytes);
    ASSERT_THAT(steps, IsOk());
    EXPECT_THAT(*steps, ElementsAre(Field(&Step::row, 1), Field(&Step::row, 2)));
    EXPECT_EQ(steps->back().time.unix_ms, 1'317'422'324'546);
  }
}

TEST_F(LoansLog, RefusesABadValueWithFileRowAndColumn) {
  Refused("500", "5OO", ", row 2, column AMOUNT_REQ", "whole euros, 0 to 1000000000000, not");
  for (const char* amount :
       {"", "-1", "+1", " 1", "1.5", "1000000000001", "1e3", "99999999999999999999999999"}) {
    Refused("500", amount, ", row 2, column AMOUNT_REQ", "must be whole euros");
  }
  for (const char* time :
       {"", "2011-10-01", "2011-10-01T00:38:44.546", "2011-10-01 00:38:44+02:00",
        "2011-02-29T00:00:00Z", "2011-13-01T00:00:00Z", "2011-10-01T24:00:00Z",
        "2011-10-01T00:38:44.+02:00", "2011-10-01T00:38:44+2:00", "2011-10-01T00:38:44+18:01",
        "2011-10-01T00:38:44Zulu", "infinite-future", "0000-01-01T00:00:00Z"}) {
    Refused("2011-10-01T00:38:44.546+02:00", time, ", row 2, column time:timestamp",
            "must be a time such as");
  }
  Refused("A_SUBMITTED", "X_SUBMITTED", ", row 2, column concept:name", "begin with A_, O_ or W_");
  Refused("A_SUBMITTED", "", ", row 2, column concept:name", "begin with A_, O_ or W_");
  Refused("A_SUBMITTED", "A_" + std::string(199, 'x'), ", row 2, column concept:name",
          "at most 200 bytes");
  Refused("COMPLETE", "START", ", row 2, column lifecycle:transition", "COMPLETE for");
  Refused("A_SUBMITTED,COMPLETE", "W_x,ABORT", ", row 2, column lifecycle:transition",
          "SCHEDULE, START or COMPLETE");
  Refused("7,", ",", ", row 2, column case", "the id of an application");
  Refused("7,", "\"7\n8\",", ", row 2, column case", "no control characters");
}

TEST_F(LoansLog, RefusesARowOfAnotherWidth) {
  Refused("7,", "7,8,", ", row 2 (line 3)", "must have 7 fields as the header has, not 8");
  Refused("7,", "", ", row 2 (line 3)", "not 6");
}

TEST_F(LoansLog, RefusesBytesThatAreNoCsv) {
  Refused("112", std::string("1\0002", 3), ", line 3", "must hold no NUL");
  Refused("112", "1\r2", ", line 3", "an LF after each CR");
  Refused("112", "1\"2", ", line 3", "quotes around whole fields only");
  Refused("112", "\"1\"2", ", line 3", "quotes around whole fields only");
  Refused("112", "\"12", ", line 4", "close the quote that line 3 opens");
  Refused("112", std::string(CsvReader::kMaxRecordBytes, '1'), ", line 3", "at most 1 MiB");
}

TEST_F(LoansLog, RefusesAHeaderThatIsNone) {
  EXPECT_THAT(Read(""), StatusIs(absl::StatusCode::kInvalidArgument,
                                 HasSubstr("log.csv, header: must be there: the file is empty")));
  EXPECT_THAT(Read(kRow), StatusIs(absl::StatusCode::kInvalidArgument,
                                   HasSubstr("header, column case: must be there")));
  std::string wrong = kHeader;
  wrong.replace(wrong.find("AMOUNT_REQ"), 10, "AMOUNT");
  EXPECT_THAT(Read(wrong + kRow), StatusIs(absl::StatusCode::kInvalidArgument,
                                           HasSubstr("header, column AMOUNT_REQ: must be there")));
  EXPECT_THAT(Read("case," + std::string(kHeader)),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("must be there only once")));
}

TEST_F(LoansLog, RefusesWhatIsNoFile) {
  EXPECT_THAT(LogReader::Open(dir_.Path("none")), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(LogReader::Open(dir_.Path("")),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("regular file")));
}

TEST_F(LoansLog, CallsACutOrBentGzipFileDamagedWhereverItIs) {
  std::string text = kHeader;
  for (int i = 0; i < 20; ++i) text += kRow;
  const std::string whole = Gzipped(dir_, text);
  // Shorter than its own mark a gzip file is not known for one.
  for (size_t size = 2; size < whole.size(); ++size) {
    EXPECT_THAT(Read(whole.substr(0, size)),
                AllOf(StatusIs(absl::StatusCode::kDataLoss, HasSubstr("log.csv")),
                      HasPayload<daybook::v1::Damage>()))
        << "cut at " << size << " of " << whole.size();
  }
  std::string bent = whole;
  bent[bent.size() - 6] ^= 1;  // in its checksum
  EXPECT_THAT(Read(bent), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("damaged")));
}

TEST(LoansTimestamp, IsReadAsItIsWritten) {
  for (const char* text : {"2011-10-01T00:38:44.546+02:00", "1969-12-31T23:59:59.999-03:30",
                           "9999-12-31T23:59:59.000+00:00"}) {
    const auto time = ParseTimestamp(text);
    ASSERT_TRUE(time.has_value()) << text;
    EXPECT_EQ(FormatTimestamp(*time), text);
  }
  EXPECT_EQ(ParseTimestamp("1970-01-01T00:00:00.1239999Z")->unix_ms, 123);
  EXPECT_EQ(ParseTimestamp("1970-01-01T00:00:00.5Z")->unix_ms, 500);
}

}  // namespace
}  // namespace loans
