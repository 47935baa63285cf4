// Runs protoc in this process with the generator, on .proto texts in a directory of its own.
#ifndef DAYBOOK_TESTS_PROTO_GENERATOR_RUN_H_
#define DAYBOOK_TESTS_PROTO_GENERATOR_RUN_H_

#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "generator.h"
#include "google/protobuf/compiler/command_line_interface.h"
#include "gtest/gtest.h"

namespace daybook::generator {

class GeneratorRun {
 public:
  GeneratorRun()
      : directory_(
            absl::StrCat(::testing::TempDir(), "daybook-generator-", std::random_device{}())) {
    std::filesystem::create_directories(directory_);
  }
  ~GeneratorRun() { std::filesystem::remove_all(directory_); }

  const std::string& directory() const { return directory_; }

  void Write(const std::string& name, const std::string& text) {
    std::ofstream(absl::StrCat(directory_, "/", name)) << text;
  }

  std::string Read(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(absl::StrCat(directory_, "/", name)).rdbuf();
    return text.str();
  }

  // What protoc says: empty when all is well, without the line that all refusals share.
  std::string Generate(const std::string& name) {
    Generator generator;
    google::protobuf::compiler::CommandLineInterface protoc;
    protoc.RegisterGenerator("--daybook_out", &generator, "");
    const std::string arguments[] = {"protoc",
                                     absl::StrCat("--proto_path=", directory_),
                                     "--proto_path=" DAYBOOK_PROTO_DIR,
                                     "--proto_path=" PROTOBUF_PROTO_DIR,
                                     absl::StrCat("--daybook_out=", directory_),
                                     name};
    const char* argv[std::size(arguments)];
    for (size_t i = 0; i < std::size(arguments); ++i) argv[i] = arguments[i].c_str();
    ::testing::internal::CaptureStderr();
    const int code = protoc.Run(std::size(arguments), argv);
    const std::string said = ::testing::internal::GetCapturedStderr();
    EXPECT_EQ(code != 0, !said.empty()) << said;
    absl::string_view errors = said;
    absl::ConsumePrefix(&errors, "--daybook_out: the contract is broken\n");
    absl::ConsumeSuffix(&errors, "\n");
    return std::string(errors);
  }

 private:
  const std::string directory_;
};

}  // namespace daybook::generator

#endif  // DAYBOOK_TESTS_PROTO_GENERATOR_RUN_H_
