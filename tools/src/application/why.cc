#include "daybook/aggregates/why.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "application/commands.h"
#include "application/message_text.h"
#include "application/predicate.h"
#include "daybook/core/status_macros.h"
#include "daybook/core/stream_name.h"
#include "event_text.h"
#include "printable.h"
#include "store_session.h"

namespace daybook::tools {
namespace {

using google::protobuf::Descriptor;
using nlohmann::ordered_json;

// A row of a view, or a state of an aggregate.
struct Subject {
  FoldDefinition of;
  std::string key;
  const Descriptor* message;
  std::string name;  // for errors
};

absl::StatusOr<Subject> FindSubject(const Application& application, const SubjectArguments& of) {
  if (of.key.has_value()) {
    DAYBOOK_ASSIGN_OR_RETURN(const ProjectionDefinition* view, application.FindView(of.subject));
    return Subject{view, *of.key, view->row(),
                   absl::StrCat("the row \"", *of.key, "\" of view ", view->name())};
  }
  // A view's name is an identifier, so that a name with a dash is no view whose key was forgotten.
  if (of.subject.find('-') == std::string::npos) {
    return absl::InvalidArgumentError(
        absl::StrCat("name a row, VIEW KEY, or a stream, category-key: not '", of.subject, "'"));
  }
  DAYBOOK_ASSIGN_OR_RETURN(const AggregateDefinition* aggregate,
                           application.FindAggregateOf(of.subject));
  return Subject{aggregate, std::string(KeyOf(of.subject)),
                 aggregate->default_state->GetDescriptor(),
                 absl::StrCat("the state of ", of.subject)};
}

absl::StatusOr<ordered_json> ValueJson(const Subject& subject,
                                       const std::optional<std::string>& bytes) {
  if (!bytes.has_value()) return ordered_json();
  return StoredMessageJson(subject.message, *bytes);
}

absl::Status PrintChange(const StoredChange& change, const Subject& subject, bool json,
                         Console& console) {
  DAYBOOK_ASSIGN_OR_RETURN(ordered_json before, ValueJson(subject, change.before));
  DAYBOOK_ASSIGN_OR_RETURN(ordered_json after, ValueJson(subject, change.after));
  const EventHeader& event = change.event;
  if (json) {
    ordered_json line = HeaderJson(event);
    line["before"] = std::move(before);
    line["after"] = std::move(after);
    console.out << JsonLine(line);
    return absl::OkStatus();
  }
  console.out << event.position.ToString() << "  " << TimeText(event.recorded_time) << "  "
              << Printable(event.stream) << "@" << event.version << "  " << Printable(event.type);
  if (!event.metadata.command_id.is_nil()) {
    console.out << "  by command " << event.metadata.command_id.ToString();
  }
  if (!event.metadata.actor.empty()) console.out << " of " << Printable(event.metadata.actor);
  console.out << "\n";
  for (const std::string& line : ChangedFields(before, after)) {
    console.out << "    " << Printable(line) << "\n";
  }
  if (!change.after.has_value()) console.out << "    (deleted)\n";
  return absl::OkStatus();
}

absl::Status PrintWhy(const WhyArguments& arguments, const Subject& subject,
                      const StoreReader& reader, Console& console) {
  WhyOptions options;
  options.last = arguments.last;
  if (arguments.until.has_value()) {
    DAYBOOK_ASSIGN_OR_RETURN(options.until, MomentArgument("--until", *arguments.until));
  }
  DAYBOOK_ASSIGN_OR_RETURN(const std::vector<StoredChange> changes,
                           StoredWhy(reader, subject.of, subject.key, options));
  if (changes.empty()) {
    return absl::NotFoundError(absl::StrCat("no event touched ", subject.name));
  }
  for (const StoredChange& change : changes) {
    DAYBOOK_RETURN_IF_ERROR(PrintChange(change, subject, arguments.json, console));
  }
  return absl::OkStatus();
}

absl::Status PrintBisect(const BisectArguments& arguments, const Subject& subject,
                         const Predicate& predicate, const StoreReader& reader, Console& console) {
  const std::unique_ptr<google::protobuf::Message> value = NewMessage(subject.message);
  DAYBOOK_ASSIGN_OR_RETURN(
      const std::optional<StoredChange> first,
      StoredBisect(reader, subject.of, subject.key, [&](const std::string& bytes) {
        return value->ParseFromString(bytes) && predicate.Holds(*value);
      }));
  if (!first.has_value()) {
    return absl::NotFoundError(absl::StrCat("there is no event after which '", arguments.where,
                                            "' holds of ", subject.name));
  }
  return PrintChange(*first, subject, arguments.json, console);
}

}  // namespace

ExitCode ShowWhy(const Application& application, const WhyArguments& arguments, Console& console) {
  const absl::StatusOr<Subject> subject = FindSubject(application, arguments.of);
  if (!subject.ok()) return Fail(console, subject.status());
  const absl::StatusOr<StoreSession> session = OpenSession(arguments.store, console);
  if (!session.ok()) return FailToOpen(console, arguments.store, session.status());
  const absl::Status status = PrintWhy(arguments, *subject, *session->reader, console);
  return status.ok() ? kSound : Fail(console, status);
}

ExitCode ShowBisect(const Application& application, const BisectArguments& arguments,
                    Console& console) {
  const absl::StatusOr<Subject> subject = FindSubject(application, arguments.of);
  if (!subject.ok()) return Fail(console, subject.status());
  const absl::StatusOr<Predicate> predicate = Predicate::Parse(subject->message, arguments.where);
  if (!predicate.ok()) return Fail(console, predicate.status());
  const absl::StatusOr<StoreSession> session = OpenSession(arguments.store, console);
  if (!session.ok()) return FailToOpen(console, arguments.store, session.status());
  const absl::Status status =
      PrintBisect(arguments, *subject, *predicate, *session->reader, console);
  return status.ok() ? kSound : Fail(console, status);
}

}  // namespace daybook::tools
