// All of the embedded framework. Only re-exports: to compile less, include what is used.
#ifndef DAYBOOK_DAYBOOK_H_
#define DAYBOOK_DAYBOOK_H_

// IWYU pragma: begin_exports
#include "daybook/aggregates/aggregate.h"
#include "daybook/aggregates/app.h"
#include "daybook/aggregates/app_options.h"
#include "daybook/aggregates/command_context.h"
#include "daybook/aggregates/command_options.h"
#include "daybook/aggregates/decision.h"
#include "daybook/aggregates/reply.h"
#include "daybook/core/clock.h"
#include "daybook/core/codec.h"
#include "daybook/core/commit.h"
#include "daybook/core/commit_participant.h"
#include "daybook/core/errors.h"
#include "daybook/core/event.h"
#include "daybook/core/event_store.h"
#include "daybook/core/expected_version.h"
#include "daybook/core/file_system.h"
#include "daybook/core/limits.h"
#include "daybook/core/metadata.h"
#include "daybook/core/mutex.h"
#include "daybook/core/open.h"
#include "daybook/core/position.h"
#include "daybook/core/runtime.h"
#include "daybook/core/schema_catalog.h"
#include "daybook/core/status_macros.h"
#include "daybook/core/stream_name.h"
#include "daybook/core/subscription.h"
#include "daybook/core/token.h"
#include "daybook/core/uuid.h"
#include "daybook/projections/event_context.h"
#include "daybook/projections/projection.h"
#include "daybook/projections/projection_engine.h"
#include "daybook/projections/rebuild.h"
#include "daybook/projections/row_fold.h"
#include "daybook/projections/view_query.h"
#include "daybook/snapshots/fingerprint.h"
#include "daybook/snapshots/snapshot_store.h"
// IWYU pragma: end_exports

#endif  // DAYBOOK_DAYBOOK_H_
