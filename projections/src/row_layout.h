// What a row message looks like, as text: what fingerprints are made of, and what says whether rows
// that another build of the application wrote can be read.
#ifndef DAYBOOK_PROJECTIONS_SRC_ROW_LAYOUT_H_
#define DAYBOOK_PROJECTIONS_SRC_ROW_LAYOUT_H_

#include <string>

#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"

namespace daybook::internal {

// A line for the message and for each of its fields, then the same of the messages inside.
std::string RowLayout(const google::protobuf::Descriptor* row);

// Rows of layout `old` mean the same to who knows `current`: a field number that both have is the
// same field. Fields that only one of them has are left out, or at their default.
bool ReadableAs(absl::string_view old, absl::string_view current);

}  // namespace daybook::internal

#endif  // DAYBOOK_PROJECTIONS_SRC_ROW_LAYOUT_H_
