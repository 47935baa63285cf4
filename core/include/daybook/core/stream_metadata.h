// What becomes of a stream's events in time: how many and which are kept, deletion, tombstones.
#ifndef DAYBOOK_CORE_STREAM_METADATA_H_
#define DAYBOOK_CORE_STREAM_METADATA_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "daybook/core/event_store.h"
#include "daybook/core/expected_version.h"
#include "daybook/core/stream_limits.h"

namespace daybook {

// The stream that holds the metadata of `stream`: "$$" and its name. It is a stream like others:
// its events, of type `$metadata`, can be read, and tell who changed what, when.
std::string MetadataStreamOf(absl::string_view stream);

// Sets the limits of `stream`, which need not be there yet; those that are not set are taken away.
// Reads honour them as soon as this returns. Waits for the outcome.
//   InvalidArgument     a bad name or limit (InvalidField)
//   FailedPrecondition  the stream has a tombstone (StreamTombstoned)
//   the store's own     as of every append
absl::StatusOr<AppendResult> SetStreamLimits(EventStore& store, absl::string_view stream,
                                             const StreamLimits& limits);

// The limits that are set. DataLoss where stored bytes are damaged.
absl::StatusOr<StreamLimits> ReadStreamLimits(const StoreReader& reader, absl::string_view stream);

// Deletes the stream: it is no longer there, as far as reads of it and expected versions go. An
// append makes it anew, with versions that go on where they ended. Waits for the outcome.
//   Aborted             `expected` does not hold (VersionConflict); or the stream got events all
//                       the while: hold whoever appends, or delete at an expected version
//   NotFound            there is no such stream
//   FailedPrecondition, InvalidArgument, the store's own: as above
absl::StatusOr<AppendResult> DeleteStream(EventStore& store, absl::string_view stream,
                                          ExpectedVersion expected = ExpectedVersion::Any());

// The same for good: nothing is appended to it ever again. A stream that was never there may get a
// tombstone, too. Errors as above, but for NotFound.
absl::StatusOr<AppendResult> TombstoneStream(EventStore& store, absl::string_view stream,
                                             ExpectedVersion expected = ExpectedVersion::Any());

}  // namespace daybook

#endif  // DAYBOOK_CORE_STREAM_METADATA_H_
