#include "event_dispatcher.h"

#include <algorithm>

namespace daybook::internal {

void EventDispatcher::Add(const ProjectionDefinition& definition) {
  const std::vector<HandledEvent>& handled = definition.handled();
  for (size_t i = 0; i < handled.size(); ++i) {
    std::unique_ptr<Type>& type = types_[handled[i].type];
    if (type == nullptr) {
      type = std::make_unique<Type>();
      type->event = &handled[i];
      type->message.reset(handled[i].prototype->New());
    }
    type->targets.push_back({readers_, i});
  }
  for (const std::string& category : definition.categories()) {
    if (std::find(categories_.begin(), categories_.end(), category) == categories_.end()) {
      categories_.push_back(category);
    }
  }
  ++readers_;
}

const EventDispatcher::Type* EventDispatcher::Find(const RecordedEvent& event) {
  constexpr size_t kMaxHints = 65'536;
  if (event.type_id < by_id_.size()) {
    const Type* hint = by_id_[event.type_id];
    if (hint != nullptr && hint->event->type == event.type) return hint;
  }
  const auto it = types_.find(event.type);
  if (it == types_.end()) return nullptr;
  if (event.type_id < kMaxHints) {
    if (event.type_id >= by_id_.size()) by_id_.resize(event.type_id + 1);
    by_id_[event.type_id] = it->second.get();
  }
  return it->second.get();
}

EventFilter EventDispatcher::Filter() const {
  EventFilter filter;
  filter.categories = categories_;
  for (const auto& [name, type] : types_) filter.types.push_back(name);
  std::sort(filter.types.begin(), filter.types.end());
  return filter;
}

}  // namespace daybook::internal
