// From an event to those who handle it: each event is decoded once, whoever reads it.
#ifndef DAYBOOK_PROJECTIONS_SRC_EVENT_DISPATCHER_H_
#define DAYBOOK_PROJECTIONS_SRC_EVENT_DISPATCHER_H_

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "daybook/core/event.h"
#include "daybook/core/event_store.h"
#include "daybook/projections/projection.h"
#include "google/protobuf/message_lite.h"

namespace daybook::internal {

// Not thread-safe.
class EventDispatcher {
 public:
  struct Target {
    size_t reader;   // its number in the order of Add
    size_t handler;  // of its definition
  };
  struct Type {
    const HandledEvent* event;
    std::unique_ptr<google::protobuf::MessageLite> message;  // used again for each event
    std::vector<Target> targets;
  };

  // `definition` must outlive this.
  void Add(const ProjectionDefinition& definition);
  // What is to be done with an event of this type; nullptr: nothing.
  const Type* Find(const RecordedEvent& event);
  // Lets by what some reader handles, and perhaps more.
  EventFilter Filter() const;

 private:
  std::vector<std::string> categories_;
  size_t readers_ = 0;
  absl::flat_hash_map<std::string, std::unique_ptr<Type>> types_;
  // By type id, as met. A hint: a refused commit may leave an id that another type gets later.
  std::vector<const Type*> by_id_;
};

}  // namespace daybook::internal

#endif  // DAYBOOK_PROJECTIONS_SRC_EVENT_DISPATCHER_H_
