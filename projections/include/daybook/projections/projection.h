// Registering a projection: naming its type and its lifecycle, nothing else.
#ifndef DAYBOOK_PROJECTIONS_PROJECTION_H_
#define DAYBOOK_PROJECTIONS_PROJECTION_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "daybook/core/past_event.h"
#include "daybook/core/uuid.h"
#include "daybook/projections/failure_options.h"
#include "daybook/projections/row_fold.h"
#include "daybook/projections/view_index.h"
#include "daybook/projections/view_query.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace daybook {

// An event type that a projection handles.
struct HandledEvent {
  std::string type;  // its stable name
  uint32_t schema_version = 1;
  const google::protobuf::Message* prototype = nullptr;
  bool keyed_by_stream = false;  // its row is that of its stream's key
};

// A projection without its type. Immutable, hence thread-safe.
//
// A projection P is a struct that derives from what the generator made of its row message:
//   static void On(Row&, const E&)                    for each event E of its aggregates that is
//   static absl::Status On(Row&, const E&)            not in Ignores; a third parameter,
//                                                     EventContext&, where it is wanted
//   using Ignores = daybook::TypeList<E...>           the events that it leaves out
//   static K Key(const E&[, const RecordedEvent&])    where the row is not that of the event's key
//                                                     field, or else of the stream's key. K is a
//                                                     string, an optional of one, or a list of
//                                                     them: On is called once for each, in order
// Of an event of the past On gets what it is today (upcast.h): each event of today in order, all
// with the position, version and context of the one that was recorded; all of them or none.
// On and Key depend on their arguments alone: the same events give the same rows, byte for byte,
// inline, async and live, at once and rebuilt (G6). An error of On leaves the row as it was. Inline
// it refuses the commit. Async it is for FailureOptions: by default the event, and those of the row
// after it, are parked (parked.h), and the other rows go on.
class ProjectionDefinition {
 public:
  using NewFold = std::unique_ptr<internal::RowFold> (*)();
  using ReadIndexValues = absl::StatusOr<std::string> (*)(size_t index, absl::string_view key,
                                                          absl::string_view row);

  ProjectionDefinition(absl::string_view name, uint32_t revision,
                       std::vector<std::string> categories, std::vector<HandledEvent> handled,
                       std::vector<PastEvent> past, const google::protobuf::Descriptor* row,
                       NewFold new_fold, std::vector<RowIndex> indexes = {},
                       ReadIndexValues index_values = nullptr);

  const std::string& name() const { return name_; }
  // The categories whose events it sees, and the types; the index of a type is that of its handler.
  const std::vector<std::string>& categories() const { return categories_; }
  const std::vector<HandledEvent>& handled() const { return handled_; }
  // The events of the past of which some of them may come.
  const std::vector<PastEvent>& past() const { return past_; }
  bool ReadsCategoryOf(absl::string_view stream) const;
  // The row's message.
  const google::protobuf::Descriptor* row() const { return row_; }
  // By what else than its key rows are looked up.
  const std::vector<RowIndex>& indexes() const { return indexes_; }
  // The values of the stored row of `key` in one of them, by its number, as its entry has them.
  // DataLoss: the bytes are no such row.
  absl::StatusOr<std::string> IndexValues(size_t index, absl::string_view key,
                                          absl::string_view row) const {
    if (index_values_ == nullptr) {
      return absl::InternalError("the definition was made without the values of its indexes");
    }
    return index_values_(index, key, row);
  }
  // Equal for equal revision, row message (with all that it contains), categories, types,
  // upcasters (past) and indexes: a view of another fingerprint is built anew.
  const Uuid& fingerprint() const { return fingerprint_; }
  std::unique_ptr<internal::RowFold> MakeFold() const { return new_fold_(); }

 private:
  std::string name_;
  std::vector<std::string> categories_;
  std::vector<HandledEvent> handled_;
  std::vector<PastEvent> past_;
  const google::protobuf::Descriptor* row_;
  std::vector<RowIndex> indexes_;
  Uuid fingerprint_;
  NewFold new_fold_;
  ReadIndexValues index_values_;
};

// What App::Open and ProjectionEngine::Open take.
struct ProjectionRegistration {
  Lifecycle lifecycle = Lifecycle::kAsync;
  std::shared_ptr<const ProjectionDefinition> definition;
  // Stands for the type P.
  const void* type = nullptr;
  // Of an async one.
  FailureOptions failures;

  // What becomes of an event that On refuses: an inline view stops at one of the past.
  FailurePolicy policy() const {
    return lifecycle == Lifecycle::kAsync ? failures.policy : FailurePolicy::kStop;
  }
};

namespace internal {

template <typename P>
const void* ProjectionType() {
  static const char type = 0;
  return &type;
}

// Every row is that of one stream: nothing but the events of that stream makes it.
template <typename P>
constexpr bool HasRowsOfStreams() {
  bool by_stream = P::kCategories.size() == 1;
  P::Events::ForEach([&]<typename E>() {
    if constexpr (kHandles<P, E>) by_stream &= kKeyedByStream<P, E>;
  });
  return by_stream;
}

template <typename P, typename... Es>
constexpr bool BecomesHandled(TypeList<Es...>) {
  return (kHandles<P, Es> || ...);
}

// ProjectionDefinition::IndexValues.
template <typename P>
absl::StatusOr<std::string> IndexValuesOf([[maybe_unused]] size_t index, absl::string_view key,
                                          absl::string_view row) {
  std::string values;
  typename P::Row parsed;
  DAYBOOK_RETURN_IF_ERROR(ParseRow(key, row, &parsed));
  if constexpr (kIndexed<P>) P::AppendIndexValues(index, parsed, &values);
  return values;
}

template <typename P>
std::shared_ptr<const ProjectionDefinition> DefinitionOf() {
  static_assert(P::template CheckComplete<P>());
  std::vector<HandledEvent> handled;
  P::Events::ForEach([&]<typename E>() {
    if constexpr (kHandles<P, E>) {
      handled.push_back({std::string(MessageTraits<E>::kTypeName), MessageTraits<E>::kSchemaVersion,
                         &E::default_instance(), kKeyedByStream<P, E>});
    }
  });
  std::vector<PastEvent> past;
  P::PastEvents::ForEach([&]<typename E>() {
    if (BecomesHandled<P>(TodaysEvents<E>())) past.push_back(PastEventOf<E>());
  });
  return std::make_shared<const ProjectionDefinition>(
      P::kName, P::kRevision,
      std::vector<std::string>(P::kCategories.begin(), P::kCategories.end()), std::move(handled),
      std::move(past), P::Row::descriptor(),
      []() -> std::unique_ptr<RowFold> { return std::make_unique<TypedRowFold<P>>(); },
      IndexesOf<P>(), &IndexValuesOf<P>);
}

}  // namespace internal

// The view is part of every commit: it is there as soon as the command's reply.
template <typename P>
ProjectionRegistration Inline() {
  return {Lifecycle::kInline, internal::DefinitionOf<P>(), internal::ProjectionType<P>(), {}};
}

// The view follows the log; Token waits for it. `failures`: what it does with an event that it
// cannot take.
template <typename P>
ProjectionRegistration Async(const FailureOptions& failures = {}) {
  return {Lifecycle::kAsync, internal::DefinitionOf<P>(), internal::ProjectionType<P>(), failures};
}

// The view stores nothing: a row is folded from its stream when it is asked for, which takes time
// in proportion to that stream. It has Get alone, and only where each row is that of a stream: one
// category, no Key, no key field in an event. An event that On refuses is the error of Get.
template <typename P>
ProjectionRegistration Live() {
  static_assert(internal::HasRowsOfStreams<P>(),
                "each row of a live view is that of one stream: the projection reads one category, "
                "has no Key, and handles no event with a key field");
  return {Lifecycle::kLive, internal::DefinitionOf<P>(), internal::ProjectionType<P>(), {}};
}

}  // namespace daybook

#endif  // DAYBOOK_PROJECTIONS_PROJECTION_H_
