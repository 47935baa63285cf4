// From an event to those who handle it: each event is decoded once, whoever reads it.
#ifndef DAYBOOK_PROJECTIONS_SRC_EVENT_DISPATCHER_H_
#define DAYBOOK_PROJECTIONS_SRC_EVENT_DISPATCHER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "daybook/core/event.h"
#include "daybook/core/event_store.h"
#include "daybook/core/past_event.h"
#include "daybook/projections/projection.h"
#include "daybook/projections/row_fold.h"
#include "google/protobuf/message_lite.h"

namespace daybook::internal {

// What is done with events of one type and schema version. Not thread-safe.
class Reading {
 public:
  struct Target {
    size_t reader;                    // its number in the order of EventDispatcher::Add
    std::vector<size_t> handlers;     // those that it may be for; none: of a version nobody knows
    std::vector<Handling> handlings;  // what the decoded event is to it; may be empty
  };

  // Whoever may handle such an event.
  const std::vector<Target>& targets() const { return targets_; }
  // Decodes `event`: until the next call, the handlings of the targets are those of this event.
  // Errors as DecodeEvent; UnknownEvent when nobody knows its schema version.
  absl::Status Decode(const RecordedEvent& event);

 private:
  friend class EventDispatcher;

  Target& TargetOf(size_t reader);

  uint32_t schema_version_ = 0;
  // Of today: its message, used again for each event, at which the handlings point for good.
  std::unique_ptr<google::protobuf::MessageLite> message_;
  // Of the past: what the event at hand is today, and who handles which type of that.
  const PastEvent* past_ = nullptr;
  std::vector<TodaysEvent> todays_;
  struct Handler {
    size_t target;
    size_t handler;
  };
  absl::flat_hash_map<std::string, std::vector<Handler>> handlers_;
  // Of a version that nobody knows: the newest that somebody does.
  uint32_t newest_ = 0;
  std::vector<Target> targets_;
};

// Not thread-safe.
class EventDispatcher {
 public:
  // `definition` must outlive this.
  void Add(const ProjectionDefinition& definition);
  // What is to be done with an event of this type; nullptr: nothing.
  Reading* Find(const RecordedEvent& event);
  // Lets by what some reader handles, and perhaps more.
  EventFilter Filter() const;

 private:
  // The readings of one type, by schema version.
  struct Type {
    std::string name;
    std::vector<std::unique_ptr<Reading>> readings;
    Reading unknown;  // of any other version: those who know the type are to hear of it

    Reading& Of(uint32_t schema_version);
  };
  Type& TypeOf(const std::string& name);
  Type* FindType(const RecordedEvent& event);

  std::vector<std::string> categories_;
  size_t readers_ = 0;
  absl::flat_hash_map<std::string, std::unique_ptr<Type>> types_;
  // By type id, as met. A hint: a refused commit may leave an id that another type gets later.
  std::vector<Type*> by_id_;
};

}  // namespace daybook::internal

#endif  // DAYBOOK_PROJECTIONS_SRC_EVENT_DISPATCHER_H_
