// The real protoc with the real plugin.
#include <sys/wait.h>

#include <cstdio>
#include <string>

#include "absl/strings/str_cat.h"
#include "generator_run.h"
#include "gmock/gmock.h"

namespace daybook::generator {
namespace {

using ::testing::HasSubstr;

struct Outcome {
  int code;
  std::string said;
};

Outcome Protoc(const GeneratorRun& run) {
  const std::string command = absl::StrCat(
      PROTOC " --plugin=protoc-gen-daybook=" PLUGIN " --proto_path=", run.directory(),
      " --proto_path=" DAYBOOK_PROTO_DIR " --daybook_out=", run.directory(), " t.proto 2>&1");
  FILE* pipe = popen(command.c_str(), "r");
  std::string said;
  char buffer[512];
  while (fgets(buffer, sizeof(buffer), pipe) != nullptr) said += buffer;
  return {WEXITSTATUS(pclose(pipe)), said};
}

TEST(Plugin, WritesBothFiles) {
  GeneratorRun run;
  run.Write("t.proto", "syntax = \"proto3\"; message X { optional int32 x = 1; }");
  const Outcome outcome = Protoc(run);
  EXPECT_EQ(outcome.code, 0) << outcome.said;
  EXPECT_THAT(run.Read("t.daybook.h"), HasSubstr("::std::optional<::std::int32_t> x{};"));
  EXPECT_THAT(run.Read("t.daybook.cc"), HasSubstr("#include \"t.daybook.h\""));
}

TEST(Plugin, RefusesWithThePlace) {
  GeneratorRun run;
  run.Write("t.proto",
            "syntax = \"proto3\";\nimport \"daybook/v1/options.proto\";\n"
            "message X {\n  option (daybook.v1.event) = {aggregate: \"Account\"};\n}\n");
  const Outcome outcome = Protoc(run);
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.said,
            "--daybook_out: the contract is broken\n"
            "t.proto:4:3: message X: aggregate \"Account\" is unknown: no state declares it\n");
}

}  // namespace
}  // namespace daybook::generator
