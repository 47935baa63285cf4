// Builds views anew from the log, and says what was different.
#ifndef DAYBOOK_EXAMPLES_LOANS_REPLAY_H_
#define DAYBOOK_EXAMPLES_LOANS_REPLAY_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "daybook/aggregates/app.h"
#include "daybook/projections/rebuild.h"

namespace loans {

// Rebuilds the view of that name, and waits. InvalidArgument (InvalidField "view") when there is
// none; and the errors of App::Rebuild and RebuildHandle::Wait.
absl::StatusOr<daybook::RebuildReport> Replay(daybook::App& app, absl::string_view view,
                                              const daybook::RebuildOptions& options);

// Lines for people.
std::string ToText(absl::string_view view, const daybook::RebuildReport& report);

}  // namespace loans

#endif  // DAYBOOK_EXAMPLES_LOANS_REPLAY_H_
