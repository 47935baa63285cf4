// The text that tells where the next page begins, or where a live query goes on.
#ifndef DAYBOOK_PROJECTIONS_SRC_QUERY_TOKEN_H_
#define DAYBOOK_PROJECTIONS_SRC_QUERY_TOKEN_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace daybook::internal {

// The option that takes a token, and where its text comes from.
struct TokenField {
  absl::string_view name;
  absl::string_view source;
};
inline constexpr TokenField kPageField = {"page", "page gave it in `next`"};
inline constexpr TokenField kResumeField = {"resume", "batch gave it in `resume`"};

// What a page or a batch is one of.
struct TokenQuery {
  std::string view;
  std::string index;  // empty: by key
  std::string rows;   // a hash of which rows were asked for
};

// The hash of all that says so, each part told from the next.
std::string HashOfRows(absl::Span<const absl::string_view> parts);

// For what ended at `place`.
std::string TokenText(const TokenQuery& query, absl::string_view place);
// The place. InvalidArgument (InvalidField of `field`): the text is damaged, or the token of
// another view, index or query, and the rule says of which.
absl::StatusOr<std::string> ParseToken(const TokenField& field, const TokenQuery& query,
                                       absl::string_view text);

}  // namespace daybook::internal

#endif  // DAYBOOK_PROJECTIONS_SRC_QUERY_TOKEN_H_
