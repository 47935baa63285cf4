// The gate before a deploy: whether this build can read everything that a store holds.
//
//   auto store = OpenStoreReadOnly("bank.db");
//   auto report = CheckSchema(**store, Aggregate<Account>(), Inline<Balances>());
//   if (!report->findings.empty()) std::cerr << report->ToString();
#ifndef DAYBOOK_AGGREGATES_SCHEMA_CHECK_H_
#define DAYBOOK_AGGREGATES_SCHEMA_CHECK_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "daybook/aggregates/app.h"
#include "daybook/core/event_store.h"

namespace daybook {

// Something that this build cannot read as it was meant.
struct SchemaFinding {
  std::string type;  // the event's stable name
  uint32_t schema_version = 1;
  std::string message;  // the message in question, which may be one inside; empty: the whole event
  std::string field;    // of that message; empty: none
  std::string rule;     // what is asked for, and what breaks it

  // "bank.deposited version 1: Deposited.amount keeps its type: int64 became string".
  std::string ToString() const;
};

struct SchemaReport {
  uint64_t events = 0;          // in the store
  uint64_t schemas = 0;         // types and schema versions of them
  uint64_t streams_folded = 0;  // with a sample of each, from their first event to their last
  std::vector<SchemaFinding> findings;  // by type and schema version; empty: deploy

  // A line for each finding, and one that sums up.
  std::string ToString() const;
};

namespace internal {
absl::StatusOr<SchemaReport> CheckSchemaOf(const EventStore& store,
                                           const AppRegistrations& registrations);
}  // namespace internal

// Checks a store, which may be open for reading only, against what App::Open would be given:
//   - each type and schema version that events are recorded in is one of today or has an upcaster
//   - the message that it was recorded as can be read as the one that this build has for it
//     (CompareSchemas)
//   - one event of each is decoded and upcast, and the aggregate folds the whole stream of it
// Writes nothing. The log is read once, and then those streams. An event type that no registered
// aggregate or view knows is a finding: register all that an application has.
// Errors as SchemaCatalog::Load and StoreReader::ReadLog.
template <typename... Registrations>
requires(internal::kIsRegistration<Registrations>&&...) absl::StatusOr<SchemaReport> CheckSchema(
    const EventStore& store, Registrations... registrations) {
  internal::AppRegistrations collected;
  (collected.Add(std::move(registrations)), ...);
  return internal::CheckSchemaOf(store, collected);
}

}  // namespace daybook

#endif  // DAYBOOK_AGGREGATES_SCHEMA_CHECK_H_
