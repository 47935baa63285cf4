// The stored outcomes of commands: what makes a command execute once (G4).
#ifndef DAYBOOK_AGGREGATES_SRC_REPLY_STORE_H_
#define DAYBOOK_AGGREGATES_SRC_REPLY_STORE_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "daybook/aggregates/reply.h"
#include "daybook/core/clock.h"
#include "daybook/core/commit.h"
#include "daybook/core/event_store.h"
#include "daybook/v1/reply.pb.h"
#include "registered_aggregate.h"

namespace daybook::internal {

// The status of a rejected command.
absl::Status RejectionError(const v1::Rejection& rejection);

// The table "$replies". Thread-safe.
class ReplyStore {
 public:
  // `store` and `clock` must outlive it.
  static absl::StatusOr<std::unique_ptr<ReplyStore>> Open(EventStore* store, Clock* clock,
                                                          absl::Duration retention);

  // The outcome of a command that comes a second time; nullopt when its id was never used.
  // InvalidArgument (InvalidField "command_id") when the id belongs to another stream or command
  // type, or is older than the window; FailedPrecondition for a rejection; DataLoss when it or one
  // of its events cannot be read (UnknownEvent, Damage). The events are those of today.
  std::optional<absl::StatusOr<Reply>> Repeat(const StoreReader& reader, const CommandId& id,
                                              absl::string_view stream,
                                              const AggregateRegistry::Command& command) const;

  TableId table() const { return table_; }

  // What makes `stored` the outcome of the id, in the command's commit.
  Claim ClaimOf(const CommandId& id, const v1::StoredReply& stored) const;

 private:
  absl::StatusOr<std::optional<v1::StoredReply>> Find(const StoreReader& reader,
                                                      const CommandId& id) const;
  absl::StatusOr<Reply> FromRow(const StoreReader& reader, const CommandId& id,
                                const v1::StoredReply& stored, absl::string_view stream,
                                const AggregateRegistry::Command& command) const;
  absl::Status Expired(absl::Time executed) const;

  ReplyStore(TableId table, Clock* clock, absl::Duration retention)
      : table_(table), clock_(clock), retention_(retention) {}

  const TableId table_;
  Clock* const clock_;
  const absl::Duration retention_;
};

}  // namespace daybook::internal

#endif  // DAYBOOK_AGGREGATES_SRC_REPLY_STORE_H_
