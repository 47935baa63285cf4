#include "diagnostics.h"

#include <algorithm>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.pb.h"
#include "names.h"

namespace daybook::generator {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorProto;
using google::protobuf::FieldDescriptor;
using google::protobuf::FieldDescriptorProto;
using google::protobuf::FileDescriptor;
using google::protobuf::FileDescriptorProto;
using google::protobuf::SourceLocation;

std::vector<int> PathOf(const Descriptor& message) {
  if (message.containing_type() == nullptr) {
    return {FileDescriptorProto::kMessageTypeFieldNumber, message.index()};
  }
  std::vector<int> path = PathOf(*message.containing_type());
  path.push_back(DescriptorProto::kNestedTypeFieldNumber);
  path.push_back(message.index());
  return path;
}

// Where the option begins, written as a whole (`= {…}`) or by a part of it (`.integer.gt = 0`).
bool LocateOption(const FileDescriptor& file, const std::vector<int>& path, int depth,
                  SourceLocation* location) {
  constexpr int kHighestPart = 16;
  if (file.GetSourceLocation(path, location)) return true;
  for (int part = 1; depth > 0 && part <= kHighestPart; ++part) {
    std::vector<int> of_part = path;
    of_part.push_back(part);
    if (LocateOption(file, of_part, depth - 1, location)) return true;
  }
  return false;
}

SourceLocation Locate(const FileDescriptor& file, const std::vector<int>& path, int options,
                      int option) {
  SourceLocation location;
  if (option != 0) {
    std::vector<int> of_option = path;
    of_option.push_back(options);
    of_option.push_back(option);
    if (LocateOption(file, of_option, 2, &location)) return location;
  }
  if (!file.GetSourceLocation(path, &location)) location = SourceLocation{};
  return location;
}

}  // namespace

int LineOf(const Descriptor& message) {
  return Locate(*message.file(), PathOf(message), 0, 0).start_line + 1;
}

std::string WithPlace(const Descriptor& message) {
  return absl::StrCat(ShortName(message), " (", BaseName(*message.file()), ":", LineOf(message),
                      ")");
}

void Diagnostics::AddMessage(const Descriptor& message, int option, absl::string_view text) {
  const SourceLocation at =
      Locate(*message.file(), PathOf(message), DescriptorProto::kOptionsFieldNumber, option);
  errors_.push_back({message.file()->name(), at.start_line + 1, at.start_column + 1,
                     absl::StrCat("message ", ShortName(message), ": ", text)});
}

void Diagnostics::AddField(const FieldDescriptor& field, int option, absl::string_view text) {
  std::vector<int> path = PathOf(*field.containing_type());
  path.push_back(DescriptorProto::kFieldFieldNumber);
  path.push_back(field.index());
  const SourceLocation at =
      Locate(*field.file(), path, FieldDescriptorProto::kOptionsFieldNumber, option);
  errors_.push_back({field.file()->name(), at.start_line + 1, at.start_column + 1,
                     absl::StrCat("message ", ShortName(*field.containing_type()), ", field ",
                                  field.name(), ": ", text)});
}

std::string Diagnostics::ToString() const {
  std::vector<Error> sorted = errors_;
  std::stable_sort(sorted.begin(), sorted.end(), [](const Error& a, const Error& b) {
    return std::tie(a.file, a.line, a.column) < std::tie(b.file, b.line, b.column);
  });
  std::string all;
  for (const Error& error : sorted) {
    absl::StrAppend(&all, all.empty() ? "" : "\n", error.file, ":", error.line, ":", error.column,
                    ": ", error.text);
  }
  return all;
}

}  // namespace daybook::generator
