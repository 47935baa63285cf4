#include "store_session.h"

#include "absl/strings/str_cat.h"
#include "daybook/core/errors.h"
#include "daybook/core/open.h"
#include "daybook/core/status_macros.h"

namespace daybook::tools {

absl::StatusOr<StoreSession> OpenSession(const std::string& path, const Console& console) {
  StoreSession session;
  if (console.running != nullptr) {
    session.store = console.running->store;
  } else {
    DAYBOOK_ASSIGN_OR_RETURN(session.opened, OpenStoreReadOnly(path));
    session.store = session.opened.get();
  }
  DAYBOOK_ASSIGN_OR_RETURN(session.catalog, SchemaCatalog::Load(*session.store));
  session.reader = session.store->Reader();
  return session;
}

ExitCode FailToOpen(Console& console, const std::string& path, const absl::Status& status) {
  const std::string hint = ". STORE is the directory that an application opened";
  switch (status.code()) {
    case absl::StatusCode::kNotFound:
      return Fail(console, kNoStore, absl::StrCat("no store at ", path, hint));
    case absl::StatusCode::kInvalidArgument: {
      const auto field = ErrorPayload<v1::InvalidField>(status);
      if (field.has_value() && field->field() == "path") {
        return Fail(console, kNoStore,
                    absl::StrCat("no store at ", path, ": ", field->rule(), hint));
      }
      // An option, or what an application registers.
      return Fail(console, kUsage, absl::StrCat("cannot open ", path, ": ", status.message()));
    }
    case absl::StatusCode::kUnavailable:
      return Fail(console, kInUse,
                  absl::StrCat("the store ", path, " is in use: it is open in another process, ",
                               "which does not answer the tools. Stop it, or look at a copy"));
    case absl::StatusCode::kDataLoss:
      return Fail(console, kDamaged,
                  absl::StrCat("the store ", path, " is damaged: ", status.message()));
    default:
      return Fail(console, kOther, absl::StrCat("cannot open ", path, ": ", status.message()));
  }
}

}  // namespace daybook::tools
