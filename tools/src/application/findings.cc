#include "application/findings.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "application/open.h"
#include "daybook/aggregates/schema_check.h"
#include "daybook/core/status_macros.h"
#include "daybook/core/stream_name.h"
#include "daybook/projections/parked.h"
#include "daybook/projections/stored_generations.h"
#include "daybook/projections/stored_view.h"
#include "daybook/snapshots/snapshot_difference.h"
#include "daybook/snapshots/snapshot_store.h"
#include "directory_mark.h"

namespace daybook::tools {
namespace {

std::string CommandLine(const Patient& patient, absl::string_view command) {
  return absl::StrCat(patient.application.program(), " ", command, " --store ",
                      patient.arguments.store);
}

std::string MiB(uint64_t bytes) {
  return absl::StrCat(bytes >> 20, " MiB");
}

std::string DifferenceText(const SnapshotDifference& difference) {
  return absl::StrCat("the snapshot of ", difference.stream, " at version ", difference.version,
                      " was not what its events fold into, as an audit found at ",
                      absl::FormatTime(difference.found, absl::UTCTimeZone()),
                      ": Evolve changed its meaning, or uses more than the state and the event");
}

// Of what a build has not seen.
constexpr size_t kTriedEvents = 100'000;

// Looks at one view and its builds.
class ViewExamination {
 public:
  ViewExamination(const Patient& patient, const ProjectionRegistration& projection,
                  std::vector<Finding>* findings)
      : patient_(patient),
        definition_(*projection.definition),
        policy_(projection.policy()),
        findings_(*findings),
        name_(absl::StrCat("view ", definition_.name())),
        catch_up_(CommandLine(patient, "catch-up")) {}

  absl::Status Run() {
    const EventStore& store = *patient_.session.store;
    DAYBOOK_ASSIGN_OR_RETURN(const StoredView view, FindStoredView(store, reader(), definition_));
    DAYBOOK_ASSIGN_OR_RETURN(generations_,
                             FindGenerations(store, reader(), definition_, kTriedEvents, policy_));
    if (view.generation == 0) {
      Add(absl::StrCat(name_, " was never built"), catch_up_);
    } else if (!view.current) {
      Add(absl::StrCat(name_, " was built by another definition: the next opening ", WhatComes()),
          catch_up_);
    } else {
      DAYBOOK_RETURN_IF_ERROR(FindInServing(view));
    }
    FindFailures(view);
    for (const StoredGeneration& generation : generations_) FindInBuild(generation, view);
    return absl::OkStatus();
  }

 private:
  const StoreReader& reader() const { return *patient_.session.reader; }
  void Add(std::string problem, std::string mend) {
    findings_.push_back({"views", true, std::move(problem), std::move(mend)});
  }

  // What replaces a build of another definition.
  std::string WhatComes() const {
    uint32_t last = 0;
    for (const StoredGeneration& generation : generations_) {
      last = std::max(last, generation.view.generation);
      if (generation.view.current && generation.state != GenerationState::kDropping) {
        return absl::StrCat("goes on with generation ", generation.view.generation);
      }
    }
    return absl::StrCat("begins generation ", last + 1);
  }

  absl::Status FindInServing(const StoredView& view) {
    DAYBOOK_ASSIGN_OR_RETURN(const PendingEvents pending,
                             TryPendingEvents(reader(), definition_, view, kTriedEvents, policy_));
    if (pending.refused > 0) {
      Add(absl::StrCat(
              pending.refuses.message(), "; ", pending.refused,
              policy_ == FailurePolicy::kSkip ? " events will be skipped" : " keys will be parked"),
          absl::StrCat("mend its On, then ", catch_up_));
    }
    if (!pending.stops.ok()) {
      Add(std::string(pending.stops.message()), absl::StrCat("mend its On, then ", catch_up_));
    } else if (pending.events > patient_.arguments.max_lag && view.checkpoint < patient_.due) {
      Add(absl::StrCat(name_, " stands at position ", view.checkpoint.ToString(), ", ",
                       view.lag_events, " events behind the log"),
          catch_up_);
    }
    return absl::OkStatus();
  }

  // What the rows that answer lack.
  void FindFailures(const StoredView& view) {
    const ViewFailures& failures = view.failures;
    const std::string anew = CommandLine(patient_, absl::StrCat("replay ", definition_.name()));
    if (failures.parked_keys > 0) {
      Add(absl::StrCat(name_, ": ", failures.parked_keys, " keys with ", failures.parked_events,
                       " events are parked", FirstParked(view)),
          absl::StrCat("mend its On, then ", ReplayParked(view.generation)));
    }
    if (failures.skipped_events > 0) {
      Add(absl::StrCat(name_, ": ", failures.skipped_events, " events were skipped, the last at ",
                       failures.skip_error.message()),
          failures.skip_error.message().find("the payload was removed") != std::string::npos
              ? "a scavenge removed them, so the rows stay without"
              : absl::StrCat("mend its On, then ", anew));
    }
    if (failures.dropped_events > 0) {
      findings_.push_back({"views", false,
                           absl::StrCat(name_, ": ", failures.dropped_events,
                                        " parked events were dropped: the rows lack them"),
                           absl::StrCat("none, where that was meant; else ", anew)});
    }
  }
  std::string FirstParked(const StoredView& view) const {
    const auto keys = ListParked(*patient_.session.store, reader(), definition_.name(),
                                 view.generation, {.limit = 1});
    if (!keys.ok() || keys->empty()) return "";
    const ParkedKey& key = keys->front();
    return absl::StrCat(", that of ", key.key, " from position ", key.position.ToString(),
                        key.error.ok() ? std::string() : absl::StrCat(": ", key.error.message()));
  }
  std::string ReplayParked(uint32_t generation) const {
    return CommandLine(patient_, absl::StrCat("parked replay ", definition_.name(),
                                              " --all --generation ", generation));
  }

  // Until it takes over or is given up, each event is folded for it too.
  void FindInBuild(const StoredGeneration& build, const StoredView& serving) {
    const std::string replay = CommandLine(patient_, absl::StrCat("replay ", definition_.name()));
    const std::string or_cancel = absl::StrCat(
        replay, "; or give it up: ",
        CommandLine(patient_, absl::StrCat("replay ", definition_.name(), " --cancel")));
    const std::string which = absl::StrCat(name_, ": generation ", build.view.generation);
    if (!build.stops.ok()) {
      Add(absl::StrCat(which, " is being built, and fails: ", build.stops.message()),
          absl::StrCat("mend its On, then ", or_cancel));
    } else if (build.waits && build.view.failures.parked_keys > 0) {
      Add(absl::StrCat(which,
                       " is built, and does not take over: ", build.view.failures.parked_keys,
                       " keys of it are parked", FirstParked(build.view)),
          absl::StrCat("mend its On, then ", ReplayParked(build.view.generation), " and ",
                       or_cancel));
    } else if (build.waits) {
      Add(absl::StrCat(which, " is built, and waits to be told to take over"), or_cancel);
    } else if (build.state == GenerationState::kPaused) {
      Add(absl::StrCat(which, " is paused at position ", build.view.checkpoint.ToString()),
          or_cancel);
    } else if (build.state == GenerationState::kBuilding && serving.current) {
      // What replaces a build of another definition was told already.
      Add(absl::StrCat(which, " is being built, and stands at position ",
                       build.view.checkpoint.ToString(), ", ", build.view.lag_events,
                       " events behind the log"),
          or_cancel);
    }
  }

  const Patient& patient_;
  const ProjectionDefinition& definition_;
  const FailurePolicy policy_;
  std::vector<Finding>& findings_;
  const std::string name_;
  const std::string catch_up_;
  std::vector<StoredGeneration> generations_;
};

}  // namespace

absl::Status FindInViews(const Patient& patient, std::vector<Finding>* findings) {
  for (const ProjectionRegistration& projection : patient.application.parts().projections) {
    if (projection.lifecycle == Lifecycle::kLive) continue;  // nothing of it is stored
    DAYBOOK_RETURN_IF_ERROR(ViewExamination(patient, projection, findings).Run());
  }
  return absl::OkStatus();
}

absl::Status FindInSnapshots(const Patient& patient, std::vector<Finding>* findings) {
  DAYBOOK_ASSIGN_OR_RETURN(const std::unique_ptr<SnapshotStore> snapshots,
                           OpenSnapshots(*patient.session.store));
  if (snapshots == nullptr) return absl::OkStatus();
  const StoreReader& reader = *patient.session.reader;
  std::map<std::string, std::string> fingerprints;
  for (const AggregateDefinition* aggregate : patient.application.parts().aggregates) {
    const std::string fingerprint = SnapshotFingerprintOf(*aggregate);
    fingerprints[std::string(aggregate->category)] = fingerprint;
    DAYBOOK_ASSIGN_OR_RETURN(
        const std::optional<SnapshotDifference> difference,
        FindSnapshotDifference(*patient.session.store, reader, aggregate->category, fingerprint));
    if (difference.has_value()) {
      findings->push_back({"snapshots", true, DifferenceText(*difference),
                           absl::StrCat("raise the evolve_revision of ", aggregate->name,
                                        ": all its snapshots are then made anew")});
    }
  }
  DAYBOOK_ASSIGN_OR_RETURN(
      const uint64_t all, snapshots->Survey(reader, [&](absl::string_view stream) {
        const auto fingerprint = fingerprints.find(std::string(CategoryOf(stream)));
        // Otherwise of another application.
        return fingerprint == fingerprints.end() ? nullptr : &fingerprint->second;
      }));
  const SnapshotStats stats = snapshots->stats();
  if (stats.torn > 0) {
    findings->push_back({"snapshots", true,
                         absl::StrCat(stats.torn, " of ", all, " snapshots cannot be read"),
                         CommandLine(patient, "verify")});
  }
  if (stats.stale > 0) {
    findings->push_back({"snapshots", false,
                         absl::StrCat(stats.stale, " of ", all,
                                      " snapshots are of an older state, Evolve or Upcast: their ",
                                      "streams are folded from the start"),
                         "none: each stream's next event has its own written anew"});
  }
  return absl::OkStatus();
}

absl::Status FindInSchemas(const Patient& patient, std::vector<Finding>* findings) {
  DAYBOOK_ASSIGN_OR_RETURN(
      const SchemaReport report,
      internal::CheckSchemaOf(*patient.session.store, patient.application.Registrations()));
  for (const SchemaFinding& found : report.findings) {
    findings->push_back({"schema", true, found.ToString(),
                         "run a build that reads it: the newer one, or this one with an upcaster"});
  }
  return absl::OkStatus();
}

absl::Status FindOnDisk(const Patient& patient, std::vector<Finding>* findings) {
  // Of a store that is in use: it refuses what it is asked to append.
  if (const absl::Status low = patient.session.store->Stats().low_space; !low.ok()) {
    findings->push_back({"disk", true, std::string(low.message()),
                         "free space there, or move the store to a larger disk"});
    return absl::OkStatus();
  }
  std::error_code error;
  const std::filesystem::space_info space = std::filesystem::space(patient.arguments.store, error);
  if (error) {
    return absl::InternalError(absl::StrCat("cannot ask for the space at ", patient.arguments.store,
                                            ": ", error.message()));
  }
  uint64_t store = 0;
  for (const auto& [file, size_and_time] : MarkDirectory(patient.arguments.store)) {
    store += size_and_time.first;
  }
  // Compaction writes new files before it deletes the old ones.
  const uint64_t wanted = std::max(patient.arguments.min_free_mib << 20, store / 10);
  if (space.available < wanted) {
    findings->push_back({"disk", true,
                         absl::StrCat(MiB(space.available), " are free where the store of ",
                                      MiB(store), " lies, and ", MiB(wanted), " should be"),
                         "free space there, or move the store to a larger disk"});
  }
  return absl::OkStatus();
}

}  // namespace daybook::tools
