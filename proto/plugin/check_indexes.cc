#include <map>
#include <set>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "checks.h"
#include "field_kinds.h"
#include "names.h"

namespace daybook::generator {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;

constexpr int kMaxIndexes = 16;
constexpr int kMaxFields = 8;
constexpr size_t kMaxNameBytes = 64;

// What else stands in the struct of a projection, or is written into it.
bool IsTaken(const Descriptor& row, const std::string& function) {
  static const std::set<std::string>& own = *new std::set<std::string>{
      "AppendIndexValues", "CheckComplete", "Events", "Ignores", "Key", "On", "PastEvents", "Row"};
  if (own.count(function) > 0) return true;
  // On takes events by their short names.
  const std::string& package = row.file()->package();
  const std::string full = package.empty() ? function : absl::StrCat(package, ".", function);
  const DescriptorPool* pool = row.file()->pool();
  return pool->FindMessageTypeByName(full) != nullptr || pool->FindEnumTypeByName(full) != nullptr;
}

bool IsSnakeCase(const std::string& name) {
  if (name.empty() || !absl::ascii_islower(name[0]) || name.back() == '_') return false;
  for (size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (!absl::ascii_islower(c) && !absl::ascii_isdigit(c) && c != '_') return false;
    if (c == '_' && name[i - 1] == '_') return false;
  }
  return true;
}

class IndexesCheck {
 public:
  IndexesCheck(const Descriptor& row, Diagnostics* diagnostics)
      : row_(row), diagnostics_(diagnostics) {}

  void Run() {
    for (const v1::IndexOptions& index : row_.options().GetExtension(v1::row).index()) {
      Name(index.name());
      Fields(index);
    }
    for (int i = 0; i < row_.field_count(); ++i) {
      const FieldDescriptor& field = *row_.field(i);
      if (!OptionsOf(field).indexed()) continue;
      Name(absl::StrCat("by_", field.name()));
      PersonalData(absl::StrCat("by_", field.name()), field);
    }
    if (IndexesOf(row_).size() > kMaxIndexes) {
      Add(absl::StrCat("a row has at most ", kMaxIndexes, " indexes"));
    }
  }

 private:
  void Add(absl::string_view text) { diagnostics_->AddMessage(row_, v1::kRowFieldNumber, text); }

  void Name(const std::string& name) {
    if (!IsSnakeCase(name) || name.size() > kMaxNameBytes) {
      return Add(absl::StrCat("index name \"", name, "\" is not in snake_case, of at most ",
                              kMaxNameBytes, " bytes"));
    }
    const std::string function = CamelCase(name);
    if (!names_.emplace(function, name).second) {
      return Add(absl::StrCat(
          "has two indexes ",
          name == names_[function]
              ? name
              : absl::StrCat(names_[function], " and ", name, ", of one function ", function)));
    }
    if (IsTaken(row_, function)) {
      Add(absl::StrCat("index ", name, ": ", function, " is generated for it, but that is taken"));
    }
  }

  void Fields(const v1::IndexOptions& index) {
    const auto add = [&](absl::string_view text) {
      Add(absl::StrCat("index ", index.name(), text));
    };
    if (index.fields().empty()) return add(" has no field");
    if (index.fields_size() > kMaxFields) {
      return add(absl::StrCat(" has more than ", kMaxFields, " fields"));
    }
    std::set<std::string> seen;
    for (const std::string& name : index.fields()) {
      const FieldDescriptor* field = row_.FindFieldByName(name);
      if (field == nullptr) {
        add(absl::StrCat(" names field \"", name, "\", which is not there"));
      } else if (!seen.insert(name).second) {
        add(absl::StrCat(" names field \"", name, "\" twice"));
      } else {
        Field(index.name(), *field);
      }
    }
  }

  void Field(const std::string& index, const FieldDescriptor& field) {
    if (!IsOrdered(field)) {
      return diagnostics_->AddField(
          field, 0,
          absl::StrCat("index ", index, " is of a string, bytes, an integer, a bool, an enum or a ",
                       "Timestamp, not ", KindOf(field)));
    }
    PersonalData(index, field);
  }

  void PersonalData(const std::string& index, const FieldDescriptor& field) {
    if (OptionsOf(field).personal_data_of().empty()) return;
    diagnostics_->AddField(field, 0,
                           absl::StrCat("index ", index, " cannot be of personal data: it stands ",
                                        "in the tokens of pages"));
  }

  const Descriptor& row_;
  Diagnostics* diagnostics_;
  std::map<std::string, std::string> names_;  // by function
};

}  // namespace

void CheckIndexes(const Descriptor& row, Diagnostics* diagnostics) {
  if (RoleOf(row) == Role::kRow) IndexesCheck(row, diagnostics).Run();
}

}  // namespace daybook::generator
