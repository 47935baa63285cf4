#include <memory>
#include <utility>

#include "check_app_options.h"
#include "daybook/aggregates/app.h"
#include "daybook/core/open.h"

namespace daybook {

absl::StatusOr<App> App::OpenAt(absl::string_view path, const AppOptions& options,
                                internal::AppRegistrations registrations) {
  DAYBOOK_RETURN_IF_ERROR(internal::CheckAppOptions(options));
  DAYBOOK_ASSIGN_OR_RETURN(std::unique_ptr<EventStore> store, OpenStore(path, options.store));
  return OpenOn(std::move(store), options, std::move(registrations));
}

}  // namespace daybook
