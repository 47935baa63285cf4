#include "tool_test.h"

#include <filesystem>
#include <sstream>

#include "absl/strings/str_split.h"
#include "daybook/core/codec.h"
#include "daybook/core/open.h"
#include "daybook/core/schema_catalog.h"
#include "daybook/testkit/status_matchers.h"
#include "daybook/v1/errors.pb.h"
#include "run.h"

namespace daybook::tools {
namespace {

std::string MakeDirectory() {
  std::string path = testing::TempDir() + "daybook_tools_XXXXXX";
  EXPECT_NE(mkdtemp(path.data()), nullptr);
  return path;
}

Event Opened(const std::string& stream, uint64_t actual) {
  v1::VersionConflict message;
  message.set_stream(stream);
  message.set_actual(actual);
  Event event;
  event.type = "loans.Opened";
  event.payload = EncodeMessage(message);
  event.metadata.actor = "ann";
  event.metadata.command_id = Uuid::Derive("command", actual);
  event.metadata.tags = {"branch:7"};
  event.metadata.free = {{"k", "v"}};
  return event;
}

Event Changed(const std::string& payload) {
  Event event;
  event.type = "loans.Changed";
  event.payload = payload;
  return event;
}

}  // namespace

std::vector<std::string> Output::Lines() const {
  if (out.empty()) return {};
  EXPECT_EQ(out.back(), '\n');
  return absl::StrSplit(out.substr(0, out.size() - 1), '\n');
}

std::vector<nlohmann::json> Output::Json() const {
  std::vector<nlohmann::json> objects;
  for (const std::string& line : Lines()) {
    objects.push_back(nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false));
    EXPECT_TRUE(objects.back().is_object()) << line;
  }
  return objects;
}

ToolTest::ToolTest() : directory_(MakeDirectory()), store_(directory_ + "/store") {}

ToolTest::~ToolTest() {
  std::filesystem::remove_all(directory_);
}

std::unique_ptr<EventStore> ToolTest::Open() {
  StoreOptions options;
  options.durability = Durability::kNone;
  options.witness_bytes = size_t{1} << 20;
  auto store = OpenStore(store_, options);
  EXPECT_THAT(store, IsOk());
  return store.ok() ? *std::move(store) : nullptr;
}

void ToolTest::MakeStore() {
  const std::unique_ptr<EventStore> store = Open();
  ASSERT_NE(store, nullptr);
  ASSERT_THAT(SchemaCatalog::Register(store.get(),
                                      {{"loans.Opened", 1, v1::VersionConflict::descriptor()}}),
              IsOk());
  const auto append = [&](const std::string& stream, Event event) {
    ASSERT_THAT(store->Append(stream, ExpectedVersion::Any(), {std::move(event)}), IsOk());
  };
  append("loan-1", Opened("one", 1));
  append("loan-1", Changed("a"));
  append("offer-1", Opened("two", 2));
  append("loan-2", Opened("three", 3));
  append("loan-1", Changed(std::string("\x00\xff\x1b[2J", 6)));
}

void ToolTest::Append(const std::string& stream, const Event& event) {
  ASSERT_THAT(Open()->Append(stream, ExpectedVersion::Any(), {event}), IsOk());
}

Output ToolTest::RunTool(const std::vector<std::string>& arguments, std::function<bool()> wait,
                         const std::string& in) {
  std::vector<const char*> argv = {"daybook"};
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  std::istringstream input(in);
  std::ostringstream out, err;
  Console console{.out = out, .err = err, .in = input};
  console.wait = [&](absl::Duration) { return wait(); };
  Output output;
  output.code = tools::Run(static_cast<int>(argv.size()), argv.data(), console);
  output.out = out.str();
  output.err = err.str();
  return output;
}

}  // namespace daybook::tools
