#include "daybook/core/schema_catalog.h"

#include <map>
#include <optional>
#include <set>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "coding.h"
#include "daybook/core/codec.h"
#include "daybook/core/errors.h"
#include "daybook/core/status_macros.h"
#include "daybook/core/stream_name.h"
#include "daybook/v1/schema.pb.h"
#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/dynamic_message.h"
#include "google/protobuf/util/json_util.h"
#include "sha256.h"
#include "stream_lifecycles.h"

namespace daybook {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::DynamicMessageFactory;
using google::protobuf::FileDescriptor;
using google::protobuf::FileDescriptorSet;
using google::protobuf::Message;

constexpr absl::string_view kTable = "$schemas";
constexpr char kSchemaPrefix = 's';
constexpr char kFilesPrefix = 'f';
constexpr uint32_t kMaxSchemaVersion = 0xffff;

std::string SchemaKey(absl::string_view type, uint32_t schema_version) {
  std::string key = absl::StrCat(std::string(1, kSchemaPrefix), type, std::string(1, '\0'));
  internal::AppendBig(static_cast<uint16_t>(schema_version), &key);
  return key;
}

std::string FilesKey(absl::string_view digest) {
  return absl::StrCat(std::string(1, kFilesPrefix), digest);
}

void AddWithImports(const FileDescriptor* file, std::set<const FileDescriptor*>* seen,
                    FileDescriptorSet* files) {
  if (!seen->insert(file).second) return;
  for (int i = 0; i < file->dependency_count(); ++i) {
    AddWithImports(file->dependency(i), seen, files);
  }
  file->CopyTo(files->add_file());
}

// The rows that keep `schemas`, by key.
absl::StatusOr<std::map<std::string, std::string>> RowsOf(absl::Span<const EventSchema> schemas) {
  std::map<std::string, std::string> rows;
  std::map<const FileDescriptor*, std::string> digests;
  for (const EventSchema& schema : schemas) {
    DAYBOOK_RETURN_IF_ERROR(ValidateTypeName(schema.type, "schema.type"));
    if (schema.schema_version < 1 || schema.schema_version > kMaxSchemaVersion) {
      return InvalidFieldError("schema.schema_version", "1 to 65535");
    }
    if (schema.descriptor == nullptr) return InvalidFieldError("schema.descriptor", "required");
    std::string& digest = digests[schema.descriptor->file()];
    if (digest.empty()) {
      FileDescriptorSet files;
      std::set<const FileDescriptor*> seen;
      AddWithImports(schema.descriptor->file(), &seen, &files);
      std::string bytes = EncodeMessage(files);
      digest = std::string(internal::DigestBytes(internal::Sha256::Of(bytes)));
      rows[FilesKey(digest)] = std::move(bytes);
    }
    v1::EventSchemaRow row;
    row.set_message(schema.descriptor->full_name());
    row.set_files_digest(digest);
    const auto [at, inserted] =
        rows.emplace(SchemaKey(schema.type, schema.schema_version), EncodeMessage(row));
    if (!inserted && at->second != EncodeMessage(row)) {
      return InvalidFieldError(
          "schema", absl::StrCat("one descriptor for each version of a type: ", schema.type,
                                 " has two for ", schema.schema_version));
    }
  }
  return rows;
}

absl::Status RowDamage(absl::string_view detail) {
  return DamageError("row", Position::Start(), absl::StrCat("table $schemas: ", detail));
}

}  // namespace

struct SchemaCatalog::State {
  // The files of one set, and the messages made from them.
  struct Files {
    static absl::StatusOr<std::unique_ptr<Files>> Build(absl::string_view digest,
                                                        absl::string_view bytes);
    DescriptorPool pool;
    DynamicMessageFactory messages{&pool};
  };

  absl::flat_hash_map<std::string, std::unique_ptr<Files>> files;  // by digest
  // The empty message of each, to make others from.
  std::map<std::pair<std::string, uint32_t>, const Message*> schemas;

  absl::Status AddSchema(absl::string_view key, absl::string_view value);
};

absl::StatusOr<std::unique_ptr<SchemaCatalog::State::Files>> SchemaCatalog::State::Files::Build(
    absl::string_view digest, absl::string_view bytes) {
  if (internal::DigestBytes(internal::Sha256::Of(bytes)) != digest) {
    return RowDamage("a set of files whose SHA-256 is not its key");
  }
  FileDescriptorSet set;
  if (!set.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return RowDamage("a set of files that does not parse");
  }
  auto files = std::make_unique<Files>();
  for (const auto& file : set.file()) {
    if (files->pool.BuildFile(file) == nullptr) {
      return RowDamage(absl::StrCat("file ", file.name(), " cannot be built"));
    }
  }
  return files;
}

absl::Status SchemaCatalog::State::AddSchema(absl::string_view key, absl::string_view value) {
  v1::EventSchemaRow row;
  if (key.size() < 4 || key[key.size() - 3] != '\0' ||
      !row.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
    return RowDamage("a schema that does not parse");
  }
  const std::string type(key.substr(1, key.size() - 4));
  const uint32_t version = internal::LoadBig<uint16_t>(key.data() + key.size() - 2);
  const auto found = files.find(row.files_digest());
  const Descriptor* descriptor =
      found == files.end() ? nullptr : found->second->pool.FindMessageTypeByName(row.message());
  if (descriptor == nullptr) {
    return RowDamage(absl::StrCat("no descriptor of ", row.message(), " for ", type));
  }
  schemas[{type, version}] = found->second->messages.GetPrototype(descriptor);
  return absl::OkStatus();
}

absl::Status SchemaCatalog::Register(EventStore* store, absl::Span<const EventSchema> schemas) {
  absl::StatusOr<std::map<std::string, std::string>> rows = RowsOf(schemas);
  DAYBOOK_RETURN_IF_ERROR(rows.status());
  if (rows->empty()) return absl::OkStatus();
  DAYBOOK_ASSIGN_OR_RETURN(const TableId table, store->OpenTable(kTable));
  const std::shared_ptr<const StoreReader> reader = store->Reader();
  Commit commit;
  for (auto& [key, value] : *rows) {
    absl::StatusOr<std::optional<std::string>> existing = reader->GetRow(table, key);
    DAYBOOK_RETURN_IF_ERROR(existing.status());
    if (existing->has_value() && **existing == value) continue;
    commit.writes.push_back({table, key, std::move(value)});
  }
  return commit.writes.empty() ? absl::OkStatus() : store->Append(std::move(commit)).status();
}

absl::StatusOr<std::unique_ptr<SchemaCatalog>> SchemaCatalog::Load(const EventStore& store) {
  auto state = std::make_unique<State>();
  const std::optional<TableId> table = FindTable(store, kTable);
  if (table.has_value()) {
    absl::Status status;
    // The sets stand before the schemas: 'f' < 's'.
    const auto visit = [&](absl::string_view key, absl::string_view value) {
      if (!key.empty() && key[0] == kFilesPrefix) {
        const absl::string_view digest = key.substr(1);
        absl::StatusOr<std::unique_ptr<State::Files>> files = State::Files::Build(digest, value);
        status.Update(files.status());
        if (files.ok()) state->files[std::string(digest)] = *std::move(files);
      } else if (!key.empty() && key[0] == kSchemaPrefix) {
        status.Update(state->AddSchema(key, value));
      } else {
        status.Update(RowDamage("an unknown row"));
      }
      return status.ok();
    };
    DAYBOOK_RETURN_IF_ERROR(store.Reader()->ScanRows(*table, ScanOptions(), visit));
    DAYBOOK_RETURN_IF_ERROR(status);
  }
  return std::unique_ptr<SchemaCatalog>(new SchemaCatalog(std::move(state)));
}

SchemaCatalog::SchemaCatalog(std::unique_ptr<State> state) : state_(std::move(state)) {}
SchemaCatalog::~SchemaCatalog() = default;

std::vector<std::pair<std::string, uint32_t>> SchemaCatalog::Schemas() const {
  std::vector<std::pair<std::string, uint32_t>> names;
  for (const auto& [name, prototype] : state_->schemas) names.push_back(name);
  return names;
}

const Descriptor* SchemaCatalog::Find(absl::string_view type, uint32_t schema_version) const {
  const auto found = state_->schemas.find({std::string(type), schema_version});
  return found == state_->schemas.end() ? nullptr : found->second->GetDescriptor();
}

absl::StatusOr<std::unique_ptr<Message>> SchemaCatalog::Decode(const RecordedEvent& event) const {
  if (event.type == internal::kMetadataType) {  // the store's own
    auto metadata = std::make_unique<v1::StreamMetadata>();
    DAYBOOK_RETURN_IF_ERROR(DecodeEvent(event, event.schema_version, metadata.get()));
    return metadata;
  }
  const auto found = state_->schemas.find({std::string(event.type), event.schema_version});
  if (found == state_->schemas.end()) {
    return absl::NotFoundError(absl::StrCat("the store keeps no schema of ", event.type,
                                            " version ", event.schema_version));
  }
  std::unique_ptr<Message> message(found->second->New());
  DAYBOOK_RETURN_IF_ERROR(DecodeEvent(event, event.schema_version, message.get()));
  return message;
}

absl::StatusOr<std::string> SchemaCatalog::DecodeToJson(const RecordedEvent& event) const {
  DAYBOOK_ASSIGN_OR_RETURN(const std::unique_ptr<Message> message, Decode(event));
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(*message, &json, options);
  if (!status.ok()) {
    return DamageError("event", event.position,
                       absl::StrCat(event.type, " has no JSON form: ", status.ToString()));
  }
  return json;
}

}  // namespace daybook
