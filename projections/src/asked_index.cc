#include "asked_index.h"

#include <optional>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "daybook/core/errors.h"

namespace daybook::internal {

absl::StatusOr<AskedIndex> AskedIndex::Of(const View& view, IndexQuery query) {
  const std::vector<RowIndex>& indexes = view.definition().indexes();
  for (size_t number = 0; number < indexes.size(); ++number) {
    if (indexes[number].name == query.index) return AskedIndex(view, number, std::move(query));
  }
  return InvalidFieldError("index", absl::StrCat("one of view ", view.name(), ": \"",
                                                 absl::CHexEscape(query.index), "\" is not"));
}

AskedIndex::AskedIndex(const View& view, size_t number, IndexQuery query)
    : view_(&view), number_(number), line_(IndexLine(index())), query_(std::move(query)) {}

std::vector<absl::string_view> AskedIndex::Parts() const {
  return {line_,
          query_.equal,
          query_.from.has_value() ? "from" : "",
          query_.from.has_value() ? *query_.from : absl::string_view(),
          query_.until.has_value() ? "until" : "",
          query_.until.has_value() ? *query_.until : absl::string_view()};
}

absl::StatusOr<StoredIndex> AskedIndex::In(const Generation& generation) const {
  const std::optional<size_t> number = IndexNumber(generation.index_layout, index());
  if (number.has_value()) {
    return StoredIndex{view_->name(), index(), *generation.index, *number};
  }
  return absl::UnavailableError(
      absl::StrCat("index ", name(), " of view ", view_->name(), " is being built: generation ",
                   generation.number, ", which answers until then, is of a definition without it"));
}

}  // namespace daybook::internal
