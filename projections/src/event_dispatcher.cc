#include "event_dispatcher.h"

#include <algorithm>

#include "daybook/core/codec.h"
#include "daybook/core/status_macros.h"

namespace daybook::internal {

absl::Status Reading::Decode(const RecordedEvent& event) {
  if (message_ != nullptr) return DecodeEvent(event, schema_version_, message_.get());
  if (past_ == nullptr) return UnknownVersionError(event, newest_);
  for (Target& target : targets_) target.handlings.clear();
  DAYBOOK_ASSIGN_OR_RETURN(todays_, past_->read(event));
  for (const TodaysEvent& today : todays_) {
    const auto handlers = handlers_.find(today.type);
    if (handlers == handlers_.end()) continue;
    for (const Handler& handler : handlers->second) {
      targets_[handler.target].handlings.push_back({handler.handler, today.message.get()});
    }
  }
  return absl::OkStatus();
}

Reading::Target& Reading::TargetOf(size_t reader) {
  // A definition is added as a whole, so that the reader is the last one or new.
  if (targets_.empty() || targets_.back().reader != reader) targets_.push_back({reader, {}, {}});
  return targets_.back();
}

Reading& EventDispatcher::Type::Of(uint32_t schema_version) {
  for (const std::unique_ptr<Reading>& reading : readings) {
    if (reading->schema_version_ == schema_version) return *reading;
  }
  readings.push_back(std::make_unique<Reading>());
  readings.back()->schema_version_ = schema_version;
  unknown.newest_ = std::max(unknown.newest_, schema_version);
  return *readings.back();
}

EventDispatcher::Type& EventDispatcher::TypeOf(const std::string& name) {
  std::unique_ptr<Type>& type = types_[name];
  if (type == nullptr) {
    type = std::make_unique<Type>();
    type->name = name;
  }
  type->unknown.TargetOf(readers_);
  return *type;
}

void EventDispatcher::Add(const ProjectionDefinition& definition) {
  const std::vector<HandledEvent>& handled = definition.handled();
  for (size_t i = 0; i < handled.size(); ++i) {
    Reading& reading = TypeOf(handled[i].type).Of(handled[i].schema_version);
    if (reading.message_ == nullptr) reading.message_.reset(handled[i].prototype->New());
    Reading::Target& target = reading.TargetOf(readers_);
    target.handlers.push_back(i);
    target.handlings.push_back({i, reading.message_.get()});
  }
  for (const PastEvent& past : definition.past()) {
    Reading& reading = TypeOf(std::string(past.type)).Of(past.schema_version);
    reading.past_ = &past;
    Reading::Target& target = reading.TargetOf(readers_);
    for (size_t i = 0; i < handled.size(); ++i) {
      if (std::find(past.becomes.begin(), past.becomes.end(), handled[i].type) ==
          past.becomes.end()) {
        continue;
      }
      target.handlers.push_back(i);
      reading.handlers_[handled[i].type].push_back({reading.targets_.size() - 1, i});
    }
  }
  for (const std::string& category : definition.categories()) {
    if (std::find(categories_.begin(), categories_.end(), category) == categories_.end()) {
      categories_.push_back(category);
    }
  }
  ++readers_;
}

EventDispatcher::Type* EventDispatcher::FindType(const RecordedEvent& event) {
  constexpr size_t kMaxHints = 65'536;
  if (event.type_id < by_id_.size()) {
    Type* const hint = by_id_[event.type_id];
    if (hint != nullptr && hint->name == event.type) return hint;
  }
  const auto it = types_.find(event.type);
  if (it == types_.end()) return nullptr;
  if (event.type_id < kMaxHints) {
    if (event.type_id >= by_id_.size()) by_id_.resize(event.type_id + 1);
    by_id_[event.type_id] = it->second.get();
  }
  return it->second.get();
}

Reading* EventDispatcher::Find(const RecordedEvent& event) {
  Type* const type = FindType(event);
  if (type == nullptr) return nullptr;
  for (const std::unique_ptr<Reading>& reading : type->readings) {
    if (reading->schema_version_ == event.schema_version) return reading.get();
  }
  return &type->unknown;
}

EventFilter EventDispatcher::Filter() const {
  EventFilter filter;
  filter.categories = categories_;
  for (const auto& [name, type] : types_) filter.types.push_back(name);
  std::sort(filter.types.begin(), filter.types.end());
  return filter;
}

}  // namespace daybook::internal
