#include "event_text.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "printable.h"

namespace daybook::tools {
namespace {

using nlohmann::ordered_json;

struct Content {
  const char* kind = "bytes";
  ordered_json payload;  // null: none
  std::string problem;
};

Content Bytes(const char* kind, const RecordedEvent& event, std::string problem = "") {
  return {kind, absl::Base64Escape(event.payload), std::move(problem)};
}

// Discarded where `text` is no JSON.
ordered_json ParseJson(absl::string_view text) {
  return ordered_json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
}

Content ContentOf(const RecordedEvent& event, const SchemaCatalog& catalog) {
  if (event.removed) return {"removed", nullptr, ""};
  if (event.encoding == PayloadEncoding::kSealed) return Bytes("sealed", event);
  const absl::string_view content_type = event.metadata.content_type();
  if (content_type == "application/json") {
    ordered_json json = ParseJson(event.payload);
    if (json.is_discarded()) return Bytes("bytes", event, "the payload is no JSON");
    return {"json", std::move(json), ""};
  }
  if (!content_type.empty()) return Bytes("bytes", event);
  const absl::StatusOr<std::string> text = catalog.DecodeToJson(event);
  if (!text.ok()) return Bytes("bytes", event, std::string(text.status().message()));
  ordered_json json = ParseJson(*text);
  if (json.is_discarded()) return Bytes("bytes", event, "the message has no JSON form");
  return {"message", std::move(json), ""};
}

void AddText(ordered_json& to, const char* name, absl::string_view text) {
  if (!text.empty()) to[name] = std::string(text);
}

void AddId(ordered_json& to, const char* name, const Uuid& id) {
  if (!id.is_nil()) to[name] = id.ToString();
}

}  // namespace

ordered_json MetadataJson(const Metadata& metadata) {
  ordered_json json = ordered_json::object();
  AddId(json, "command_id", metadata.command_id);
  AddId(json, "correlation_id", metadata.correlation_id);
  AddId(json, "causation_id", metadata.causation_id);
  AddText(json, "actor", metadata.actor);
  AddText(json, "producer", metadata.producer);
  AddText(json, "trace_context", metadata.trace_context);
  AddText(json, "content_type", metadata.content_type);
  AddText(json, "key_id", metadata.key_id);
  if (!metadata.tags.empty()) json["tags"] = metadata.tags;
  // A key may stand more than once, so this is no object.
  if (!metadata.free.empty()) json["free"] = metadata.free;
  return json;
}

namespace {

std::string PayloadText(const Content& content) {
  if (content.payload.is_null()) return absl::StrCat("(", content.kind, ")");
  std::string text = JsonLine(content.payload);
  text.pop_back();
  const absl::string_view kind = content.kind;
  return kind == "message" || kind == "json" ? text : absl::StrCat("(", kind, ") ", text);
}

}  // namespace

std::string TimeText(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", time, absl::UTCTimeZone());
}

ordered_json HeaderJson(const EventHeader& event) {
  return {
      {"position", event.position.sequence()},
      {"stream", event.stream},
      {"version", event.version},
      {"id", event.id.ToString()},
      {"type", event.type},
      {"schema_version", event.schema_version},
      {"recorded_time", TimeText(event.recorded_time)},
      {"metadata", MetadataJson(event.metadata)},
  };
}

std::string EventJson(const RecordedEvent& event, const SchemaCatalog& catalog) {
  Content content = ContentOf(event, catalog);
  ordered_json json = HeaderJson(HeaderOf(event));
  json["content"] = content.kind;
  if (!content.problem.empty()) json["problem"] = content.problem;
  if (!event.removed) json["payload"] = std::move(content.payload);
  return JsonLine(json);
}

std::string EventText(const RecordedEvent& event, const SchemaCatalog& catalog) {
  return absl::StrCat(event.position.ToString(), "  ", TimeText(event.recorded_time), "  ",
                      Printable(event.stream), "@", event.version, "  ", Printable(event.type),
                      "  ", PayloadText(ContentOf(event, catalog)), "\n");
}

}  // namespace daybook::tools
