// protoc-gen-daybook: <stem>.daybook.h and <stem>.daybook.cc from the options of a .proto.
#ifndef DAYBOOK_PROTO_PLUGIN_GENERATOR_H_
#define DAYBOOK_PROTO_PLUGIN_GENERATOR_H_

#include <string>
#include <vector>

#include "google/protobuf/compiler/code_generator.h"

namespace daybook::generator {

class Generator : public google::protobuf::compiler::CodeGenerator {
 public:
  // Checks all files before it writes the first one. `error` names every breach, a line each.
  bool GenerateAll(const std::vector<const google::protobuf::FileDescriptor*>& files,
                   const std::string& parameter,
                   google::protobuf::compiler::GeneratorContext* context,
                   std::string* error) const override;
  bool Generate(const google::protobuf::FileDescriptor* file, const std::string& parameter,
                google::protobuf::compiler::GeneratorContext* context,
                std::string* error) const override;
  uint64_t GetSupportedFeatures() const override { return FEATURE_PROTO3_OPTIONAL; }
};

}  // namespace daybook::generator

#endif  // DAYBOOK_PROTO_PLUGIN_GENERATOR_H_
