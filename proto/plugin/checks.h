// Every rule that a .proto must keep; a breach fails generation and says where and what.
#ifndef DAYBOOK_PROTO_PLUGIN_CHECKS_H_
#define DAYBOOK_PROTO_PLUGIN_CHECKS_H_

#include "diagnostics.h"
#include "google/protobuf/descriptor.h"
#include "model.h"

namespace daybook::generator {

// All of them.
void CheckModel(const Model& model, Diagnostics* diagnostics);

// One role for each message, proto3, and that each names an aggregate that is there.
void CheckRoles(const Model& model, Diagnostics* diagnostics);
// Names, categories, what an aggregate needs, what a projection reads.
void CheckAggregates(const Model& model, Diagnostics* diagnostics);
void CheckProjections(const Model& model, Diagnostics* diagnostics);
// Names of indexes, and that their fields are there and have an order.
void CheckIndexes(const google::protobuf::Descriptor& row, Diagnostics* diagnostics);
// Stable names and schema versions.
void CheckEvents(const Model& model, Diagnostics* diagnostics);
// No map field in what is stored as a state or row, however deep.
void CheckMaps(const Model& model, Diagnostics* diagnostics);
// Keys, tags, indexes and personal data: what may carry them, and on what.
void CheckFieldOptions(const google::protobuf::Descriptor& message, Diagnostics* diagnostics);
// Field rules: where they are checked at all, on which types, and that they can be kept.
void CheckFieldRules(const google::protobuf::Descriptor& message, Diagnostics* diagnostics);

}  // namespace daybook::generator

#endif  // DAYBOOK_PROTO_PLUGIN_CHECKS_H_
