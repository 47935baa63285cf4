// Writes C++ from a sound model. Each function appends one declaration to the text of
// <stem>.daybook.h, and its definitions to that of <stem>.daybook.cc.
#ifndef DAYBOOK_PROTO_PLUGIN_EMIT_H_
#define DAYBOOK_PROTO_PLUGIN_EMIT_H_

#include <string>

#include "google/protobuf/descriptor.h"
#include "model.h"

namespace daybook::generator {

struct Output {
  std::string header;
  std::string source;
};

// The whole pair of files.
Output EmitFile(const Model& model);

// struct AccountAggregate, in the namespace of the package.
void EmitAggregate(const Aggregate& aggregate, Output* out);
// struct BalanceProjection, in the namespace of the package.
void EmitProjection(const Projection& projection, Output* out);
// What it has where its row has indexes, inside of that struct.
void EmitIndexes(const Projection& projection, std::string* header);
// MessageTraits<M> of a message with a role, in namespace daybook.
void EmitTraits(const google::protobuf::Descriptor& message, Output* out);
// Fields<M>, in namespace daybook.
void EmitFields(const google::protobuf::Descriptor& message, Output* out);
// FieldRules<M>, in namespace daybook, for a message that HasFieldRules.
void EmitFieldRules(const google::protobuf::Descriptor& message, Output* out);

// Whether FieldRules<M> is generated: for commands and for plain messages, in the files that
// speak of Daybook.
bool HasFieldRules(const google::protobuf::Descriptor& message);

}  // namespace daybook::generator

#endif  // DAYBOOK_PROTO_PLUGIN_EMIT_H_
