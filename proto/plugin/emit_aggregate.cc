#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "diagnostics.h"
#include "emit.h"
#include "names.h"

namespace daybook::generator {
namespace {

using google::protobuf::Descriptor;

std::string TypeList(const std::vector<const Descriptor*>& messages) {
  return absl::StrCat("::daybook::TypeList<",
                      absl::StrJoin(messages, ", ",
                                    [](std::string* out, const Descriptor* message) {
                                      absl::StrAppend(out, CppName(*message));
                                    }),
                      ">");
}

// "bank.proto:12".
std::string Place(const Descriptor& message) {
  return absl::StrCat(BaseName(*message.file()), ":", LineOf(message));
}

void EmitAssert(const std::string& condition, const std::string& text, std::string* header) {
  absl::StrAppend(header, "    static_assert(", condition, ",\n                  ", Literal(text),
                  ");\n");
}

// What each past event must have, the plainest first: so that the first error is the cause.
// `parameter` stands for the reader, whose kind and name are `reader`.
void EmitUpcastAsserts(const std::vector<const Descriptor*>& past_events,
                       absl::string_view parameter, const std::string& reader,
                       std::string* header) {
  const auto emit = [&](absl::string_view trait, absl::string_view what) {
    for (const Descriptor* event : past_events) {
      EmitAssert(absl::StrCat("::daybook::", trait, "<", CppName(*event), ", ", parameter, ">"),
                 absl::StrCat("Upcast(const ", ShortName(*event), "&), which ", Place(*event),
                              " asks for, ", what),
                 header);
    }
  };
  emit("HasUpcast", "is not declared in the namespace of that event, or only after this line");
  emit("UpcastGivesEvents",
       "gives something else than events: an event, or a tuple, optional, variant or vector of "
       "them");
  emit("UpcastEnds", "never ends: its events come back to one that they began with");
  emit("UpcastStaysWithin", absl::StrCat("ends in an event that ", reader, " does not have"));
}

}  // namespace

void EmitAggregate(const Aggregate& aggregate, Output* out) {
  const std::string name = absl::StrCat(aggregate.name, "Aggregate");
  const std::string state = ShortName(*aggregate.state);
  std::string* header = &out->header;
  absl::StrAppend(
      header, "\n// ", Place(*aggregate.state), "\nstruct ", name, " {\n",
      "  using State = ", CppName(*aggregate.state), ";\n",
      "  using Commands = ", TypeList(aggregate.commands), ";\n",
      "  using Events = ", TypeList(aggregate.events), ";\n",
      "  using PastEvents = ", TypeList(aggregate.past_events), ";\n",
      "  using Rejections = ", TypeList(aggregate.rejections), ";\n",
      "  using Decision = ::daybook::Decision<", name, ">;\n",
      "  static constexpr ::absl::string_view kName = ", Literal(aggregate.name), ";\n",
      "  static constexpr ::absl::string_view kCategory = ", Literal(aggregate.category), ";\n",
      "  static constexpr ::std::uint32_t kSnapshotEvery = ", aggregate.snapshot_every,
      ";\n  static constexpr ::std::uint32_t kEvolveRevision = ", aggregate.evolve_revision,
      ";\n\n",
      "  // Does not compile while A lacks a function; says which.\n"
      "  template <typename A>\n  static constexpr bool CheckComplete() {\n");
  for (const Descriptor* command : aggregate.commands) {
    EmitAssert(absl::StrCat("::daybook::DecidesOn<A, State, ", CppName(*command), ">"),
               absl::StrCat(aggregate.name, " lacks Decide(const ", state, "&, const ",
                            ShortName(*command), "&), which ", Place(*command), " asks for"),
               header);
  }
  for (const Descriptor* event : aggregate.events) {
    EmitAssert(absl::StrCat("::daybook::EvolvesOn<A, State, ", CppName(*event), ">"),
               absl::StrCat(aggregate.name, " lacks Evolve(", state, "&, const ", ShortName(*event),
                            "&) noexcept, which ", Place(*event),
                            " asks for (is it there without noexcept?)"),
               header);
  }
  EmitUpcastAsserts(aggregate.past_events, "A", absl::StrCat("aggregate ", aggregate.name), header);
  absl::StrAppend(header, "    return true;\n  }\n};\n");
}

void EmitProjection(const Projection& projection, Output* out) {
  std::vector<const Descriptor*> events;
  std::vector<const Descriptor*> past_events;
  std::vector<std::string> categories;
  for (const Aggregate* aggregate : projection.from) {
    events.insert(events.end(), aggregate->events.begin(), aggregate->events.end());
    past_events.insert(past_events.end(), aggregate->past_events.begin(),
                       aggregate->past_events.end());
    categories.push_back(Literal(aggregate->category));
  }
  const std::string row = ShortName(*projection.row);
  std::string* header = &out->header;
  absl::StrAppend(
      header, "\n// ", Place(*projection.row), "\nstruct ", projection.name, "Projection {\n",
      "  using Row = ", CppName(*projection.row), ";\n", "  using Events = ", TypeList(events),
      ";\n", "  using PastEvents = ", TypeList(past_events), ";\n",
      "  // Hide it with the events that On does not take.\n"
      "  using Ignores = ::daybook::TypeList<>;\n",
      "  static constexpr ::absl::string_view kName = ", Literal(projection.name), ";\n",
      "  static constexpr ::std::uint32_t kRevision = ", projection.revision, ";\n",
      "  static constexpr ::std::array<::absl::string_view, ", categories.size(),
      "> kCategories = {", absl::StrJoin(categories, ", "), "};\n\n",
      "  // Does not compile while P neither handles nor ignores an event; says which.\n"
      "  template <typename P>\n  static constexpr bool CheckComplete() {\n");
  for (const Descriptor* event : events) {
    const std::string type = CppName(*event);
    EmitAssert(absl::StrCat("::daybook::HandlesEvent<P, Row, ", type,
                            "> ||\n                      ::daybook::IgnoresEvent<P, ", type, ">"),
               absl::StrCat(projection.name, " lacks On(", row, "&, const ", ShortName(*event),
                            "&), which ", Place(*projection.row),
                            " asks for: handle the event or list it in Ignores"),
               header);
  }
  EmitUpcastAsserts(past_events, "P", absl::StrCat("projection ", projection.name), header);
  absl::StrAppend(header, "    return true;\n  }\n");
  if (!projection.indexes.empty()) EmitIndexes(projection, header);
  absl::StrAppend(header, "};\n");
}

}  // namespace daybook::generator
