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
#include "daybook/projections/stored_view.h"
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
    fingerprints[std::string(aggregate->category)] = SnapshotFingerprintOf(*aggregate);
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
                                      " snapshots are of an older state, Evolve or Upcast: their ",
                                      "streams are folded from the start"),
                         "none: each stream's next command writes its own anew"});
  }
  return absl::OkStatus();
}

absl::Status FindInSchemas(const Patient& patient, std::vector<Finding>* findings) {
  const ApplicationParts& parts = patient.application.parts();
  DAYBOOK_ASSIGN_OR_RETURN(
      const SchemaReport report,
      internal::CheckSchemaOf(*patient.session.store,
                              {.aggregates = parts.aggregates, .projections = parts.projections}));
  for (const SchemaFinding& found : report.findings) {
    findings->push_back({"schema", true, found.ToString(),
                         "run a build that reads it: the newer one, or this one with an upcaster"});
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
