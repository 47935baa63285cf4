// What a field is, for the checks and in their words.
#ifndef DAYBOOK_PROTO_PLUGIN_FIELD_KINDS_H_
#define DAYBOOK_PROTO_PLUGIN_FIELD_KINDS_H_

#include <string>

#include "google/protobuf/descriptor.h"
#include "model.h"

namespace daybook::generator {

bool IsString(const google::protobuf::FieldDescriptor& field);
bool IsBytes(const google::protobuf::FieldDescriptor& field);
// Any of the ten integer types; neither bool nor enum.
bool IsInteger(const google::protobuf::FieldDescriptor& field);
bool IsFloating(const google::protobuf::FieldDescriptor& field);
bool IsBool(const google::protobuf::FieldDescriptor& field);
bool IsEnum(const google::protobuf::FieldDescriptor& field);
bool IsMessage(const google::protobuf::FieldDescriptor& field);
// google.protobuf.Timestamp.
bool IsTimestamp(const google::protobuf::FieldDescriptor& field);

// What an index may be of: a string, bytes, an integer, a bool, an enum or a Timestamp, not
// repeated.
bool IsOrdered(const google::protobuf::FieldDescriptor& field);

// "a double", "repeated string", "a map", "message Address".
std::string KindOf(const google::protobuf::FieldDescriptor& field);
// "an event", "a command".
std::string WithArticle(Role role);

}  // namespace daybook::generator

#endif  // DAYBOOK_PROTO_PLUGIN_FIELD_KINDS_H_
