// An export holds the whole log, and an import makes the same one of it.
#include <algorithm>
#include <filesystem>

#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "daybook/core/codec.h"
#include "gmock/gmock.h"
#include "tool_test.h"

namespace daybook::tools {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class ExportTest : public ToolTest {
 protected:
  ExportTest() { MakeStore(); }
  std::string Export(const std::string& store) {
    const Output output = RunTool({"export", store});
    EXPECT_EQ(output.code, 0) << output.err;
    return output.out;
  }
  Output Import(const std::string& text, const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = {"import", imported_};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunTool(
        arguments, [] { return false; }, text);
  }
  const std::string imported_ = directory_ + "/imported";
};

TEST_F(ExportTest, ComesBackTheSame) {
  {
    const auto store = Open();
    // What JSON has to escape, what it cannot hold, several streams in a commit, no payload.
    Event odd;
    odd.type = "odd.\"Type\"";
    odd.schema_version = 65'535;
    odd.encoding = PayloadEncoding::kSealed;
    for (int byte = 0; byte < 256; ++byte) odd.payload.push_back(static_cast<char>(byte));
    odd.metadata.actor = "a\"\\\n\x01\u202e\u00e9";
    odd.metadata.trace_context = "00-1-2-01";
    odd.metadata.producer = "p";
    odd.metadata.content_type = "application/x";
    odd.metadata.key_id = "k";
    odd.metadata.correlation_id = Uuid::Derive("c");
    odd.metadata.causation_id = Uuid::Derive("d");
    odd.metadata.free = {{"k", ""}, {"k", "\u0001"}};
    Commit commit;
    Event empty;
    empty.id = Uuid::Derive("given");
    empty.type = "loans.Changed";
    commit.appends.push_back({"loan-\"7\"", ExpectedVersion::Any(), {odd, empty}});
    commit.appends.push_back({"loan-1", ExpectedVersion::Any(), {odd}});
    ASSERT_TRUE(store->Append(std::move(commit)).ok());
  }
  const std::string text = Export(store_);
  const Output import = Import(text);
  ASSERT_EQ(import.code, 0) << import.err;
  EXPECT_THAT(import.out, HasSubstr("imported: 8 events in 4 streams, tip 8, chain "));
  EXPECT_EQ(Export(imported_), text);
  EXPECT_EQ(RunTool({"stats", imported_, "--json"}).Json()[0].at("chain"),
            RunTool({"stats", store_, "--json"}).Json()[0].at("chain"));
  // What the schemas do not bear on, the events look the same.
  EXPECT_EQ(RunTool({"verify", imported_}).code, 0);
  EXPECT_EQ(RunTool({"export", store_, "--json"}).out, text);
}

TEST_F(ExportTest, ItsLinesAreWhatTheyAreSaidToBe) {
  const auto lines = RunTool({"export", store_}).Json();
  ASSERT_EQ(lines.size(), 6);
  EXPECT_EQ(lines[0].at("daybook_export"), 1);
  EXPECT_EQ(lines[0].at("events"), 5);
  EXPECT_EQ(lines[0].at("chain"), lines[5].at("chain"));
  EXPECT_EQ(lines[1].at("stream"), "loan-1");
  EXPECT_EQ(lines[1].at("id_given"), false);
  EXPECT_EQ(lines[1].at("sealed"), false);
  EXPECT_EQ(lines[1].at("metadata").at("actor"), "ann");
  EXPECT_EQ(lines[2].at("payload"), "YQ==");
}

TEST_F(ExportTest, AnEmptyStoreToo) {
  fs::remove_all(store_);
  Open();
  const std::string text = Export(store_);
  ASSERT_EQ(Import(text, {"--json"}).Json()[0].at("events"), 0);
  EXPECT_EQ(Export(imported_), text);
}

TEST_F(ExportTest, WhatWasChangedIsRefusedAndNothingIsLeft) {
  const std::string text = Export(store_);
  const std::vector<std::string> lines = absl::StrSplit(text, '\n', absl::SkipEmpty());
  const auto joined = [](const std::vector<std::string>& some) {
    return absl::StrJoin(some, "\n") + "\n";
  };
  const auto replaced = [&](const std::string& from, const std::string& to) {
    EXPECT_THAT(text, HasSubstr(from));
    return absl::StrReplaceAll(text, {{from, to}});
  };
  std::vector<std::string> swapped = lines;
  std::swap(swapped[2], swapped[3]);
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "there is nothing to import"},
      {"text\n", "line 1: line: must be an object of JSON"},
      {"{}\n", "the file is no export"},
      {joined({lines.begin() + 1, lines.end()}), "the file is no export"},
      {replaced("\"daybook_export\":1", "\"daybook_export\":2"), "use a newer Daybook"},
      {joined({lines.begin(), lines.end() - 1}), "it holds 4 of 5 events"},
      {text.substr(0, text.size() - 1), "line 6: it is cut off"},
      {text.substr(0, text.size() / 2), "is cut off"},
      {joined(swapped), "position: must be"},
      {text + lines.back() + "\n", "it holds 6 of 5 events"},
      {replaced("\"YQ==\"", "\"Yg==\""), "chain damaged at position 2"},
      {replaced("\"YQ==\"", "\"Y!==\""), "payload: must be base64"},
      {replaced("\"ann\"", "\"eve\""), "chain damaged at position 1"},
      {replaced("\"actor\"", "\"actress\""), "metadata.actress: is not known"},
      {replaced("\"sealed\":false", "\"sealed\":0"), "sealed: must be true or false"},
      {replaced("\"id_given\":false,", ""), "id_given: is missing"},
      {replaced("\"version\":2", "\"version\":-2"), "version: must be a whole number"},
      {replaced("\"schema_version\":1", "\"schema_version\":65536"), "schema_version"},
      {replaced("\"recorded_micros\":", "\"recorded_micros\":1e9,\"x\":"), "recorded_micros"},
      {replaced("\"events\":5", "\"events\":6"), "it holds 5 of 6 events"},
      {lines[0].substr(0, lines[0].size() - 66) + std::string(64, '0') + "\"}\n" +
           joined({lines.begin() + 1, lines.end()}),
       "the chain hash of the heading"},
      {lines[0] + "\n" + std::string((size_t{16} << 20) + 1, 'x') + "\n", "is too long"},
  };
  for (const auto& [changed, says] : cases) {
    const Output output = Import(changed);
    EXPECT_EQ(output.code, 1) << says;
    EXPECT_THAT(output.err, HasSubstr(says));
    EXPECT_EQ(output.err.find('\n'), output.err.size() - 1) << output.err;
    EXPECT_EQ(output.out, "");
    EXPECT_FALSE(fs::exists(imported_));
    EXPECT_FALSE(fs::exists(imported_ + ".draft"));
  }
  EXPECT_EQ(Import(text).code, 0);
}

TEST_F(ExportTest, NeverOverSomething) {
  const std::string text = Export(store_);
  fs::create_directory(imported_);
  const Output output = Import(text);
  EXPECT_EQ(output.code, 5);
  EXPECT_THAT(output.err, HasSubstr(imported_ + " is there already"));
  EXPECT_EQ(RunTool({"export", directory_ + "/none"}).code, 3);
  const auto application = Open();
  EXPECT_EQ(RunTool({"export", store_}).code, 4);
}

}  // namespace
}  // namespace daybook::tools
