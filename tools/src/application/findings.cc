#include "application/findings.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "application/open.h"
#include "daybook/core/status_macros.h"
#include "daybook/core/stream_name.h"
#include "daybook/projections/stored_view.h"
#include "daybook/snapshots/fingerprint.h"
#include "daybook/snapshots/snapshot_store.h"
#include "directory_mark.h"

namespace daybook::tools {
namespace {

std::string CommandLine(const Patient& patient, absl::string_view command) {
  return absl::StrCat(patient.application.program(), " ", command, " --store ",
                      patient.arguments.store);
}

// The newest schema version of each event type that the application knows.
std::map<std::string, uint32_t> KnownTypes(const Application& application) {
  std::map<std::string, uint32_t> known;
  for (const AggregateDefinition* aggregate : application.parts().aggregates) {
    for (const EventDefinition& event : aggregate->events) {
      known[std::string(event.type)] = event.schema_version;
    }
  }
  for (const ProjectionRegistration& projection : application.parts().projections) {
    for (const HandledEvent& event : projection.definition->handled()) {
      known[event.type] = event.schema_version;
    }
  }
  return known;
}

std::string MiB(uint64_t bytes) {
  return absl::StrCat(bytes >> 20, " MiB");
}

}  // namespace

absl::Status FindInViews(const Patient& patient, std::vector<Finding>* findings) {
  const auto add = [&](std::string problem, std::string mend) {
    findings->push_back({"views", true, std::move(problem), std::move(mend)});
  };
  const std::string catch_up = CommandLine(patient, "catch-up");
  const StoreReader& reader = *patient.session.reader;
  for (const ProjectionRegistration& projection : patient.application.parts().projections) {
    const ProjectionDefinition& definition = *projection.definition;
    DAYBOOK_ASSIGN_OR_RETURN(const StoredView view,
                             FindStoredView(*patient.session.store, reader, definition));
    if (view.generation == 0) {
      add(absl::StrCat("view ", definition.name(), " was never built"), catch_up);
      continue;
    }
    if (!view.current) {
      add(absl::StrCat("view ", definition.name(), " was built by another definition: ",
                       "the next opening begins generation ", view.generation + 1),
          catch_up);
      continue;
    }
    DAYBOOK_ASSIGN_OR_RETURN(const PendingEvents pending,
                             TryPendingEvents(reader, definition, view));
    if (!pending.stops.ok()) {
      add(std::string(pending.stops.message()), absl::StrCat("mend its On, then ", catch_up));
    } else if (pending.events > patient.arguments.max_lag) {
      add(absl::StrCat("view ", definition.name(), " stands at position ",
                       view.checkpoint.ToString(), ", ", view.lag_events, " events behind the log"),
          catch_up);
    }
  }
  return absl::OkStatus();
}

absl::Status FindInSnapshots(const Patient& patient, std::vector<Finding>* findings) {
  DAYBOOK_ASSIGN_OR_RETURN(const std::unique_ptr<SnapshotStore> snapshots,
                           OpenSnapshots(*patient.session.store));
  if (snapshots == nullptr) return absl::OkStatus();
  const StoreReader& reader = *patient.session.reader;
  DAYBOOK_ASSIGN_OR_RETURN(const TableId table, patient.session.store->OpenTable("$snapshots"));
  std::map<std::string, std::string> fingerprints;
  for (const AggregateDefinition* aggregate : patient.application.parts().aggregates) {
    fingerprints[std::string(aggregate->category)] =
        FingerprintOf(*aggregate->default_state->GetDescriptor(), aggregate->evolve_revision);
  }
  uint64_t all = 0;
  DAYBOOK_RETURN_IF_ERROR(
      reader.ScanRows(table, {}, [&](absl::string_view stream, absl::string_view) {
        const auto fingerprint = fingerprints.find(std::string(CategoryOf(stream)));
        if (fingerprint == fingerprints.end()) return true;  // of another application
        snapshots->Find(reader, stream, fingerprint->second);
        ++all;
        return true;
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
                                      " snapshots are of an older state or Evolve: their streams ",
                                      "are folded from the start"),
                         "none: each stream's next command writes its own anew"});
  }
  return absl::OkStatus();
}

absl::Status FindInTypes(const Patient& patient, std::vector<Finding>* findings) {
  const std::map<std::string, uint32_t> known = KnownTypes(patient.application);
  std::map<std::string, uint32_t> stored;
  for (const auto& [type, version] : patient.session.catalog->Schemas()) {
    stored[type] = std::max(stored[type], version);
  }
  for (const auto& [type, version] : stored) {
    const auto mine = known.find(type);
    if (mine == known.end()) {
      findings->push_back(
          {"types", true,
           absl::StrCat("the store has events of type ", type, ", which this build does not know"),
           "run a build whose aggregates and views know it"});
    } else if (version > mine->second) {
      findings->push_back({"types", true,
                           absl::StrCat("the store has schema version ", version, " of ", type,
                                        ", and this build knows ", mine->second),
                           "run the newer build"});
    }
  }
  return absl::OkStatus();
}

absl::Status FindOnDisk(const Patient& patient, std::vector<Finding>* findings) {
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
