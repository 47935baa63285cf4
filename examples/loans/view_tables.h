// The views of an application as tables.
#ifndef DAYBOOK_EXAMPLES_LOANS_VIEW_TABLES_H_
#define DAYBOOK_EXAMPLES_LOANS_VIEW_TABLES_H_

#include <vector>

#include "absl/status/statusor.h"
#include "daybook/aggregates/app.h"
#include "tables.h"

namespace loans {

// Every view in the order of loans::Views, once it covers everything that is in the store. The
// errors of App::Range.
absl::StatusOr<std::vector<Table>> ReadTables(const daybook::App& app);

}  // namespace loans

#endif  // DAYBOOK_EXAMPLES_LOANS_VIEW_TABLES_H_
