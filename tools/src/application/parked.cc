// What of a view is parked: listed and shown from the files, replayed and dropped by the
// application.
#include "daybook/projections/parked.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "application/commands.h"
#include "application/open.h"
#include "daybook/core/status_macros.h"
#include "daybook/projections/stored_generations.h"
#include "daybook/projections/stored_view.h"
#include "event_text.h"
#include "nlohmann/json.hpp"
#include "printable.h"
#include "store_session.h"

namespace daybook::tools {
namespace {

using nlohmann::ordered_json;

// The build that is asked for, or the one that answers. NotFound: there is no such build.
absl::StatusOr<uint32_t> GenerationOf(const ParkedArguments& arguments,
                                      const ProjectionDefinition& view,
                                      const StoreSession& session) {
  if (arguments.generation.has_value()) {
    DAYBOOK_ASSIGN_OR_RETURN(
        const std::vector<StoredGeneration> generations,
        FindGenerations(*session.store, *session.reader, view, /*max_events=*/1));
    for (const StoredGeneration& known : generations) {
      if (known.view.generation == *arguments.generation) return *arguments.generation;
    }
    return absl::NotFoundError(
        absl::StrCat("view ", view.name(), " has no generation ", *arguments.generation));
  }
  DAYBOOK_ASSIGN_OR_RETURN(const StoredView stored,
                           FindStoredView(*session.store, *session.reader, view));
  return stored.generation;
}

std::string ErrorText(const absl::Status& error) {
  if (error.ok()) return "to be tried";
  return absl::StrCat(absl::StatusCodeToString(error.code()), ": ", error.message());
}

std::string KeyText(const ParkedKey& key) {
  return absl::StrCat(Printable(key.key), "  position ", key.position.ToString(), "  since ",
                      TimeText(key.parked_at), "  attempts ", key.attempts, "  ",
                      Printable(ErrorText(key.error)), "\n");
}

ordered_json KeyJson(const std::string& view, uint32_t generation, const ParkedKey& key) {
  return {{"view", view},
          {"generation", generation},
          {"key", key.key},
          {"position", key.position.sequence()},
          {"parked_at", TimeText(key.parked_at)},
          {"attempts", key.attempts},
          {"code", absl::StatusCodeToString(key.error.code())},
          {"error", std::string(key.error.message())}};
}

absl::Status PrintList(const ParkedArguments& arguments, const ProjectionDefinition& view,
                       const StoreSession& session, Console& console) {
  DAYBOOK_ASSIGN_OR_RETURN(const uint32_t generation, GenerationOf(arguments, view, session));
  ParkedListOptions options;
  options.after = arguments.after;
  options.limit = arguments.limit;
  DAYBOOK_ASSIGN_OR_RETURN(
      const std::vector<ParkedKey> keys,
      ListParked(*session.store, *session.reader, view.name(), generation, options));
  for (const ParkedKey& key : keys) {
    console.out << (arguments.json ? JsonLine(KeyJson(view.name(), generation, key))
                                   : KeyText(key));
  }
  if (keys.empty() && !arguments.json) {
    console.out << "nothing " << (arguments.after.has_value() ? "more " : "") << "is parked\n";
  }
  if (keys.size() == arguments.limit) {
    console.err << console.program << ": there may be more: --after '" << Printable(keys.back().key)
                << "'\n";
  }
  return absl::OkStatus();
}

absl::Status PrintSequence(const ParkedArguments& arguments, const ProjectionDefinition& view,
                           const StoreSession& session, Console& console) {
  DAYBOOK_ASSIGN_OR_RETURN(const uint32_t generation, GenerationOf(arguments, view, session));
  DAYBOOK_ASSIGN_OR_RETURN(const ParkedSequence sequence,
                           ShowParked(*session.store, *session.reader, view.name(), generation,
                                      *arguments.key, arguments.limit));
  if (arguments.json) {
    ordered_json line = KeyJson(view.name(), generation, sequence.head);
    line["events"] = ordered_json::array();
    for (const ParkedEvent& event : sequence.events) {
      line["events"].push_back({{"position", event.position.sequence()},
                                {"parked_at", TimeText(event.parked_at)},
                                {"stream", event.stream},
                                {"version", event.version},
                                {"type", event.type}});
    }
    line["more"] = sequence.more;
    console.out << JsonLine(line);
    return absl::OkStatus();
  }
  console.out << KeyText(sequence.head);
  for (const ParkedEvent& event : sequence.events) {
    console.out << "  " << event.position.ToString() << "  " << Printable(event.stream) << "@"
                << event.version << "  " << Printable(event.type) << "  since "
                << TimeText(event.parked_at) << "\n";
  }
  if (sequence.more) console.out << "  and more\n";
  return absl::OkStatus();
}

using Print = absl::Status (*)(const ParkedArguments&, const ProjectionDefinition&,
                               const StoreSession&, Console&);

ExitCode Look(const Application& application, const ParkedArguments& arguments, Print print,
              Console& console) {
  const auto view = application.FindView(arguments.view);
  if (!view.ok()) return Fail(console, view.status());
  const absl::StatusOr<StoreSession> session = OpenSession(arguments.store, console);
  if (!session.ok()) return FailToOpen(console, arguments.store, session.status());
  const absl::Status status = print(arguments, **view, *session, console);
  return status.ok() ? kSound : Fail(console, status);
}

// Before the application opens the store: as it does, it may try by itself what is due, and then
// the key is free already.
absl::Status CheckParked(const ParkedArguments& arguments, const ProjectionDefinition& view,
                         const StoreSession& session) {
  DAYBOOK_ASSIGN_OR_RETURN(const uint32_t generation, GenerationOf(arguments, view, session));
  return ShowParked(*session.store, *session.reader, view.name(), generation, *arguments.key,
                    /*max_events=*/1)
      .status();
}

// What the build that is asked for is going to stop with, once it is open, where it is the one that
// answers: it may not have got there when the command is done. OK also where the store cannot be
// read yet: the application says why, or recovers it.
absl::Status StopOf(const Application& application, const ParkedArguments& arguments,
                    Console& console) {
  const absl::StatusOr<StoreSession> session = OpenSession(arguments.store, console);
  if (!session.ok()) return absl::OkStatus();
  for (const ProjectionRegistration& projection : application.parts().projections) {
    const ProjectionDefinition& view = *projection.definition;
    if (view.name() != arguments.view) continue;
    DAYBOOK_ASSIGN_OR_RETURN(const StoredView stored,
                             FindStoredView(*session->store, *session->reader, view));
    if (!stored.current || arguments.generation.value_or(stored.generation) != stored.generation) {
      break;
    }
    DAYBOOK_ASSIGN_OR_RETURN(
        const PendingEvents pending,
        TryPendingEvents(*session->reader, view, stored, /*max_events=*/1, projection.policy()));
    return pending.stops;
  }
  return absl::OkStatus();
}

// OK: the application is open, and `key`, when it is asked for, was parked.
absl::StatusOr<std::shared_ptr<App>> OpenToChange(const Application& application,
                                                  const ParkedArguments& arguments, ExitCode* code,
                                                  Console& console) {
  const auto view = application.FindView(arguments.view);
  if (!view.ok()) {
    *code = Fail(console, view.status());
    return view.status();
  }
  if (arguments.key.has_value()) {
    const absl::StatusOr<StoreSession> session = OpenSession(arguments.store, console);
    if (!session.ok()) {
      *code = FailToOpen(console, arguments.store, session.status());
      return session.status();
    }
    if (const absl::Status parked = CheckParked(arguments, **view, *session); !parked.ok()) {
      *code = Fail(console, parked);
      return parked;
    }
  }
  absl::StatusOr<std::shared_ptr<App>> app = OpenApplication(application, arguments.store);
  if (!app.ok()) *code = FailToOpen(console, arguments.store, app.status());
  return app;
}

ExitCode FailToChange(const absl::Status& status, Console& console) {
  // The view does not go on, and says why: that is to be mended first.
  if (absl::IsFailedPrecondition(status)) return Fail(console, kNeedsAttention, status.message());
  return Fail(console, status);
}

}  // namespace

ExitCode ListParkedKeys(const Application& application, const ParkedArguments& arguments,
                        Console& console) {
  return Look(application, arguments, &PrintList, console);
}

ExitCode ShowParkedKey(const Application& application, const ParkedArguments& arguments,
                       Console& console) {
  return Look(application, arguments, &PrintSequence, console);
}

ExitCode ReplayParkedKeys(const Application& application, const ParkedArguments& arguments,
                          Console& console) {
  if (arguments.key.has_value() == arguments.all) {
    return Fail(console, kUsage, "name a KEY, or --all");
  }
  ExitCode code = kSound;
  const absl::Status stop = StopOf(application, arguments, console);
  const auto app = OpenToChange(application, arguments, &code, console);
  if (!app.ok()) return code;
  absl::StatusOr<ParkedReplay> replay =
      (*app)->ReplayParked(arguments.view, arguments.key, arguments.generation);
  if (absl::IsNotFound(replay.status())) replay = ParkedReplay{.freed_keys = 1};
  if (!replay.ok()) return FailToChange(replay.status(), console);
  if (arguments.json) {
    console.out << JsonLine({{"view", arguments.view},
                             {"freed_keys", replay->freed_keys},
                             {"taken_events", replay->taken_events},
                             {"parked_keys", replay->parked_keys}});
  } else {
    console.out << arguments.view << ": " << replay->freed_keys << " keys are free, "
                << replay->taken_events << " events taken; " << replay->parked_keys
                << " keys stay parked\n";
  }
  if (replay->parked_keys > 0) return Fail(console, kNeedsAttention, ErrorText(replay->error));
  return stop.ok() ? kSound : Fail(console, kNeedsAttention, stop.message());
}

ExitCode DropParkedKey(const Application& application, const ParkedArguments& arguments,
                       Console& console) {
  ExitCode code = kSound;
  const auto app = OpenToChange(application, arguments, &code, console);
  if (!app.ok()) return code;
  absl::StatusOr<uint64_t> dropped =
      (*app)->DropParked(arguments.view, *arguments.key, arguments.generation);
  if (absl::IsNotFound(dropped.status())) dropped = 0;
  if (!dropped.ok()) return FailToChange(dropped.status(), console);
  if (arguments.json) {
    console.out << JsonLine(
        {{"view", arguments.view}, {"key", *arguments.key}, {"dropped_events", *dropped}});
  } else {
    console.out << arguments.view << ": " << *dropped << " events of " << Printable(*arguments.key)
                << " are dropped\n";
  }
  return kSound;
}

}  // namespace daybook::tools
