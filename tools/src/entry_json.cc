#include "entry_json.h"

#include <set>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "daybook/core/errors.h"
#include "daybook/core/status_macros.h"
#include "event_text.h"
#include "nlohmann/json.hpp"
#include "printable.h"

namespace daybook::tools {
namespace {

using nlohmann::ordered_json;

constexpr uint64_t kExportVersion = 1;

// The members of an object, each of which is to be taken. The first thing that is wrong is kept,
// and returned by Finish.
class Members {
 public:
  static absl::StatusOr<Members> Of(absl::string_view line) {
    ordered_json json = ordered_json::parse(line.begin(), line.end(), nullptr,
                                            /*allow_exceptions=*/false);
    if (!json.is_object()) return InvalidFieldError("line", "must be an object of JSON");
    return Members("", std::move(json));
  }
  Members(std::string prefix, ordered_json json)
      : prefix_(std::move(prefix)), json_(std::move(json)) {}

  bool Has(const char* name) const { return json_.contains(name); }

  uint64_t Number(const char* name) {
    const ordered_json* value = Take(name);
    if (value == nullptr) return 0;
    if (!value->is_number_unsigned()) return Refuse(name, "must be a whole number"), 0;
    return value->get<uint64_t>();
  }
  int64_t Signed(const char* name) {
    const ordered_json* value = Take(name);
    if (value == nullptr) return 0;
    if (!value->is_number_integer() ||
        (value->is_number_unsigned() && value->get<uint64_t>() > INT64_MAX)) {
      return Refuse(name, "must be a whole number"), 0;
    }
    return value->get<int64_t>();
  }
  bool Truth(const char* name) {
    const ordered_json* value = Take(name);
    if (value == nullptr) return false;
    if (!value->is_boolean()) return Refuse(name, "must be true or false"), false;
    return value->get<bool>();
  }
  std::string Text(const char* name) {
    const ordered_json* value = Take(name);
    if (value == nullptr) return "";
    if (!value->is_string()) return Refuse(name, "must be text"), "";
    return value->get<std::string>();
  }
  std::string Base64(const char* name) {
    std::string bytes;
    if (!absl::Base64Unescape(Text(name), &bytes)) Refuse(name, "must be base64");
    return bytes;
  }
  Uuid Id(const char* name) {
    const absl::StatusOr<Uuid> id = Uuid::Parse(Text(name));
    if (!id.ok()) Refuse(name, "must be a UUID");
    return id.value_or(Uuid());
  }
  // nullptr unless it is there and of that type.
  const ordered_json* Array(const char* name) {
    const ordered_json* value = Take(name);
    if (value == nullptr) return nullptr;
    if (!value->is_array()) return Refuse(name, "must be an array"), nullptr;
    return value;
  }
  Members Object(const char* name) {
    const ordered_json* value = Take(name);
    if (value != nullptr && !value->is_object()) Refuse(name, "must be an object");
    return Members(absl::StrCat(prefix_, name, "."),
                   value != nullptr && value->is_object() ? *value : ordered_json::object());
  }

  void Refuse(const char* name, absl::string_view rule) {
    if (status_.ok()) status_ = InvalidFieldError(prefix_ + name, rule);
  }
  absl::Status Finish() const {
    DAYBOOK_RETURN_IF_ERROR(status_);
    for (const auto& [name, value] : json_.items()) {
      if (!taken_.contains(name)) {
        return InvalidFieldError(prefix_ + name, "is not known to this version");
      }
    }
    return absl::OkStatus();
  }

 private:
  const ordered_json* Take(const char* name) {
    taken_.insert(name);
    const auto it = json_.find(name);
    if (it != json_.end()) return &*it;
    Refuse(name, "is missing");
    return nullptr;
  }

  std::string prefix_;
  ordered_json json_;
  std::set<std::string> taken_;
  absl::Status status_;
};

std::string OptionalText(Members& from, const char* name) {
  return from.Has(name) ? from.Text(name) : "";
}

Uuid OptionalId(Members& from, const char* name) {
  return from.Has(name) ? from.Id(name) : Uuid();
}

absl::StatusOr<Metadata> ParseMetadata(Members members) {
  Metadata metadata;
  metadata.command_id = OptionalId(members, "command_id");
  metadata.correlation_id = OptionalId(members, "correlation_id");
  metadata.causation_id = OptionalId(members, "causation_id");
  metadata.actor = OptionalText(members, "actor");
  metadata.producer = OptionalText(members, "producer");
  metadata.trace_context = OptionalText(members, "trace_context");
  metadata.content_type = OptionalText(members, "content_type");
  metadata.key_id = OptionalText(members, "key_id");
  const ordered_json* const tags = members.Has("tags") ? members.Array("tags") : nullptr;
  for (const ordered_json& tag : tags != nullptr ? *tags : ordered_json::array()) {
    if (!tag.is_string()) {
      members.Refuse("tags", "must be texts");
      break;
    }
    metadata.tags.push_back(tag.get<std::string>());
  }
  const ordered_json* const free = members.Has("free") ? members.Array("free") : nullptr;
  for (const ordered_json& entry : free != nullptr ? *free : ordered_json::array()) {
    if (!entry.is_array() || entry.size() != 2 || !entry[0].is_string() || !entry[1].is_string()) {
      members.Refuse("free", "must be pairs of texts");
      break;
    }
    metadata.free.emplace_back(entry[0].get<std::string>(), entry[1].get<std::string>());
  }
  DAYBOOK_RETURN_IF_ERROR(members.Finish());
  return metadata;
}

absl::StatusOr<RemovedPayload> ParseRemoved(Members members) {
  RemovedPayload removed;
  const uint64_t size = members.Number("bytes");
  if (size > UINT32_MAX) members.Refuse("bytes", "is too large");
  removed.size = static_cast<uint32_t>(size);
  removed.digest_hex = members.Text("sha256");
  DAYBOOK_RETURN_IF_ERROR(members.Finish());
  return removed;
}

}  // namespace

std::string HeadingJson(const ExportHeading& heading) {
  return JsonLine({{"daybook_export", kExportVersion},
                   {"events", heading.events},
                   {"chain", heading.chain_hex}});
}

std::string EntryJson(const LogEntry& entry) {
  const Event& event = entry.event;
  ordered_json json = {
      {"position", entry.position.sequence()},
      {"stream", entry.stream},
      {"version", entry.version},
      {"id", event.id.ToString()},
      {"id_given", entry.id_given},
      {"type", event.type},
      {"schema_version", event.schema_version},
      {"recorded_micros", absl::ToUnixMicros(entry.recorded_time)},
      {"metadata", MetadataJson(event.metadata)},
      {"sealed", event.encoding == PayloadEncoding::kSealed},
  };
  if (entry.removed.has_value()) {
    json["removed"] = {{"bytes", entry.removed->size}, {"sha256", entry.removed->digest_hex}};
  } else {
    json["payload"] = absl::Base64Escape(event.payload);
  }
  if (!entry.commit_chain_hex.empty()) json["chain"] = entry.commit_chain_hex;
  return JsonLine(json);
}

absl::StatusOr<ExportHeading> ParseHeading(absl::string_view line) {
  DAYBOOK_ASSIGN_OR_RETURN(Members members, Members::Of(line));
  if (!members.Has("daybook_export")) {
    return InvalidFieldError("daybook_export", "is missing: the file is no export");
  }
  if (members.Number("daybook_export") != kExportVersion) {
    return InvalidFieldError("daybook_export",
                             absl::StrCat("must be ", kExportVersion, ": use a newer Daybook"));
  }
  ExportHeading heading{.events = members.Number("events"), .chain_hex = members.Text("chain")};
  DAYBOOK_RETURN_IF_ERROR(members.Finish());
  return heading;
}

absl::StatusOr<LogEntry> ParseEntry(absl::string_view line) {
  DAYBOOK_ASSIGN_OR_RETURN(Members members, Members::Of(line));
  LogEntry entry;
  Event& event = entry.event;
  entry.position = Position(members.Number("position"));
  entry.stream = members.Text("stream");
  entry.version = members.Number("version");
  event.id = members.Id("id");
  entry.id_given = members.Truth("id_given");
  event.type = members.Text("type");
  const uint64_t schema_version = members.Number("schema_version");
  if (schema_version > UINT16_MAX) members.Refuse("schema_version", "must be 1 to 65535");
  event.schema_version = static_cast<uint32_t>(schema_version);
  entry.recorded_time = absl::FromUnixMicros(members.Signed("recorded_micros"));
  event.encoding = members.Truth("sealed") ? PayloadEncoding::kSealed : PayloadEncoding::kPlain;
  DAYBOOK_ASSIGN_OR_RETURN(event.metadata, ParseMetadata(members.Object("metadata")));
  if (members.Has("removed")) {
    DAYBOOK_ASSIGN_OR_RETURN(entry.removed, ParseRemoved(members.Object("removed")));
  } else {
    event.payload = members.Base64("payload");
  }
  if (members.Has("chain")) {
    entry.commit_chain_hex = members.Text("chain");
    if (entry.commit_chain_hex.empty()) members.Refuse("chain", "must be 64 hexadecimal digits");
  }
  DAYBOOK_RETURN_IF_ERROR(members.Finish());
  return entry;
}

}  // namespace daybook::tools
