#include "daybook/core/codec.h"
#include "daybook/v1/errors.pb.h"
#include "gmock/gmock.h"
#include "tool_test.h"

namespace daybook::tools {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;

class ReadTest : public ToolTest {
 protected:
  ReadTest() { MakeStore(); }

  // The positions that `read STORE arguments... --json` prints.
  std::vector<int> Positions(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"read", store_});
    arguments.push_back("--json");
    const Output output = RunTool(arguments);
    EXPECT_EQ(output.code, 0) << output.err;
    std::vector<int> positions;
    for (const nlohmann::json& line : output.Json())
      positions.push_back(line.at("position").get<int>());
    return positions;
  }
  // The one event after `position`.
  nlohmann::json EventAfter(const std::string& position) {
    const auto lines =
        RunTool({"read", store_, "--after", position, "--limit", "1", "--json"}).Json();
    EXPECT_EQ(lines.size(), 1);
    return lines.empty() ? nlohmann::json() : lines[0];
  }
};

TEST_F(ReadTest, EveryEventInOrder) {
  EXPECT_THAT(Positions({}), ElementsAre(1, 2, 3, 4, 5));
}

TEST_F(ReadTest, RendersPayloadsByTheKeptDescriptors) {
  nlohmann::json event = EventAfter("0");
  EXPECT_THAT(event.at("id").get<std::string>(), MatchesRegex("[0-9a-f-]{36}"));
  EXPECT_THAT(event.at("recorded_time").get<std::string>(),
              MatchesRegex("20..-..-..T..:..:...[0-9]+Z"));
  event.erase("id");
  event.erase("recorded_time");
  EXPECT_EQ(event.at("metadata").at("command_id").get<std::string>(),
            Uuid::Derive("command", 1).ToString());
  event["metadata"].erase("command_id");
  EXPECT_EQ(event, nlohmann::json::parse(R"({
      "position": 1, "stream": "loan-1", "version": 0, "type": "loans.Opened", "schema_version": 1,
      "metadata": {"actor": "ann", "tags": ["branch:7"], "free": [["k", "v"]]},
      "content": "message", "payload": {"stream": "one", "actual": "1"}})"));
}

TEST_F(ReadTest, PayloadsWithoutADescriptorAreBase64) {
  const nlohmann::json event = EventAfter("4");
  EXPECT_EQ(event.at("content"), "bytes");
  EXPECT_EQ(event.at("payload"), "AP8bWzJK");
  EXPECT_THAT(event.at("problem").get<std::string>(), HasSubstr("no schema of loans.Changed"));
  EXPECT_EQ(event.at("metadata"), nlohmann::json::object());
}

TEST_F(ReadTest, ADamagedMessageIsBase64AndSaysSo) {
  Event event;
  event.type = "loans.Opened";
  event.payload = "\xff\xff";
  Append("loan-3", event);
  const nlohmann::json line = EventAfter("5");
  EXPECT_EQ(line.at("content"), "bytes");
  EXPECT_EQ(line.at("payload"), "//8=");
  EXPECT_THAT(line.at("problem").get<std::string>(), HasSubstr("is no daybook.v1.VersionConflict"));
}

TEST_F(ReadTest, JsonPayloadsAreShownAsTheyAre) {
  Event event;
  event.type = "loans.Noted";
  event.payload = R"({"n":[1,"\u001b"]})";
  event.metadata.content_type = "application/json";
  Append("note-1", event);
  event.payload = "{";
  Append("note-1", event);
  EXPECT_EQ(EventAfter("5").at("content"), "json");
  EXPECT_EQ(EventAfter("5").at("payload"),
            nlohmann::json::parse(event.payload = R"({"n":[1,"\u001b"]})"));
  EXPECT_EQ(EventAfter("6").at("content"), "bytes");
}

TEST_F(ReadTest, SealedPayloadsStaySealed) {
  Event event;
  event.type = "loans.Opened";
  event.encoding = PayloadEncoding::kSealed;
  event.payload = "secret";
  event.metadata.key_id = "key-1";
  Append("loan-3", event);
  const nlohmann::json line = EventAfter("5");
  EXPECT_EQ(line.at("content"), "sealed");
  EXPECT_EQ(line.at("payload"), "c2VjcmV0");
  EXPECT_EQ(line.at("metadata").at("key_id"), "key-1");
}

TEST_F(ReadTest, TextIsOneSafeLineForEachEvent) {
  v1::VersionConflict message;
  message.set_stream("\x1b[2J\xc2\x9b\xe2\x80\xae\n");
  Event event;
  event.type = "loans.Opened";
  event.payload = EncodeMessage(message);
  Append("loan-3", event);
  const Output output = RunTool({"read", store_, "--after", "4"});
  const std::vector<std::string> lines = output.Lines();
  ASSERT_EQ(lines.size(), 2);
  EXPECT_THAT(lines[0],
              MatchesRegex("5  20.*Z  loan-1@2  loans.Changed  \\(bytes\\) \"AP8bWzJK\""));
  EXPECT_THAT(lines[1],
              MatchesRegex("6  20.*Z  loan-3@0  loans.Opened  .*u001b.2J.u009b.u202e.n\"}"));
  for (const char c : output.out) EXPECT_TRUE(c == '\n' || (c >= 0x20 && c < 0x7f)) << int{c};
}

TEST_F(ReadTest, RangesOfTheLog) {
  EXPECT_THAT(Positions({"--after", "3"}), ElementsAre(4, 5));
  EXPECT_THAT(Positions({"--after", "5"}), IsEmpty());
  EXPECT_THAT(Positions({"--after", "18446744073709551615"}), IsEmpty());
  EXPECT_THAT(Positions({"--limit", "2"}), ElementsAre(1, 2));
  EXPECT_THAT(Positions({"--backwards"}), ElementsAre(5, 4, 3, 2, 1));
  EXPECT_THAT(Positions({"--backwards", "--before", "3"}), ElementsAre(2, 1));
  EXPECT_THAT(Positions({"--backwards", "--limit", "1"}), ElementsAre(5));
}

TEST_F(ReadTest, FiltersOfTheLog) {
  EXPECT_THAT(Positions({"--category", "offer"}), ElementsAre(3));
  EXPECT_THAT(Positions({"--category", "offer", "--category", "loan"}), ElementsAre(1, 2, 3, 4, 5));
  EXPECT_THAT(Positions({"--type", "loans.Changed"}), ElementsAre(2, 5));
  EXPECT_THAT(Positions({"--category", "loan", "--type", "loans.Opened", "--backwards"}),
              ElementsAre(4, 1));
  EXPECT_THAT(Positions({"--type", "loans.Opened", "--limit", "2"}), ElementsAre(1, 3));
  EXPECT_THAT(Positions({"--type", "none"}), IsEmpty());
}

TEST_F(ReadTest, FiltersByNamesAndTags) {
  EXPECT_THAT(Positions({"--tag", "branch:7"}), ElementsAre(1, 3, 4));
  EXPECT_THAT(Positions({"--tag", "branch:7", "--tag", "branch:8"}), IsEmpty());
  EXPECT_THAT(Positions({"--stream-prefix", "loan-1"}), ElementsAre(1, 2, 5));
  EXPECT_THAT(Positions({"--stream-prefix", "loan-2", "--stream-prefix", "off"}),
              ElementsAre(3, 4));
  EXPECT_THAT(Positions({"--stream-pattern", "^loan-[12]$"}), ElementsAre(1, 2, 4, 5));
  EXPECT_THAT(Positions({"--stream-pattern", "an-2"}), ElementsAre(4));
  EXPECT_THAT(Positions({"--type-pattern", "(?i)CHANGED$", "--stream-prefix", "loan"}),
              ElementsAre(2, 5));
  EXPECT_THAT(Positions({"loan-1", "--type-pattern", "Opened"}), ElementsAre(1));
  EXPECT_THAT(Positions({"loan-1", "--tag", "branch:7", "--limit", "1"}), ElementsAre(1));
}

TEST_F(ReadTest, FromATimeOn) {
  EXPECT_THAT(Positions({"--since", "2020-01-01T00:00:00Z"}), ElementsAre(1, 2, 3, 4, 5));
  const std::string third = EventAfter("2").at("recorded_time");
  EXPECT_THAT(Positions({"--since", third}), testing::IsSupersetOf({3, 4, 5}));
  EXPECT_THAT(Positions({"--since", "2999-01-01T00:00:00+01:00"}), IsEmpty());
}

TEST_F(ReadTest, APatternThatIsNoneIsNamed) {
  const Output output = RunTool({"read", store_, "--stream-pattern", "loan-("});
  EXPECT_EQ(output.code, 2);
  EXPECT_THAT(output.err, HasSubstr("--stream-pattern takes an RE2 pattern: 'loan-(': missing )"));
}

TEST_F(ReadTest, OneStream) {
  EXPECT_THAT(Positions({"loan-1"}), ElementsAre(1, 2, 5));
  EXPECT_THAT(Positions({"loan-1", "--from", "1"}), ElementsAre(2, 5));
  EXPECT_THAT(Positions({"loan-1", "--from", "9"}), IsEmpty());
  EXPECT_THAT(Positions({"loan-1", "--backwards"}), ElementsAre(5, 2, 1));
  EXPECT_THAT(Positions({"loan-1", "--backwards", "--from", "1"}), ElementsAre(2, 1));
  EXPECT_THAT(Positions({"loan-1", "--limit", "1"}), ElementsAre(1));
  EXPECT_THAT(Positions({"loan-1", "--type", "loans.Changed", "--limit", "1"}), ElementsAre(2));
}

TEST_F(ReadTest, ALongStreamGoesOverManyBatches) {
  std::vector<Event> events(3'000);
  for (Event& event : events) event.type = "loans.Changed";
  ASSERT_TRUE(Open()->Append("long-1", ExpectedVersion::NoStream(), std::move(events)).ok());
  EXPECT_EQ(Positions({"long-1"}).size(), 3'000);
  EXPECT_EQ(Positions({"long-1", "--backwards"}).back(), 6);
  EXPECT_EQ(Positions({"long-1", "--limit", "2500"}).size(), 2'500);
  EXPECT_EQ(Positions({}).size(), 3'005);
  EXPECT_EQ(Positions({"--backwards", "--category", "long"}).size(), 3'000);
}

TEST_F(ReadTest, AStreamThatIsNotThere) {
  const Output output = RunTool({"read", store_, "loan-9"});
  EXPECT_EQ(output.code, 3);
  EXPECT_EQ(output.out, "");
  EXPECT_THAT(output.err, HasSubstr("loan-9"));
}

TEST_F(ReadTest, OptionsThatDoNotFit) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"loan-1", "--after", "1"},
                                             {"loan-1", "--category", "loan"},
                                             {"--from", "1"},
                                             {"--before", "1"},
                                             {"--backwards", "--after", "1"},
                                             {"--after", "x"},
                                             {"--after", ""},
                                             {"--since", "yesterday"},
                                             {"--since", "2020-01-01T00:00:00Z", "--backwards"},
                                             {"--since", "2020-01-01T00:00:00Z", "--after", "1"},
                                             {"loan-1", "--since", "2020-01-01T00:00:00Z"},
                                             {"loan-1", "--stream-prefix", "loan"},
                                             {"loan-1", "--stream-pattern", "loan"},
                                             {"--type-pattern", "["},
                                             {"--after", "-1"},
                                             {"--after", "18446744073709551616"},
                                             {"loan-1", "--from", "x"},
                                             {"loan-1", "--from", "-1"},
                                             {"--limit", "0"},
                                             {"--limit", "-1"},
                                             {"loan-1", "extra"},
                                             {"--unknown"}}) {
    std::vector<std::string> all = {"read", store_};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const Output output = RunTool(all);
    EXPECT_EQ(output.code, 2) << testing::PrintToString(arguments);
    EXPECT_THAT(output.err, HasSubstr("daybook: "));
    EXPECT_EQ(output.out, "");
  }
}

}  // namespace
}  // namespace daybook::tools
