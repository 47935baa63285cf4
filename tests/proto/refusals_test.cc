// Every rule of the contract: what breaks it, and the exact words of the refusal.
#include <string>

#include "absl/strings/str_cat.h"
#include "generator_run.h"
#include "gtest/gtest.h"

namespace daybook::generator {
namespace {

// A sound contract on lines 1 to 4; what is tried stands on line 5 and below.
constexpr char kSound[] =
    "syntax = \"proto3\"; package bank; import \"daybook/v1/options.proto\";\n"
    "message Open { option (daybook.v1.command) = {aggregate: \"Account\"};"
    " string id = 1 [(daybook.v1.field).key = true]; }\n"
    "message Opened { option (daybook.v1.event) = {aggregate: \"Account\"}; }\n"
    "message AccountState { option (daybook.v1.state) = {aggregate: \"Account\"}; }\n";

struct Case {
  std::string name;
  std::string text;      // Behind kSound.
  std::string expected;  // Behind "t.proto:".
};

void PrintTo(const Case& c, std::ostream* out) {
  *out << c.name;
}

class Refusal : public ::testing::TestWithParam<Case> {};

TEST_P(Refusal, SaysWhereAndWhat) {
  GeneratorRun run;
  run.Write("t.proto", absl::StrCat(kSound, GetParam().text));
  EXPECT_EQ(run.Generate("t.proto"), absl::StrCat("t.proto:", GetParam().expected));
  EXPECT_FALSE(std::filesystem::exists(absl::StrCat(run.directory(), "/t.daybook.h")));
}

std::string NameOfCase(const ::testing::TestParamInfo<Case>& info) {
  return info.param.name;
}

// The beginning of a message X, whose fields stand on the next line.
const std::string kCommand =
    "message X { option (daybook.v1.command) = {aggregate: \"Account\"};\n";
const std::string kEvent = "message X { option (daybook.v1.event) = {aggregate: \"Account\"};\n";
const std::string kState = "message X { option (daybook.v1.state) = {aggregate: \"Account\"};\n";
const std::string kRow =
    "message X { option (daybook.v1.row) = {projection: \"P\" from: \"Account\"};\n";
const std::string kPlain = "message X {\n";

const std::string kKey = "  string id = 1 [(daybook.v1.field).key = true];\n";
std::string KeyOf(const std::string& type) {
  return kCommand + "  " + type + " id = 1 [(daybook.v1.field).key = true]; }";
}

// Lines 5 and 6: an aggregate that lacks its state.
const std::string kOther =
    "message C { option (daybook.v1.command) = {aggregate: \"Other\"};"
    " string id = 1 [(daybook.v1.field).key = true]; }\n"
    "message E { option (daybook.v1.event) = {aggregate: \"Other\"}; }\n";

const Case kRoles[] = {
    {"CommandWithoutAggregate",
     "message X { option (daybook.v1.command) = {}; string id = 1 [(daybook.v1.field).key = true]; "
     "}",
     "5:13: message X: the command names no aggregate"},
    {"CommandOfUnknownAggregate",
     "message X {\n  option (daybook.v1.command) = {aggregate: \"Acount\"};\n"
     "  string id = 1 [(daybook.v1.field).key = true]; }",
     "6:3: message X: aggregate \"Acount\" is unknown: no state declares it"},
    {"EventWithoutAggregate", "message X { option (daybook.v1.event) = {name: \"x\"}; }",
     "5:13: message X: the event names no aggregate"},
    {"EventOfUnknownAggregate", "message X { option (daybook.v1.event).aggregate = \"Other\"; }",
     "5:13: message X: aggregate \"Other\" is unknown: no state declares it"},
    {"RejectionWithoutAggregate", "message X { option (daybook.v1.rejection) = {}; }",
     "5:13: message X: the rejection names no aggregate"},
    {"RejectionOfUnknownAggregate",
     "message X { option (daybook.v1.rejection) = {aggregate: \"Other\"}; }",
     "5:13: message X: aggregate \"Other\" is unknown: no state declares it"},
    {"TwoRoles", kEvent + "  option (daybook.v1.rejection) = {aggregate: \"Account\"}; }",
     "6:3: message X: is both event and rejection: a message has one role"},
    {"NestedMessageToo",
     "message Outer { message X { option (daybook.v1.event) = {aggregate: \"Other\"}; } }",
     "5:29: message Outer.X: aggregate \"Other\" is unknown: no state declares it"},
};
INSTANTIATE_TEST_SUITE_P(Roles, Refusal, ::testing::ValuesIn(kRoles), NameOfCase);

const Case kAggregates[] = {
    {"TwoStates", kState + "}",
     "5:13: message X: is a second state of aggregate Account, after AccountState (t.proto:4)"},
    {"StateWithoutName", "message X { option (daybook.v1.state) = {}; }",
     "5:13: message X: aggregate name \"\" is not a C++ identifier"},
    {"NameNoIdentifier", "message X { option (daybook.v1.state) = {aggregate: \"My-Account\"}; }",
     "5:13: message X: aggregate name \"My-Account\" is not a C++ identifier"},
    {"NoCommand",
     "message E { option (daybook.v1.event) = {aggregate: \"Other\"}; }\n"
     "message X { option (daybook.v1.state) = {aggregate: \"Other\"}; }",
     "6:13: message X: aggregate Other has no command"},
    {"NoEvent",
     "message C { option (daybook.v1.command) = {aggregate: \"Other\"};"
     " string id = 1 [(daybook.v1.field).key = true]; }\n"
     "message X { option (daybook.v1.state) = {aggregate: \"Other\"}; }",
     "6:13: message X: aggregate Other has no event"},
    {"CategoryWithDash",
     kOther + "message X { option (daybook.v1.state) = {aggregate: \"Other\" category: \"a-b\"}; }",
     "7:13: message X: category \"a-b\" has a '-' or '$'"},
    {"CategoryWithDollar",
     kOther + "message X { option (daybook.v1.state) = {aggregate: \"Other\" category: \"$a\"}; }",
     "7:13: message X: category \"$a\" has a '-' or '$'"},
    {"CategoryWithLineBreak",
     kOther +
         "message X { option (daybook.v1.state) = {aggregate: \"Other\" category: \"a\\nb\"}; }",
     "7:13: message X: a category is valid UTF-8 without control characters"},
    {"CategoryTwice",
     kOther +
         "message X { option (daybook.v1.state) = {aggregate: \"Other\" category: \"account\"}; }",
     "7:13: message X: category \"account\" is that of aggregate Account already"},
    {"StructNameTaken",
     kOther + "message OtherAggregate {}\n"
              "message X { option (daybook.v1.state) = {aggregate: \"Other\"}; }",
     "8:13: message X: OtherAggregate is generated for it, but bank.OtherAggregate is taken"},
};
INSTANTIATE_TEST_SUITE_P(Aggregates, Refusal, ::testing::ValuesIn(kAggregates), NameOfCase);

const Case kProjections[] = {
    {"FromNothing", "message X { option (daybook.v1.row) = {projection: \"P\"}; }",
     "5:13: message X: the row reads from no aggregate"},
    {"FromUnknown", "message X { option (daybook.v1.row) = {projection: \"P\" from: \"Acount\"}; }",
     "5:13: message X: reads from aggregate \"Acount\", which is unknown: no state here or in an "
     "import declares it"},
    {"FromTwice",
     "message X { option (daybook.v1.row) = {projection: \"P\" from: \"Account\" from: "
     "\"bank.Account\"}; }",
     "5:13: message X: reads from aggregate \"bank.Account\" twice"},
    {"WithoutName", "message X { option (daybook.v1.row) = {from: \"Account\"}; }",
     "5:13: message X: projection name \"\" is not a C++ identifier"},
    {"NameTwice",
     "message P { option (daybook.v1.row) = {projection: \"P\" from: \"Account\"}; }\n" + kRow +
         "}",
     "6:13: message X: is a second row of projection P, after P (t.proto:5)"},
    {"StructNameTaken", "message PProjection {}\n" + kRow + "}",
     "6:13: message X: PProjection is generated for it, but bank.PProjection is taken"},
};
INSTANTIATE_TEST_SUITE_P(Projections, Refusal, ::testing::ValuesIn(kProjections), NameOfCase);

const Case kEvents[] = {
    {"NameTwice",
     "message X { option (daybook.v1.event) = {aggregate: \"Account\" name: \"bank.Opened\"}; }",
     "5:13: message X: event name \"bank.Opened\" is that of Opened (t.proto:3) already"},
    {"NameWithLineBreak",
     "message X { option (daybook.v1.event) = {aggregate: \"Account\" name: \"a\\nb\"}; }",
     "5:13: message X: an event's name is valid UTF-8 without control characters"},
    {"NameWithDollar",
     "message X { option (daybook.v1.event) = {aggregate: \"Account\" name: \"$x\"}; }",
     "5:13: message X: event name \"$x\" begins with '$'"},
    {"SchemaVersionTooHigh",
     "message X { option (daybook.v1.event) = {aggregate: \"Account\" schema_version: 65536}; }",
     "5:13: message X: schema_version 65536 is above 65535"},
    {"PastNotBelowToday",
     "message X { option (daybook.v1.event) = {aggregate: \"Account\" name: \"bank.Opened\""
     " past: true}; }",
     "5:13: message X: is past, so its schema_version 1 is below that of Opened (t.proto:3), 1"},
    {"PastNotBelowTodayWhoComesLater",
     "message X { option (daybook.v1.event) = {aggregate: \"Account\" name: \"y\""
     " schema_version: 3 past: true}; }\n"
     "message Y { option (daybook.v1.event) = {aggregate: \"Account\" name: \"y\""
     " schema_version: 2}; }",
     "5:13: message X: is past, so its schema_version 3 is below that of Y (t.proto:6), 2"},
    {"PastTwice",
     "message W { option (daybook.v1.event) = {aggregate: \"Account\" name: \"y\""
     " past: true}; }\n"
     "message X { option (daybook.v1.event) = {aggregate: \"Account\" name: \"y\""
     " schema_version: 1 past: true}; }",
     "6:13: message X: event name \"y\", schema_version 1, is that of W (t.proto:5) already"},
    {"RevisionOfToday",
     "message X { option (daybook.v1.event) = {aggregate: \"Account\" upcast_revision: 1}; }",
     "5:13: message X: upcast_revision is for an event that is past"},
    {"PastWithoutAggregate", "message X { option (daybook.v1.event) = {name: \"y\" past: true}; }",
     "5:13: message X: the event names no aggregate"},
};
INSTANTIATE_TEST_SUITE_P(Events, Refusal, ::testing::ValuesIn(kEvents), NameOfCase);

TEST(Events, NameTooLong) {
  for (const int length : {255, 256}) {
    GeneratorRun run;
    run.Write("t.proto", absl::StrCat(kSound,
                                      "message X { option (daybook.v1.event) = {aggregate: "
                                      "\"Account\" name: \"",
                                      std::string(length, 'n'), "\"}; }"));
    EXPECT_EQ(run.Generate("t.proto"),
              length == 255 ? ""
                            : "t.proto:5:13: message X: an event's name has at most 255 "
                              "bytes, this one 256");
  }
}

TEST(Aggregates, CategoryTooLong) {
  for (const int length : {255, 256}) {
    GeneratorRun run;
    run.Write("t.proto",
              absl::StrCat(kSound, kOther,
                           "message X { option (daybook.v1.state) = {aggregate: \"Other\" "
                           "category: \"",
                           std::string(length, 'c'), "\"}; }"));
    EXPECT_EQ(run.Generate("t.proto"),
              length == 255 ? "" : "t.proto:7:13: message X: a category has at most 255 bytes");
  }
}

const Case kFieldOptions[] = {
    {"NoKey", kCommand + "  string id = 1; }",
     "5:13: message X: the command has no key field: one names its stream"},
    {"TwoKeys", kCommand + kKey + "  string other = 2 [(daybook.v1.field).key = true]; }",
     "7:21: message X, field other: is a second key, after id"},
    {"TwoKeysInAnEvent", kEvent + kKey + "  string other = 2 [(daybook.v1.field).key = true]; }",
     "7:21: message X, field other: is a second key, after id"},
    {"KeyFloat", KeyOf("float"),
     "6:17: message X, field id: a key is a string or an integer, not a float"},
    {"KeyDouble", KeyOf("double"),
     "6:18: message X, field id: a key is a string or an integer, not a double"},
    {"KeyBytes", KeyOf("bytes"),
     "6:17: message X, field id: a key is a string or an integer, not bytes"},
    {"KeyBool", KeyOf("bool"),
     "6:16: message X, field id: a key is a string or an integer, not a bool"},
    {"KeyMessage", KeyOf("AccountState"),
     "6:24: message X, field id: a key is a string or an integer, not message AccountState"},
    {"KeyRepeated", KeyOf("repeated string"),
     "6:27: message X, field id: a key is a string or an integer, not repeated string"},
    {"KeyMap", KeyOf("map<string, string>"),
     "6:31: message X, field id: a key is a string or an integer, not a map"},
    {"KeyEnum", "enum Color { RED = 0; }\n" + KeyOf("Color"),
     "7:17: message X, field id: a key is a string or an integer, not enum Color"},
    {"KeyOptional", KeyOf("optional string"),
     "6:27: message X, field id: a key is always there: neither optional nor in a oneof"},
    {"KeyInOneof", kCommand + "  oneof o { string id = 1 [(daybook.v1.field).key = true]; } }",
     "6:28: message X, field id: a key is always there: neither optional nor in a oneof"},
    {"KeyInRow", kRow + kKey + "}", "6:18: message X, field id: key means nothing in a row"},
    {"KeyInPlainMessage", kPlain + kKey + "}",
     "6:18: message X, field id: key means nothing in a plain message"},
    {"TagInCommand", kCommand + kKey + "  string x = 2 [(daybook.v1.field).tag = true]; }",
     "7:17: message X, field x: tag means nothing in a command"},
    {"TagRepeated", kEvent + "  repeated string x = 2 [(daybook.v1.field).tag = true]; }",
     "6:26: message X, field x: a tag is a string, an integer, a bool or an enum, not repeated "
     "string"},
    {"TagMessage", kEvent + "  AccountState x = 2 [(daybook.v1.field).tag = true]; }",
     "6:23: message X, field x: a tag is a string, an integer, a bool or an enum, not message "
     "AccountState"},
    {"TagRepeatedMessage",
     kEvent + "  repeated AccountState x = 2 [(daybook.v1.field).tag = true]; }",
     "6:32: message X, field x: a tag is a string, an integer, a bool or an enum, not repeated "
     "message AccountState"},
    {"TagDouble", kEvent + "  double x = 2 [(daybook.v1.field).tag = true]; }",
     "6:17: message X, field x: a tag is a string, an integer, a bool or an enum, not a double"},
    {"IndexedInState", "message X {\n  string x = 1 [(daybook.v1.field).indexed = true]; }",
     "6:17: message X, field x: indexed means nothing in a plain message"},
    {"IndexedInEvent", kEvent + "  string x = 1 [(daybook.v1.field).indexed = true]; }",
     "6:17: message X, field x: indexed means nothing in an event"},
    {"IndexedRepeated", kRow + "  repeated string x = 1 [(daybook.v1.field).indexed = true]; }",
     "6:26: message X, field x: an indexed field is a scalar or a Timestamp, not repeated string"},
    {"IndexedMessage", kRow + "  AccountState x = 1 [(daybook.v1.field).indexed = true]; }",
     "6:23: message X, field x: an indexed field is a scalar or a Timestamp, not message "
     "AccountState"},
    {"PersonalDataOfAbsentField",
     kEvent + "  string x = 1 [(daybook.v1.field).personal_data_of = \"person\"]; }",
     "6:17: message X, field x: personal_data_of names field \"person\", which is not there"},
    {"PersonalDataOfItself",
     kEvent + "  string x = 1 [(daybook.v1.field).personal_data_of = \"x\"]; }",
     "6:17: message X, field x: personal_data_of names the field itself"},
    {"PersonalDataOfDouble",
     kEvent + "  double id = 2;\n  string x = 1 [(daybook.v1.field).personal_data_of = \"id\"]; }",
     "7:17: message X, field x: personal_data_of names field \"id\": a subject's id is a string or "
     "an integer, not a double"},
    {"PersonalDataOfPersonalData",
     kEvent +
         "  string id = 2;\n  string name = 3 [(daybook.v1.field).personal_data_of = \"id\"];\n"
         "  string x = 1 [(daybook.v1.field).personal_data_of = \"name\"]; }",
     "8:17: message X, field x: personal_data_of names field \"name\", which is personal data "
     "itself"},
    {"PersonalDataInPlainMessage",
     "message X {\n string id = 2;\n"
     "  string x = 1 [(daybook.v1.field).personal_data_of = \"id\"]; }",
     "7:17: message X, field x: personal_data_of means nothing in a plain message"},
    {"PersonalDataInStreamKey",
     kCommand +
         "  string person = 2;\n"
         "  string id = 1 [(daybook.v1.field) = {key: true, personal_data_of: \"person\"}]; }",
     "7:18: message X, field id: a key cannot be personal data: it stands in names that are never "
     "erased"},
    {"PersonalDataInTag",
     kEvent + "  string person = 2;\n"
              "  string x = 1 [(daybook.v1.field) = {tag: true, personal_data_of: \"person\"}]; }",
     "7:17: message X, field x: a tag cannot be personal data: it stands in names that are never "
     "erased"},
};
INSTANTIATE_TEST_SUITE_P(FieldOptions, Refusal, ::testing::ValuesIn(kFieldOptions), NameOfCase);

// A row X with these index options, whose fields stand on the next line.
std::string RowWith(const std::string& indexes) {
  return "message X { option (daybook.v1.row) = {projection: \"P\" from: \"Account\" " + indexes +
         "};\n";
}

const Case kIndexes[] = {
    {"IndexOfAbsentField", RowWith("index: {name: \"by_x\" fields: \"y\"}") + "  string x = 1; }",
     "5:13: message X: index by_x names field \"y\", which is not there"},
    {"IndexOfNothing", RowWith("index: {name: \"by_x\"}") + "  string x = 1; }",
     "5:13: message X: index by_x has no field"},
    {"IndexOfAFieldTwice",
     RowWith("index: {name: \"by_x\" fields: [\"x\", \"x\"]}") + "  string x = 1; }",
     "5:13: message X: index by_x names field \"x\" twice"},
    {"IndexOfNineFields",
     RowWith(
         "index: {name: \"by_x\" fields: [\"a\", \"b\", \"c\", \"d\", \"e\", \"f\", \"g\", \"h\", "
         "\"i\"]}") +
         "}",
     "5:13: message X: index by_x has more than 8 fields"},
    {"IndexOfRepeated",
     RowWith("index: {name: \"by_x\" fields: \"x\"}") + "  repeated string x = 1; }",
     "6:3: message X, field x: index by_x is of a string, bytes, an integer, a bool, an enum or "
     "a Timestamp, not "
     "repeated string"},
    {"IndexOfMessage", RowWith("index: {name: \"by_x\" fields: \"x\"}") + "  AccountState x = 1; }",
     "6:3: message X, field x: index by_x is of a string, bytes, an integer, a bool, an enum or "
     "a Timestamp, not "
     "message AccountState"},
    {"IndexOfDuration",
     "import \"google/protobuf/duration.proto\";\n" +
         RowWith("index: {name: \"by_x\" fields: \"x\"}") + "  google.protobuf.Duration x = 1; }",
     "7:3: message X, field x: index by_x is of a string, bytes, an integer, a bool, an enum or "
     "a Timestamp, not "
     "message Duration"},
    {"IndexedTimestamps",
     "import \"google/protobuf/timestamp.proto\";\n" + kRow +
         "  repeated google.protobuf.Timestamp x = 1 [(daybook.v1.field).indexed = true]; }",
     "7:45: message X, field x: an indexed field is a scalar or a Timestamp, not repeated message "
     "Timestamp"},
    {"IndexOfDouble", RowWith("index: {name: \"by_x\" fields: \"x\"}") + "  double x = 1; }",
     "6:3: message X, field x: index by_x is of a string, bytes, an integer, a bool, an enum or "
     "a Timestamp, not "
     "a double"},
    {"IndexOfMap",
     RowWith("index: {name: \"by_x\" fields: \"x\"}") + "  map<string, string> x = 1; }",
     "6:3: message X, field x: a row has no map: the order of a map's entries is not fixed; repeat "
     "a message\n"
     "t.proto:6:3: message X, field x: index by_x is of a string, bytes, an integer, a bool, an "
     "enum or a Timestamp, not a map"},
    {"IndexOfPersonalData",
     RowWith("index: {name: \"by_x\" fields: \"x\"}") +
         "  string x = 1 [(daybook.v1.field).personal_data_of = \"id\"]; string id = 2; }",
     "6:3: message X, field x: index by_x cannot be of personal data: it stands in the tokens of "
     "pages"},
    {"IndexedPersonalData",
     RowWith("") +
         "  string x = 1 [(daybook.v1.field) = {indexed: true personal_data_of: \"id\"}]; "
         "string id = 2; }",
     "6:3: message X, field x: index by_x cannot be of personal data: it stands in the tokens of "
     "pages"},
    {"IndexedFloat", kRow + "  float x = 1 [(daybook.v1.field).indexed = true]; }",
     "6:16: message X, field x: an indexed field has an order, which a float lacks"},
    {"IndexTwice",
     RowWith("index: {name: \"by_x\" fields: \"x\"} index: {name: \"by_x\" fields: \"x\"}") +
         "  string x = 1; }",
     "5:13: message X: has two indexes by_x"},
    {"IndexAndIndexed",
     RowWith("index: {name: \"by_x\" fields: \"x\"}") +
         "  string x = 1 [(daybook.v1.field).indexed = true]; }",
     "5:13: message X: has two indexes by_x"},
    {"IndexesOfOneFunction",
     RowWith("index: {name: \"by_x1\" fields: \"x\"} index: {name: \"by_x_1\" fields: \"x\"}") +
         "  string x = 1; }",
     "5:13: message X: has two indexes by_x1 and by_x_1, of one function ByX1"},
    {"IndexWithoutName", RowWith("index: {fields: \"x\"}") + "  string x = 1; }",
     "5:13: message X: index name \"\" is not in snake_case, of at most 64 bytes"},
    {"IndexInCamelCase", RowWith("index: {name: \"ByX\" fields: \"x\"}") + "  string x = 1; }",
     "5:13: message X: index name \"ByX\" is not in snake_case, of at most 64 bytes"},
    {"IndexWithLongName",
     RowWith("index: {name: \"" + std::string(65, 'x') + "\" fields: \"x\"}") + "  string x = 1; }",
     "5:13: message X: index name \"" + std::string(65, 'x') +
         "\" is not in snake_case, of at most 64 bytes"},
    {"IndexNamedAsAnEvent",
     RowWith("index: {name: \"opened\" fields: \"x\"}") + "  string x = 1; }",
     "5:13: message X: index opened: Opened is generated for it, but that is taken"},
    {"IndexNamedAsAHandler", RowWith("index: {name: \"on\" fields: \"x\"}") + "  string x = 1; }",
     "5:13: message X: index on: On is generated for it, but that is taken"},
    {"SeventeenIndexes",
     [] {
       std::string fields;
       for (int i = 1; i <= 17; ++i) {
         absl::StrAppend(&fields, " int32 x", i, " = ", i, " [(daybook.v1.field).indexed = true];");
       }
       return kRow + fields + "}";
     }(),
     "5:13: message X: a row has at most 16 indexes"},
};
INSTANTIATE_TEST_SUITE_P(Indexes, Refusal, ::testing::ValuesIn(kIndexes), NameOfCase);

const Case kMaps[] = {
    {"MapInRow", kRow + "  map<string, string> m = 1; }",
     "6:3: message X, field m: a row has no map: the order of a map's entries is not fixed; repeat "
     "a message"},
    {"MapInState",
     kOther + "message X { option (daybook.v1.state) = {aggregate: \"Other\"};\n  map<int32, "
              "string> m = 1; }",
     "8:3: message X, field m: a state has no map: the order of a map's entries is not fixed; "
     "repeat a message"},
    {"MapDeepInRow",
     "message Inner { map<string, string> labels = 1; }\n"
     "message Middle { Middle again = 1; repeated Inner inner = 2; }\n" +
         kRow + "  Middle m = 1; }",
     "8:3: message X, field m: a row has no map, but Inner.labels inside is one: the order of a "
     "map's entries is not fixed; repeat a message"},
    {"MapOfAnImport",
     "import \"google/protobuf/struct.proto\";\n" + kRow + "  google.protobuf.Value m = 1; }",
     "7:3: message X, field m: a row has no map, but Struct.fields inside is one: the order of a "
     "map's entries is not fixed; repeat a message"},
};
INSTANTIATE_TEST_SUITE_P(Maps, Refusal, ::testing::ValuesIn(kMaps), NameOfCase);

const Case kFieldRules[] = {
    {"OnEvent", kEvent + "  int32 x = 1 [(daybook.v1.field).required = true]; }",
     "6:16: message X, field x: rules are checked on commands, not on an event"},
    {"OnRow", kRow + "  int32 x = 1 [(daybook.v1.field).integer.gt = 1]; }",
     "6:16: message X, field x: rules are checked on commands, not on a row"},
    {"StringOnInt", kPlain + "  int32 x = 1 [(daybook.v1.field).string.min_len = 1]; }",
     "6:16: message X, field x: the rule `string` does not fit an int32"},
    {"StringOnBytes", kPlain + "  bytes x = 1 [(daybook.v1.field).string.min_len = 1]; }",
     "6:16: message X, field x: the rule `string` does not fit bytes"},
    {"BytesOnString", kPlain + "  string x = 1 [(daybook.v1.field).bytes.min_len = 1]; }",
     "6:17: message X, field x: the rule `bytes` does not fit a string"},
    {"IntegerOnDouble", kPlain + "  double x = 1 [(daybook.v1.field).integer.gt = 1]; }",
     "6:17: message X, field x: the rule `integer` does not fit a double"},
    {"IntegerOnBool", kPlain + "  bool x = 1 [(daybook.v1.field).integer.gt = 1]; }",
     "6:15: message X, field x: the rule `integer` does not fit a bool"},
    {"FloatingOnInt", kPlain + "  uint64 x = 1 [(daybook.v1.field).floating.gt = 1]; }",
     "6:17: message X, field x: the rule `floating` does not fit a uint64"},
    {"RepeatedOnScalar", kPlain + "  int64 x = 1 [(daybook.v1.field).repeated.min_items = 1]; }",
     "6:16: message X, field x: the rule `repeated` does not fit an int64"},
    {"RepeatedOnMap",
     kPlain + "  map<string, string> x = 1 [(daybook.v1.field).repeated.min_items = 1]; }",
     "6:30: message X, field x: the rule `repeated` does not fit a map"},
    {"DefinedOnlyOnInt", kPlain + "  int32 x = 1 [(daybook.v1.field).defined_only = true]; }",
     "6:16: message X, field x: the rule `defined_only` does not fit an int32"},
    {"StringOnMessage", kPlain + "  Open x = 1 [(daybook.v1.field).string.min_len = 1]; }",
     "6:15: message X, field x: the rule `string` does not fit message Open"},
    {"MinLenAboveMaxLen",
     kPlain + "  string x = 1 [(daybook.v1.field).string = {min_len: 3, max_len: 2}]; }",
     "6:17: message X, field x: min_len 3 is above max_len 2"},
    {"MinLenAboveMaxLenOfBytes",
     kPlain + "  bytes x = 1 [(daybook.v1.field).bytes = {min_len: 3, max_len: 2}]; }",
     "6:16: message X, field x: min_len 3 is above max_len 2"},
    {"MinItemsAboveMaxItems",
     kPlain +
         "  repeated int32 x = 1 [(daybook.v1.field).repeated = {min_items: 2, max_items: 1}]; }",
     "6:25: message X, field x: min_items 2 is above max_items 1"},
    {"Pattern", kPlain + "  string x = 1 [(daybook.v1.field).string.pattern = \"[a\"]; }",
     "6:17: message X, field x: pattern \"[a\" does not compile: Unmatched [, [^, [:, [., or [="},
    {"InTooLong",
     kPlain + "  string x = 1 [(daybook.v1.field).string = {max_len: 1, in: \"ab\"}]; }",
     "6:17: message X, field x: in holds \"ab\", which another rule excludes"},
    {"InAgainstPattern",
     kPlain + "  string x = 1 [(daybook.v1.field).string = {pattern: \"^a$\", in: \"ab\"}]; }",
     "6:17: message X, field x: in holds \"ab\", which another rule excludes"},
    {"InTwice", kPlain + "  string x = 1 [(daybook.v1.field).string = {in: \"ab\", in: \"ab\"}]; }",
     "6:17: message X, field x: in holds \"ab\" twice"},
    {"GtAndGte", kPlain + "  int32 x = 1 [(daybook.v1.field).integer = {gt: 1, gte: 1}]; }",
     "6:16: message X, field x: gt and gte both bound it from below"},
    {"LtAndLte", kPlain + "  int32 x = 1 [(daybook.v1.field).integer = {lt: 1, lte: 1}]; }",
     "6:16: message X, field x: lt and lte both bound it from above"},
    {"GtEqualsLt", kPlain + "  int32 x = 1 [(daybook.v1.field).integer = {gt: 5, lt: 5}]; }",
     "6:16: message X, field x: gt 5 and lt 5 leave no value"},
    {"NoIntegerBetween", kPlain + "  int32 x = 1 [(daybook.v1.field).integer = {gt: 5, lt: 6}]; }",
     "6:16: message X, field x: gt 5 and lt 6 leave no value"},
    {"GteAboveLte", kPlain + "  int32 x = 1 [(daybook.v1.field).integer = {gte: 6, lte: 5}]; }",
     "6:16: message X, field x: gte 6 and lte 5 leave no value"},
    {"GtGreatest",
     kPlain + "  int64 x = 1 [(daybook.v1.field).integer = {gt: 9223372036854775807}]; }",
     "6:16: message X, field x: gt 9223372036854775807 leave no value"},
    {"BelowRange", kPlain + "  uint32 x = 1 [(daybook.v1.field).integer = {gte: -1}]; }",
     "6:17: message X, field x: gte -1 is outside the range of uint32"},
    {"AboveRange", kPlain + "  sfixed32 x = 1 [(daybook.v1.field).integer = {lt: 2147483648}]; }",
     "6:19: message X, field x: lt 2147483648 is outside the range of sfixed32"},
    {"InOutsideBounds", kPlain + "  int32 x = 1 [(daybook.v1.field).integer = {gt: 1, in: 1}]; }",
     "6:16: message X, field x: in holds 1, which another rule excludes"},
    {"InOutsideRange", kPlain + "  uint64 x = 1 [(daybook.v1.field).integer = {in: -1}]; }",
     "6:17: message X, field x: in -1 is outside the range of uint64"},
    {"FloatingNan", kPlain + "  double x = 1 [(daybook.v1.field).floating = {gt: nan}]; }",
     "6:17: message X, field x: a bound is NaN, which nothing satisfies"},
    {"FloatingGtEqualsLte",
     kPlain + "  double x = 1 [(daybook.v1.field).floating = {gt: 0.5, lte: 0.5}]; }",
     "6:17: message X, field x: gt 0.5 and lte 0.5 leave no value"},
    {"FloatingGteAboveLte",
     kPlain + "  float x = 1 [(daybook.v1.field).floating = {gte: 1.5, lte: 1}]; }",
     "6:16: message X, field x: gte 1.5 and lte 1 leave no value"},
    {"FloatingGtAndGte",
     kPlain + "  float x = 1 [(daybook.v1.field).floating = {gt: 1, gte: 1}]; }",
     "6:16: message X, field x: gt and gte both bound it from below"},
};
INSTANTIATE_TEST_SUITE_P(FieldRules, Refusal, ::testing::ValuesIn(kFieldRules), NameOfCase);

TEST(Refusals, AllAreSaidInTheOrderOfTheFile) {
  GeneratorRun run;
  run.Write("t.proto", absl::StrCat(kSound,
                                    "message B { option (daybook.v1.command) = {aggregate: "
                                    "\"Account\"}; int32 x = 1 [(daybook.v1.field).tag = "
                                    "true]; }\nmessage A { option (daybook.v1.event) = {}; }"));
  EXPECT_EQ(run.Generate("t.proto"),
            "t.proto:5:13: message B: the command has no key field: one names its stream\n"
            "t.proto:5:80: message B, field x: tag means nothing in a command\n"
            "t.proto:6:13: message A: the event names no aggregate");
}

TEST(Refusals, Proto2) {
  GeneratorRun run;
  run.Write("t.proto",
            "syntax = \"proto2\"; import \"daybook/v1/options.proto\";\n"
            "message X { optional string x = 1 [(daybook.v1.field).required = true]; }");
  EXPECT_EQ(run.Generate("t.proto"),
            "t.proto:2:1: message X: options of Daybook stand in a proto2 file: only proto3 is "
            "supported");
}

TEST(Refusals, UnknownParameter) {
  const Generator generator;
  std::string error;
  EXPECT_FALSE(generator.GenerateAll({}, "lite", nullptr, &error));
  EXPECT_EQ(error, "unknown parameter: lite");
}

// Over several files.

TEST(Imports, AMessageNamesAnAggregateOfAnotherFile) {
  GeneratorRun run;
  run.Write("bank.proto", kSound);
  run.Write(
      "t.proto",
      "syntax = \"proto3\"; import \"daybook/v1/options.proto\"; import public \"bank.proto\";\n"
      "message X { option (daybook.v1.event) = {aggregate: \"Account\"}; }");
  EXPECT_EQ(run.Generate("t.proto"),
            "t.proto:2:13: message X: aggregate \"Account\" is declared in bank.proto: its events "
            "stand in one file with its state");
}

TEST(Imports, NamesThatAreTakenInAnImport) {
  GeneratorRun run;
  run.Write("bank.proto", kSound);
  run.Write(
      "t.proto",
      "syntax = \"proto3\"; package bank; import \"daybook/v1/options.proto\"; import "
      "public \"bank.proto\";\n"
      "message C { option (daybook.v1.command) = {aggregate: \"Account\"};"
      " string id = 1 [(daybook.v1.field).key = true]; }\n"
      "message E { option (daybook.v1.event) = {aggregate: \"Account\" name: \"bank.Opened\"}; }\n"
      "message S { option (daybook.v1.state) = {aggregate: \"Account\"}; }\n");
  EXPECT_EQ(run.Generate("t.proto"),
            "t.proto:3:13: message E: event name \"bank.Opened\" is that of Opened (bank.proto:3) "
            "already\n"
            "t.proto:4:13: message S: aggregate Account is declared in bank.proto already\n"
            "t.proto:4:13: message S: category \"account\" is that of aggregate Account already");
}

TEST(Imports, ARowReadsAnAmbiguousAggregate) {
  GeneratorRun run;
  std::string other = kSound;
  other.replace(other.find("package bank"), 12, "package shop");
  run.Write("bank.proto", kSound);
  run.Write("shop.proto", other);
  const std::string head =
      "syntax = \"proto3\"; import \"daybook/v1/options.proto\"; import public \"bank.proto\"; "
      "import "
      "public \"shop.proto\";\n";
  run.Write("t.proto", head +
                           "message X { option (daybook.v1.row) = {projection: \"P\" from: "
                           "\"Account\"}; }");
  EXPECT_EQ(
      run.Generate("t.proto"),
      "t.proto:2:13: message X: reads from aggregate \"Account\", of which there are several: "
      "write its package before it");
  run.Write("t.proto", head +
                           "message X { option (daybook.v1.row) = {projection: \"P\" from: "
                           "\"shop.Account\"}; }");
  EXPECT_EQ(run.Generate("t.proto"), "");
  EXPECT_NE(run.Read("t.daybook.h").find("using Events = ::daybook::TypeList<::shop::Opened>;"),
            std::string::npos);
}

}  // namespace
}  // namespace daybook::generator
