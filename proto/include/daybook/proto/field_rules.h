// The field rules of options.proto at run time. Generated code states each rule as a condition and
// its words; what stands here is what those conditions need.
#ifndef DAYBOOK_PROTO_FIELD_RULES_H_
#define DAYBOOK_PROTO_FIELD_RULES_H_

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace daybook {

// Where a message stands, from the command down. Lives on the stack: a path costs nothing until a
// rule is broken.
struct FieldPath {
  // The message's short name at the root, the field's name below.
  absl::string_view name;
  const FieldPath* parent = nullptr;
  // The item of a repeated field; negative when it is none.
  int index = -1;

  // "Apply.items[2].zip".
  std::string ToString() const;
};

// Generated for every command and every message that a command can hold:
//   static absl::Status Check(const M&, const FieldPath& path);
// the first rule broken, in field order, as InvalidArgument with an InvalidField.
template <typename M>
struct FieldRules;

namespace internal {

// InvalidArgument "<field>: <rule>" with the payload InvalidField{field, rule}.
absl::Status BrokenRule(const FieldPath& field, absl::string_view rule);

// Whether `text` is well-formed UTF-8, which Protobuf demands of a string when it reads it back.
bool IsUtf8(absl::string_view text);

// The number of code points of a well-formed `text`.
size_t CodePoints(absl::string_view text);

// A POSIX extended regular expression, compiled once; bytes are matched, in the "C" locale.
// Immutable and thread-safe after construction.
class Pattern {
 public:
  // `expression` has been compiled by the generator: one that does not compile ends the process.
  explicit Pattern(const char* expression);
  ~Pattern();
  Pattern(const Pattern&) = delete;
  Pattern& operator=(const Pattern&) = delete;

  // Whether it matches somewhere in `text`, which may hold NUL.
  bool Matches(absl::string_view text) const;

 private:
  struct Compiled;
  Compiled* compiled_;
};

}  // namespace internal
}  // namespace daybook

#endif  // DAYBOOK_PROTO_FIELD_RULES_H_
