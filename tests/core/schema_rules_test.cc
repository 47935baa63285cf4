// Each rule on a change of a message: what breaks it, and what does not.
#include "daybook/core/schema_rules.h"

#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "google/protobuf/compiler/parser.h"
#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "gtest/gtest.h"

namespace daybook {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::FileDescriptorProto;

// M of a file with these messages.
class Schema {
 public:
  explicit Schema(const std::string& body) {
    const std::string text = absl::StrCat("syntax = \"proto3\"; package p;\n", body);
    google::protobuf::io::ArrayInputStream input(text.data(), static_cast<int>(text.size()));
    google::protobuf::io::Tokenizer tokenizer(&input, nullptr);
    google::protobuf::compiler::Parser parser;
    FileDescriptorProto proto;
    EXPECT_TRUE(parser.Parse(&tokenizer, &proto)) << text;
    proto.set_name("f.proto");
    const auto* file = pool_.BuildFile(proto);
    EXPECT_NE(file, nullptr) << text;
    message_ = file->FindMessageTypeByName("M");
  }
  const Descriptor& message() const { return *message_; }

 private:
  DescriptorPool pool_;
  const Descriptor* message_ = nullptr;
};

struct Case {
  std::string name;
  std::string recorded;
  std::string today;
  std::vector<std::string> breaches;
};
void PrintTo(const Case& c, std::ostream* os) {
  *os << c.name;
}

class SchemaRules : public testing::TestWithParam<Case> {};

TEST_P(SchemaRules, Hold) {
  const Schema recorded(GetParam().recorded);
  const Schema today(GetParam().today);
  std::vector<std::string> breaches;
  for (const SchemaBreach& breach : CompareSchemas(recorded.message(), today.message())) {
    breaches.push_back(absl::StrCat(breach.message, ".", breach.field, " ", breach.rule));
  }
  EXPECT_EQ(breaches, GetParam().breaches);
}

const Case kCases[] = {
    {"Same", "message M { int64 a = 1; M b = 2; }", "message M { int64 a = 1; M b = 2; }", {}},
    {"Added", "message M { int64 a = 1; }", "message M { int64 a = 1; string b = 2; }", {}},
    {"Renamed", "message M { int64 a = 1; }", "message M { int64 b = 1; }", {}},
    {"GoneAndReserved", "message M { int64 a = 1; }", "message M { reserved 1; }", {}},
    {"Gone",
     "message M { int64 a = 1; }",
     "message M { }",
     {"M.a is gone, so its number is reserved: reserved 1;"}},
    {"Renumbered",
     "message M { int64 a = 1; }",
     "message M { int64 a = 2; reserved 1; }",
     {"M.a keeps its number: 1 became 2"}},
    {"Exchanged",
     "message M { int64 a = 1; int64 b = 2; }",
     "message M { int64 b = 1; int64 a = 2; }",
     {"M.a keeps its number: 1 became 2", "M.b keeps its number: 2 became 1"}},
    {"NumberUsedAgain",
     "message M { int64 a = 1; }",
     "message M { string note = 1; }",
     {"M.a had the number 1, which is never used again: string note has it"}},
    {"OtherType",
     "message M { int64 a = 1; }",
     "message M { string a = 1; }",
     {"M.a keeps its type: int64 became string"}},
    {"Wider",
     "message M { int32 a = 1; uint32 b = 2; string c = 3; }",
     "message M { int64 a = 1; uint64 b = 2; bytes c = 3; }",
     {}},
    {"Narrower",
     "message M { int64 a = 1; bytes b = 2; }",
     "message M { int32 a = 1; string b = 2; }",
     {"M.a keeps its type: int64 became int32", "M.b keeps its type: bytes became string"}},
    {"OtherSign",
     "message M { sint64 a = 1; }",
     "message M { int64 a = 1; }",
     {"M.a keeps its type: sint64 became int64"}},
    {"Repeated",
     "message M { int64 a = 1; repeated int64 b = 2; }",
     "message M { repeated int64 a = 1; int64 b = 2; }",
     {"M.a stays single: it became repeated", "M.b stays repeated: it became single"}},
    {"EnumValueGone",
     "enum E { X = 0; Y = 1; Z = 2; } message M { E a = 1; }",
     "enum E { X = 0; YY = 1; } message M { E a = 1; }",
     {"M.a keeps the values of its enum: Z = 2 is gone"}},
    {"Inside",
     "message M { N n = 1; message N { O o = 1; } message O { int64 a = 1; } }",
     "message M { N n = 1; message N { O o = 1; } message O { string a = 1; } }",
     {"M.O.a keeps its type: int64 became string"}},
    {"InsideOfItself",
     "message M { repeated M m = 1; int64 a = 2; }",
     "message M { repeated M m = 1; string a = 2; }",
     {"M.a keeps its type: int64 became string"}},
};
INSTANTIATE_TEST_SUITE_P(All, SchemaRules, testing::ValuesIn(kCases),
                         [](const auto& of) { return of.param.name; });

}  // namespace
}  // namespace daybook
