#include "generator.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "checks.h"
#include "diagnostics.h"
#include "emit.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream.h"
#include "model.h"
#include "names.h"

namespace daybook::generator {
namespace {

using google::protobuf::FileDescriptor;
using google::protobuf::compiler::GeneratorContext;

void Write(const std::string& name, const std::string& text, GeneratorContext* context) {
  const std::unique_ptr<google::protobuf::io::ZeroCopyOutputStream> stream(context->Open(name));
  google::protobuf::io::CodedOutputStream(stream.get()).WriteString(text);
}

}  // namespace

bool Generator::GenerateAll(const std::vector<const FileDescriptor*>& files,
                            const std::string& parameter, GeneratorContext* context,
                            std::string* error) const {
  if (!parameter.empty()) {
    *error = absl::StrCat("unknown parameter: ", parameter);
    return false;
  }
  std::vector<Model> models;
  Diagnostics diagnostics;
  for (const FileDescriptor* file : files) {
    models.push_back(ReadModel(*file));
    CheckModel(models.back(), &diagnostics);
  }
  if (!diagnostics.empty()) {
    // protoc writes "--daybook_out: " before it: the places begin on a line of their own.
    *error = absl::StrCat("the contract is broken\n", diagnostics.ToString());
    return false;
  }
  for (const Model& model : models) {
    const Output out = EmitFile(model);
    Write(absl::StrCat(Stem(*model.file), ".daybook.h"), out.header, context);
    Write(absl::StrCat(Stem(*model.file), ".daybook.cc"), out.source, context);
  }
  return true;
}

bool Generator::Generate(const FileDescriptor* file, const std::string& parameter,
                         GeneratorContext* context, std::string* error) const {
  return GenerateAll({file}, parameter, context, error);
}

}  // namespace daybook::generator
