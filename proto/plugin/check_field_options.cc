#include <string>

#include "absl/strings/str_cat.h"
#include "checks.h"
#include "field_kinds.h"

namespace daybook::generator {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

class FieldOptionsCheck {
 public:
  FieldOptionsCheck(const Descriptor& message, Diagnostics* diagnostics)
      : message_(message), role_(RoleOf(message)), diagnostics_(diagnostics) {}

  void Run() {
    for (int i = 0; i < message_.field_count(); ++i) {
      const FieldDescriptor& field = *message_.field(i);
      const v1::FieldOptions& options = OptionsOf(field);
      if (options.key()) Key(field);
      if (options.tag()) Tag(field);
      if (options.indexed()) Indexed(field);
      if (!options.personal_data_of().empty()) PersonalData(field, options);
    }
    if (role_ == Role::kCommand && key_ == nullptr) {
      diagnostics_->AddMessage(message_, OptionOf(role_),
                               "the command has no key field: one names its stream");
    }
  }

 private:
  void Add(const FieldDescriptor& field, absl::string_view text) {
    diagnostics_->AddField(field, v1::kFieldFieldNumber, text);
  }

  // Whether `option` means something here; says so when not.
  bool MeansSomething(const FieldDescriptor& field, absl::string_view option, bool means) {
    if (!means) Add(field, absl::StrCat(option, " means nothing in ", WithArticle(role_)));
    return means;
  }

  void Key(const FieldDescriptor& field) {
    if (!MeansSomething(field, "key", role_ == Role::kCommand || role_ == Role::kEvent)) return;
    if (key_ != nullptr) {
      return Add(field, absl::StrCat("is a second key, after ", key_->name()));
    }
    key_ = &field;
    if (field.is_repeated() || !(IsString(field) || IsInteger(field))) {
      Add(field, absl::StrCat("a key is a string or an integer, not ", KindOf(field)));
    } else if (field.has_presence()) {
      Add(field, "a key is always there: neither optional nor in a oneof");
    }
  }

  void Tag(const FieldDescriptor& field) {
    if (!MeansSomething(field, "tag", role_ == Role::kEvent)) return;
    if (field.is_repeated() ||
        !(IsString(field) || IsInteger(field) || IsBool(field) || IsEnum(field))) {
      Add(field,
          absl::StrCat("a tag is a string, an integer, a bool or an enum, not ", KindOf(field)));
    }
  }

  void Indexed(const FieldDescriptor& field) {
    if (!MeansSomething(field, "indexed", role_ == Role::kRow)) return;
    if (field.is_repeated() || (IsMessage(field) && !IsTimestamp(field))) {
      Add(field, absl::StrCat("an indexed field is a scalar or a Timestamp, not ", KindOf(field)));
    } else if (!IsOrdered(field)) {
      Add(field, absl::StrCat("an indexed field has an order, which ", KindOf(field), " lacks"));
    }
  }

  void PersonalData(const FieldDescriptor& field, const v1::FieldOptions& options) {
    if (!MeansSomething(field, "personal_data_of", role_ != Role::kNone)) return;
    if (options.key()) {
      Add(field, "a key cannot be personal data: it stands in names that are never erased");
    }
    if (options.tag()) {
      Add(field, "a tag cannot be personal data: it stands in names that are never erased");
    }
    const std::string& name = options.personal_data_of();
    const FieldDescriptor* subject = message_.FindFieldByName(name);
    if (subject == nullptr) {
      Add(field, absl::StrCat("personal_data_of names field \"", name, "\", which is not there"));
    } else if (subject == &field) {
      Add(field, "personal_data_of names the field itself");
    } else if (subject->is_repeated() || !(IsString(*subject) || IsInteger(*subject))) {
      Add(field,
          absl::StrCat("personal_data_of names field \"", name,
                       "\": a subject's id is a string or an integer, not ", KindOf(*subject)));
    } else if (!OptionsOf(*subject).personal_data_of().empty()) {
      Add(field, absl::StrCat("personal_data_of names field \"", name,
                              "\", which is personal data itself"));
    }
  }

  const Descriptor& message_;
  const Role role_;
  Diagnostics* diagnostics_;
  const FieldDescriptor* key_ = nullptr;
};

}  // namespace

void CheckFieldOptions(const Descriptor& message, Diagnostics* diagnostics) {
  FieldOptionsCheck(message, diagnostics).Run();
}

}  // namespace daybook::generator
