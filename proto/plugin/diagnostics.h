// Collects what is wrong with a .proto, each with its place.
#ifndef DAYBOOK_PROTO_PLUGIN_DIAGNOSTICS_H_
#define DAYBOOK_PROTO_PLUGIN_DIAGNOSTICS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"

namespace daybook::generator {

// The line of the .proto on which `message` begins, from 1.
int LineOf(const google::protobuf::Descriptor& message);

// "Withdraw (bank.proto:12)".
std::string WithPlace(const google::protobuf::Descriptor& message);

class Diagnostics {
 public:
  // At the option `option` (an extension's number) of the message or field; at its own beginning
  // when 0. The text is a sentence's end: "names no aggregate".
  void AddMessage(const google::protobuf::Descriptor& message, int option, absl::string_view text);
  void AddField(const google::protobuf::FieldDescriptor& field, int option, absl::string_view text);

  bool empty() const { return errors_.empty(); }
  // One line each, in the order of the file: "bank.proto:12:3: message Withdraw, field amount: …".
  std::string ToString() const;

 private:
  struct Error {
    std::string file;
    int line = 0;
    int column = 0;
    std::string text;
  };
  std::vector<Error> errors_;
};

}  // namespace daybook::generator

#endif  // DAYBOOK_PROTO_PLUGIN_DIAGNOSTICS_H_
