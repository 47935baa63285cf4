#include "daybook/aggregates/schema_check.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "daybook/core/codec.h"
#include "daybook/core/errors.h"
#include "daybook/core/event_survey.h"
#include "daybook/core/limits.h"
#include "daybook/core/schema_catalog.h"
#include "daybook/core/schema_rules.h"
#include "daybook/core/status_macros.h"
#include "daybook/core/stream_name.h"
#include "registered_aggregate.h"
#include "stream_loader.h"

namespace daybook {
namespace internal {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::Message;
using google::protobuf::MessageFactory;

class SchemaCheck {
 public:
  SchemaCheck(const StoreReader& reader, const SchemaCatalog& catalog,
              const AppRegistrations& registrations)
      : reader_(reader), catalog_(catalog) {
    for (const AggregateRegistration& registration : registrations.aggregates) {
      const AggregateDefinition* const definition = registration.definition;
      aggregates_.push_back(std::make_unique<RegisteredAggregate>(definition));
      for (const EventDefinition& event : definition->events) {
        known_[std::string(event.type)][event.schema_version] = {event.descriptor, nullptr};
      }
      Know(definition->past_events);
    }
    for (const ProjectionRegistration& projection : registrations.projections) {
      for (const HandledEvent& event : projection.definition->handled()) {
        known_[event.type][event.schema_version] = {event.prototype->GetDescriptor(), nullptr};
      }
      Know(projection.definition->past());
    }
  }

  absl::StatusOr<SchemaReport> Run() {
    DAYBOOK_ASSIGN_OR_RETURN(const std::vector<SurveyedEvents> survey, SurveyEvents(reader_));
    report_.schemas = survey.size();
    for (const SurveyedEvents& events : survey) {
      report_.events += events.events;
      if (absl::StartsWith(events.type, "$")) continue;  // the store's own
      if (const Schema* schema = Find(events)) {
        Compare(events, *schema->descriptor);
        if (events.sample.has_value()) DAYBOOK_RETURN_IF_ERROR(Read(events, *schema));
      }
    }
    return std::move(report_);
  }

 private:
  // What this build has for a type and schema version.
  struct Schema {
    const Descriptor* descriptor = nullptr;
    const PastEvent* past = nullptr;  // nullptr: of today
  };

  void Know(const std::vector<PastEvent>& events) {
    for (const PastEvent& event : events) {
      known_[std::string(event.type)][event.schema_version] = {event.descriptor, &event};
    }
  }

  void Add(const SurveyedEvents& events, std::string message, std::string field, std::string rule) {
    report_.findings.push_back({events.type, events.schema_version, std::move(message),
                                std::move(field), std::move(rule)});
  }

  // nullptr, and a finding, when this build does not know it.
  const Schema* Find(const SurveyedEvents& events) {
    const auto type = known_.find(events.type);
    if (type == known_.end()) {
      Add(events, "", "",
          "is known to no aggregate or view of this build: an event that is emitted no more stays "
          "in the .proto as past, and has an Upcast");
      return nullptr;
    }
    const auto schema = type->second.find(events.schema_version);
    if (schema != type->second.end()) return &schema->second;
    const uint32_t newest = type->second.rbegin()->first;
    Add(events, "", "",
        events.schema_version > newest
            ? absl::StrCat("is newer than version ", newest, ", the newest of this build")
            : absl::StrCat("has no upcaster: this build knows version ", newest));
    return nullptr;
  }

  void Compare(const SurveyedEvents& events, const Descriptor& today) {
    const Descriptor* const recorded = catalog_.Find(events.type, events.schema_version);
    if (recorded == nullptr) return;
    for (SchemaBreach& breach : CompareSchemas(*recorded, today)) {
      Add(events, std::move(breach.message), std::move(breach.field), std::move(breach.rule));
    }
  }

  // The sample, by its aggregate where there is one: with everything else in its stream.
  absl::Status Read(const SurveyedEvents& events, const Schema& schema) {
    ReadLogOptions one;
    one.from = Position(events.sample->sequence() - 1, events.sample->partition());
    one.limit = 1;
    DAYBOOK_ASSIGN_OR_RETURN(const EventBatch batch, reader_.ReadLog(one));
    const RecordedEvent& sample = batch.front();
    const std::string stream(sample.stream);
    const RegisteredAggregate* const aggregate = AggregateOf(CategoryOf(stream));
    // What is gone from its stream is folded no more, but is read by whoever reads the log.
    DAYBOOK_ASSIGN_OR_RETURN(const StreamStart start, reader_.FindStart(stream));
    if (aggregate == nullptr || sample.version < start.first) {
      if (const absl::Status status = Decode(sample, schema); !status.ok()) {
        Add(events, "", "", absl::StrCat("cannot be read: ", status.message()));
      }
      return absl::OkStatus();
    }
    if (!folded_.insert(stream).second) return absl::OkStatus();
    std::unique_ptr<Message> state(aggregate->definition->default_state->New());
    const absl::Status status =
        LoadStream(reader_, /*snapshots=*/nullptr, *aggregate, stream, kMaxVersion, state.get())
            .status();
    ++report_.streams_folded;
    if (!status.ok() && !IsFound(status)) {
      Add(events, "", "",
          absl::StrCat("is in ", stream, ", which cannot be folded: ", status.message()));
    }
    return absl::OkStatus();
  }

  static absl::Status Decode(const RecordedEvent& sample, const Schema& schema) {
    if (schema.past != nullptr) return schema.past->read(sample).status();
    const Message* const prototype =
        MessageFactory::generated_factory()->GetPrototype(schema.descriptor);
    const std::unique_ptr<Message> message(prototype->New());
    return DecodeEvent(sample, sample.schema_version, message.get());
  }

  // Whether the schema that a fold met and did not know is a finding already, or will be.
  bool IsFound(const absl::Status& status) const {
    const auto unknown = ErrorPayload<v1::UnknownEvent>(status);
    if (!unknown.has_value()) return false;
    const auto type = known_.find(unknown->type());
    return type == known_.end() || type->second.count(unknown->schema_version()) == 0;
  }

  const RegisteredAggregate* AggregateOf(absl::string_view category) const {
    for (const auto& aggregate : aggregates_) {
      if (aggregate->definition->category == category) return aggregate.get();
    }
    return nullptr;
  }

  const StoreReader& reader_;
  const SchemaCatalog& catalog_;
  std::vector<std::unique_ptr<RegisteredAggregate>> aggregates_;
  std::map<std::string, std::map<uint32_t, Schema>> known_;
  std::set<std::string> folded_;
  SchemaReport report_;
};

}  // namespace

absl::StatusOr<SchemaReport> CheckSchemaOf(const EventStore& store,
                                           const AppRegistrations& registrations) {
  DAYBOOK_ASSIGN_OR_RETURN(const std::unique_ptr<SchemaCatalog> catalog,
                           SchemaCatalog::Load(store));
  const std::shared_ptr<const StoreReader> reader = store.Reader();
  return SchemaCheck(*reader, *catalog, registrations).Run();
}

}  // namespace internal

std::string SchemaFinding::ToString() const {
  std::string subject = message;
  if (!field.empty()) absl::StrAppend(&subject, ".", field);
  return absl::StrCat(type, " version ", schema_version, subject.empty() ? " " : ": ", subject,
                      subject.empty() ? "" : " ", rule);
}

std::string SchemaReport::ToString() const {
  std::string text;
  for (const SchemaFinding& finding : findings) {
    absl::StrAppend(&text, finding.ToString(), "\n");
  }
  absl::StrAppend(&text, findings.size(), " findings in ", schemas, " schemas of ", events,
                  " events; ", streams_folded, " streams folded\n");
  return text;
}

}  // namespace daybook
