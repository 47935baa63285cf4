#include "daybook/testkit/proto_matchers.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/text_format.h"
#include "google/protobuf/util/message_differencer.h"

namespace daybook::internal {
namespace {

using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;
using ::google::protobuf::TextFormat;
using ::google::protobuf::util::MessageDifferencer;

std::string Braced(const Message& message) {
  return absl::StrCat(message.GetDescriptor()->full_name(), " {", message.ShortDebugString(), "}");
}

using Path = std::vector<MessageDifferencer::SpecificField>;

// Writes one line for each difference: "items[2].price: 30 instead of 31".
class Differences : public MessageDifferencer::Reporter {
 public:
  void ReportAdded(const Message&, const Message& actual, const Path& path) override {
    Add(path, Value(actual, path, true), "nothing");
  }
  void ReportDeleted(const Message& expected, const Message&, const Path& path) override {
    Add(path, "nothing", Value(expected, path, false));
  }
  void ReportModified(const Message& expected, const Message& actual, const Path& path) override {
    Add(path, Value(actual, path, true), Value(expected, path, false));
  }

  const std::string& text() const { return text_; }

 private:
  void Add(const Path& path, absl::string_view actual, absl::string_view expected) {
    absl::StrAppend(&text_, text_.empty() ? "" : "\n", "  ", Name(path), ": ", actual,
                    " instead of ", expected);
  }

  static std::string Name(const Path& path) {
    std::string name;
    for (const auto& step : path) {
      absl::StrAppend(&name, name.empty() ? "" : ".",
                      step.field ? step.field->name() : absl::StrCat(step.unknown_field_number));
      const int index = std::max(step.index, step.new_index);
      if (index >= 0) absl::StrAppend(&name, "[", index, "]");
    }
    return name;
  }

  static std::string Value(const Message& message, const Path& path, bool actual) {
    const auto& step = path.back();
    if (step.field == nullptr) return "an unknown field";
    std::string value;
    TextFormat::Printer printer;
    printer.SetSingleLineMode(true);
    const int index = actual ? step.new_index : step.index;
    printer.PrintFieldValueToString(message, step.field, step.field->is_repeated() ? index : -1,
                                    &value);
    if (!value.empty() && value.back() == ' ') value.pop_back();
    return step.field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE
               ? absl::StrCat("{", value, "}")
               : value;
  }

  std::string text_;
};

class FirstError : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, int column, const std::string& message) override {
    if (text_.empty()) text_ = absl::StrCat(line + 1, ":", column + 1, ": ", message);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace

EqualsProtoMatcher::EqualsProtoMatcher(const Message& expected) {
  std::shared_ptr<Message> copy(expected.New());
  copy->CopyFrom(expected);
  expected_ = std::move(copy);
}

EqualsProtoMatcher::EqualsProtoMatcher(std::string text) : text_(std::move(text)) {}

bool EqualsProtoMatcher::MatchAndExplain(const Message& actual, std::ostream* os) const {
  std::shared_ptr<const Message> expected = expected_;
  if (expected == nullptr) {
    std::shared_ptr<Message> parsed(actual.New());
    FirstError error;
    TextFormat::Parser parser;
    parser.RecordErrorsTo(&error);
    if (!parser.ParseFromString(text_, parsed.get())) {
      if (os != nullptr) {
        *os << "but the expected text is no " << actual.GetDescriptor()->full_name() << ": "
            << error.text();
      }
      return false;
    }
    expected = std::move(parsed);
  }
  if (expected->GetDescriptor() != actual.GetDescriptor()) {
    if (os != nullptr) *os << "which is a " << Braced(actual);
    return false;
  }
  MessageDifferencer differencer;
  Differences differences;
  differencer.ReportDifferencesTo(&differences);
  const bool equal = differencer.Compare(*expected, actual);
  if (!equal && os != nullptr) {
    *os << "which is " << Braced(actual) << " and has\n" << differences.text();
  }
  return equal;
}

void EqualsProtoMatcher::DescribeTo(std::ostream* os) const {
  *os << "equals " << (expected_ ? Braced(*expected_) : absl::StrCat("{", text_, "}"));
}

void EqualsProtoMatcher::DescribeNegationTo(std::ostream* os) const {
  *os << "differs from " << (expected_ ? Braced(*expected_) : absl::StrCat("{", text_, "}"));
}

}  // namespace daybook::internal
