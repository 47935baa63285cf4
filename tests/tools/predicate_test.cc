#include "application/predicate.h"

#include "application_test.h"
#include "daybook/v1/options.pb.h"
#include "google/protobuf/descriptor.pb.h"

namespace daybook::tools {
namespace {

using testing::HasSubstr;

// Fields of many kinds: FieldOptions has bools, strings and messages of numbers.
v1::FieldOptions Sample() {
  v1::FieldOptions sample;
  sample.set_key(true);
  sample.set_personal_data_of("ann");
  sample.mutable_integer()->set_gt(-5);
  sample.mutable_string()->set_max_len(7);
  sample.mutable_floating()->set_lt(2.5);
  return sample;
}

bool Holds(absl::string_view text) {
  const auto predicate = Predicate::Parse(v1::FieldOptions::descriptor(), text);
  EXPECT_THAT(predicate, IsOk()) << text;
  return predicate.ok() && predicate->Holds(Sample());
}

TEST(Predicate, ComparesWhatHasAnOrder) {
  for (const char* text :
       {"integer.gt = -5", "integer.gt=-5", " integer.gt >= -5 ", "integer.gt <= -5",
        "integer.gt < -4", "integer.gt > -6", "integer.gt != 5", "string.max_len > 6",
        "floating.lt = 2.5", "floating.lt < 2.6", "personal_data_of = ann",
        "personal_data_of < bob", "personal_data_of >= ann", "integer.lt = 0"}) {
    EXPECT_TRUE(Holds(text)) << text;
  }
  for (const char* text :
       {"integer.gt = 5", "integer.gt > -5", "integer.gt < -5", "integer.gt != -5",
        "integer.gt >= -4", "integer.gt <= -6", "string.max_len > 7", "floating.lt > 2.5",
        "personal_data_of = an", "personal_data_of > ann"}) {
    EXPECT_FALSE(Holds(text)) << text;
  }
}

TEST(Predicate, KnowsBoolsAndEmptyText) {
  EXPECT_TRUE(Holds("key = true"));
  EXPECT_TRUE(Holds("tag != true"));
  EXPECT_FALSE(Holds("key = false"));
  EXPECT_TRUE(Holds("string.pattern ="));
  EXPECT_FALSE(Holds("personal_data_of ="));
}

TEST(Predicate, RefusesWhatDoesNotFit) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"key", "FIELD OP VALUE"},
      {"", "FIELD OP VALUE"},
      {"key ! true", "!="},
      {"key > true", "has no order"},
      {"key = yes", "true or false"},
      {"lock = true", "'lock' is no field of daybook.v1.FieldOptions"},
      {"= true", "'' is no field"},
      {"integer = 1", "name a field of it"},
      {"integer.gt = many", "a whole number"},
      {"string.max_len = -1", "a whole number from 0"},
      {"floating.lt = x", "a number"},
      {"key.x = 1", "no message"},
      {"string.in = x", "in is a list"},
      {"integer.gt == 1", "a whole number"},
  };
  for (const auto& [text, problem] : cases) {
    EXPECT_THAT(Predicate::Parse(v1::FieldOptions::descriptor(), text),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(problem)))
        << text;
  }
}

TEST(Predicate, KnowsEnumsByName) {
  const auto* descriptor = google::protobuf::FieldDescriptorProto::descriptor();
  google::protobuf::FieldDescriptorProto field;
  field.set_label(google::protobuf::FieldDescriptorProto::LABEL_REPEATED);
  EXPECT_TRUE(Predicate::Parse(descriptor, "label = LABEL_REPEATED")->Holds(field));
  EXPECT_FALSE(Predicate::Parse(descriptor, "label != LABEL_REPEATED")->Holds(field));
  EXPECT_THAT(Predicate::Parse(descriptor, "label = REPEATED"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("'REPEATED' is none")));
  EXPECT_THAT(Predicate::Parse(descriptor, "label > LABEL_REPEATED"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("has no order")));
}

}  // namespace
}  // namespace daybook::tools
