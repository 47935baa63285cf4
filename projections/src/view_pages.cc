#include "view_pages.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "asked_index.h"
#include "daybook/core/errors.h"
#include "daybook/core/status_macros.h"
#include "index_table.h"
#include "query_token.h"
#include "view_tables.h"

namespace daybook::internal {
namespace {

TokenQuery QueryOf(const View& view, const RangeOptions& options) {
  return {view.name(), /*index=*/"", HashOfRange(options)};
}

// Forwards is what tokens of old are, which have no part for it.
std::string HashOfQuery(std::vector<absl::string_view> parts, Direction direction) {
  if (direction == Direction::kBackwards) parts.push_back("backwards");
  return HashOfRows(parts);
}

absl::StatusOr<ScanOptions> ScanOf(const View& view, const RangeOptions& options) {
  ScanOptions scan = ScanOfRange(options);
  if (options.page.empty()) return scan;
  DAYBOOK_ASSIGN_OR_RETURN(const std::string place,
                           ParseToken(kPageField, QueryOf(view, options), options.page));
  if (options.direction == Direction::kForwards) {
    scan.from = std::max(scan.from, KeyAfter(place));
  } else if (!scan.until.has_value() || place < *scan.until) {
    scan.until = place;
  }
  return scan;
}

// Takes the rows of a page as a scan gives them, each with the place where it stands.
class PageVisit {
 public:
  PageVisit(size_t limit, VisitRow visit) : left_(limit), visit_(visit) {}

  // False: the page is over.
  bool Take(absl::string_view place, absl::string_view key, absl::string_view value) {
    if (!HasRoom()) return false;
    --left_;
    last_.assign(place.data(), place.size());
    return visit_(key, value);
  }
  // Asked before a row is looked up.
  bool HasRoom() {
    more_ = left_ == 0;
    return !more_;
  }
  std::string Next(const TokenQuery& query) const {
    return more_ ? TokenText(query, last_) : std::string();
  }

 private:
  size_t left_;
  VisitRow visit_;
  std::string last_;
  bool more_ = false;
};

absl::Status CheckLimit(size_t limit) {
  if (limit > 0) return absl::OkStatus();
  return InvalidFieldError("limit", "at least 1 for a page");
}

}  // namespace

std::string KeyAfter(absl::string_view key) {
  return absl::StrCat(key, absl::string_view("\0", 1));
}

ScanOptions ScanOfRange(const RangeOptions& options) {
  ScanOptions scan{.from = std::max(options.from, options.prefix),
                   .until = options.until,
                   .limit = options.limit,
                   .direction = options.direction};
  if (!options.prefix.empty()) {
    const std::optional<std::string> after = AfterPrefix(options.prefix);
    if (after.has_value() && (!scan.until.has_value() || *after < *scan.until)) scan.until = after;
  }
  return scan;
}

bool IsEmpty(const ScanOptions& scan) {
  return scan.limit == 0 || (scan.until.has_value() && *scan.until <= scan.from);
}

std::string HashOfRange(const RangeOptions& options) {
  return HashOfQuery({options.from, options.until.has_value() ? "until" : "",
                      options.until.value_or(""), options.prefix},
                     options.direction);
}

absl::Status ScanRange(const ViewReader& reader, const View& view, const RangeOptions& options,
                       VisitRow visit) {
  DAYBOOK_ASSIGN_OR_RETURN(const ScanOptions scan, ScanOf(view, options));
  DAYBOOK_ASSIGN_OR_RETURN(const ViewReader::Rows rows,
                           reader.At(view, options.at_least, options.timeout));
  if (IsEmpty(scan)) return absl::OkStatus();
  return rows.reader->ScanRows(rows.table, scan, visit);
}

absl::StatusOr<std::string> PageOfRange(const ViewReader& reader, const View& view,
                                        const RangeOptions& options, VisitRow visit) {
  DAYBOOK_RETURN_IF_ERROR(CheckLimit(options.limit));
  DAYBOOK_ASSIGN_OR_RETURN(ScanOptions scan, ScanOf(view, options));
  scan.limit = ~size_t{0};
  DAYBOOK_ASSIGN_OR_RETURN(const ViewReader::Rows rows,
                           reader.At(view, options.at_least, options.timeout));
  if (IsEmpty(scan)) return std::string();
  PageVisit page(options.limit, visit);
  DAYBOOK_RETURN_IF_ERROR(
      rows.reader->ScanRows(rows.table, scan, [&](absl::string_view key, absl::string_view value) {
        return page.Take(/*place=*/key, key, value);
      }));
  return page.Next(QueryOf(view, options));
}

absl::StatusOr<std::string> PageOfIndex(const ViewReader& reader, const View& view,
                                        const IndexQuery& query, const FindOptions& options,
                                        VisitRow visit) {
  DAYBOOK_RETURN_IF_ERROR(CheckLimit(options.limit));
  DAYBOOK_ASSIGN_OR_RETURN(const AskedIndex asked, AskedIndex::Of(view, query));
  const TokenQuery paged{view.name(), asked.name(), HashOfQuery(asked.Parts(), options.direction)};
  std::optional<std::string> place;
  if (!options.page.empty()) {
    DAYBOOK_ASSIGN_OR_RETURN(place, ParseToken(kPageField, paged, options.page));
  }
  DAYBOOK_ASSIGN_OR_RETURN(const ViewReader::Rows rows,
                           reader.At(view, options.at_least, options.timeout));
  DAYBOOK_ASSIGN_OR_RETURN(const StoredIndex stored, asked.In(*rows.generation));
  PageVisit page(options.limit, visit);
  DAYBOOK_RETURN_IF_ERROR(
      ScanIndex(*rows.reader, stored, query, options.direction, place,
                [&](absl::string_view at, absl::string_view key) -> absl::StatusOr<bool> {
                  if (!page.HasRoom()) return false;
                  DAYBOOK_ASSIGN_OR_RETURN(const std::string row,
                                           GetIndexedRow(*rows.reader, stored, rows.table, key));
                  return page.Take(at, key, row);
                }));
  return page.Next(paged);
}

}  // namespace daybook::internal
