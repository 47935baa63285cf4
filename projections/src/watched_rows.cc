#include "watched_rows.h"

#include <utility>
#include <vector>

#include "asked_index.h"
#include "daybook/core/status_macros.h"
#include "daybook/projections/projection.h"
#include "index_table.h"
#include "view_pages.h"

namespace daybook::internal {
namespace {

bool Covers(const ScanOptions& range, absl::string_view key) {
  return key >= range.from && (!range.until.has_value() || key < *range.until);
}

class RowsOfRange final : public WatchedRows {
 public:
  RowsOfRange(const View& view, const RangeOptions& range)
      : query_{view.name(), /*index=*/"", HashOfRows({"watch", HashOfRange(range)})},
        range_(ScanOfRange(range)) {}

  TokenQuery query() const override { return query_; }
  bool MayHave(absl::string_view key) const override { return Covers(range_, key); }
  bool ByWhatRowsHold() const override { return false; }

  absl::StatusOr<std::optional<std::string>> Get(const ViewReader::Rows& rows,
                                                 absl::string_view key) override {
    return rows.reader->GetRow(rows.table, key);
  }

  absl::StatusOr<bool> Visit(const ViewReader::Rows& rows, size_t limit,
                             std::optional<std::string>* place, VisitRow visit) override {
    ScanOptions scan = range_;
    if (place->has_value()) scan.from = KeyAfter(**place);
    if (IsEmpty(scan)) return true;
    bool all = true;
    absl::Status visited;
    DAYBOOK_RETURN_IF_ERROR(
        rows.reader->ScanRows(rows.table, scan, [&](absl::string_view key, absl::string_view row) {
          all = limit > 0;
          if (!all) return false;
          --limit;
          place->emplace(key);
          visited = visit(key, row);
          return visited.ok();
        }));
    DAYBOOK_RETURN_IF_ERROR(visited);
    return all;
  }

 private:
  const TokenQuery query_;
  const ScanOptions range_;
};

class RowsOfIndex final : public WatchedRows {
 public:
  RowsOfIndex(const View& view, AskedIndex asked, const RangeOptions& range)
      : definition_(view.definition()),
        asked_(std::move(asked)),
        query_{view.name(), asked_.name(), HashOf(asked_, range)},
        range_(ScanOfRange(range)) {}

  TokenQuery query() const override { return query_; }
  bool MayHave(absl::string_view key) const override { return Covers(range_, key); }
  bool ByWhatRowsHold() const override { return true; }

  absl::StatusOr<std::optional<std::string>> Get(const ViewReader::Rows& rows,
                                                 absl::string_view key) override {
    DAYBOOK_ASSIGN_OR_RETURN(std::optional<std::string> row, rows.reader->GetRow(rows.table, key));
    if (!row.has_value()) return std::nullopt;
    DAYBOOK_ASSIGN_OR_RETURN(const std::string values,
                             definition_.IndexValues(asked_.number(), key, *row));
    if (!AsksFor(asked_.query(), values, key)) return std::nullopt;
    return row;
  }

  absl::StatusOr<bool> Visit(const ViewReader::Rows& rows, size_t limit,
                             std::optional<std::string>* place, VisitRow visit) override {
    DAYBOOK_ASSIGN_OR_RETURN(const StoredIndex stored, asked_.In(*rows.generation));
    bool all = true;
    const std::optional<std::string> after = *place;
    DAYBOOK_RETURN_IF_ERROR(
        ScanIndex(*rows.reader, stored, asked_.query(), Direction::kForwards, after,
                  [&](absl::string_view at, absl::string_view key) -> absl::StatusOr<bool> {
                    if (!MayHave(key)) return true;
                    all = limit > 0;
                    if (!all) return false;
                    --limit;
                    place->emplace(at);
                    DAYBOOK_ASSIGN_OR_RETURN(const std::string row,
                                             GetIndexedRow(*rows.reader, stored, rows.table, key));
                    DAYBOOK_RETURN_IF_ERROR(visit(key, row));
                    return true;
                  }));
    return all;
  }

 private:
  static std::string HashOf(const AskedIndex& asked, const RangeOptions& range) {
    const std::string hash = HashOfRange(range);
    std::vector<absl::string_view> parts = asked.Parts();
    parts.insert(parts.end(), {"watch", hash});
    return HashOfRows(parts);
  }

  const ProjectionDefinition& definition_;
  const AskedIndex asked_;
  const TokenQuery query_;
  const ScanOptions range_;
};

}  // namespace

std::unique_ptr<WatchedRows> WatchedRange(const View& view, const RangeOptions& range) {
  return std::make_unique<RowsOfRange>(view, range);
}

absl::StatusOr<std::unique_ptr<WatchedRows>> WatchedByIndex(const View& view,
                                                            const IndexQuery& query,
                                                            const RangeOptions& range) {
  DAYBOOK_ASSIGN_OR_RETURN(AskedIndex asked, AskedIndex::Of(view, query));
  return std::make_unique<RowsOfIndex>(view, std::move(asked), range);
}

}  // namespace daybook::internal
