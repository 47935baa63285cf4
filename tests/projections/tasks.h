// Views with indexes, and their rows by hand.
#ifndef DAYBOOK_TESTS_PROJECTIONS_TASKS_H_
#define DAYBOOK_TESTS_PROJECTIONS_TASKS_H_

#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "daybook/projections/projection_engine.h"
#include "shop.h"
#include "tasks.daybook.h"

namespace tasks {

// Keyed by task: what was set last.
struct Tasks : TaskProjection {
  static void On(Row& row, const TaskSet& event) {
    row.set_assignee(event.assignee());
    row.set_due(event.due());
    row.set_kind(event.kind());
    row.set_urgent(event.urgent());
    row.set_points(event.points());
    row.set_code(event.code());
    row.set_shift(event.shift());
    row.clear_size();
    if (event.size() > 0) row.set_size(event.size());
    row.clear_at();
    if (event.has_at()) *row.mutable_at() = event.at();
  }
  static void On(Row&, const TaskRemoved&, daybook::EventContext& context) { context.DeleteRow(); }
};
// The same under another name.
struct AsyncTasks : Tasks {
  static constexpr absl::string_view kName = "AsyncTask";
};

inline daybook::Event SetTask(TaskSet task) {
  return shop::EventOf(task);
}
inline daybook::Event RemoveTask(std::string task) {
  return shop::EventOf(daybook::Make<TaskRemoved>({.task = std::move(task)}));
}

// The entries in the table of a build's indexes.
inline shop::Rows StoredEntries(daybook::EventStore& store, const daybook::StoreReader& reader,
                                absl::string_view view, uint32_t generation = 1) {
  shop::Rows entries;
  absl::StatusOr<daybook::TableId> table =
      store.OpenTable(absl::StrCat("index/", view, "/", generation));
  EXPECT_THAT(table, daybook::IsOk());
  if (!table.ok()) return entries;
  EXPECT_THAT(reader.ScanRows(*table, {},
                              [&](absl::string_view key, absl::string_view value) {
                                entries.emplace(key, value);
                                return true;
                              }),
              daybook::IsOk());
  return entries;
}

// The entries that the rows of a build are to have.
template <typename P>
shop::Rows EntriesOf(const shop::Rows& rows) {
  shop::Rows entries;
  for (const auto& [key, bytes] : rows) {
    typename P::Row row;
    EXPECT_TRUE(row.ParseFromString(bytes));
    for (size_t i = 0; i < std::size(P::kIndexes); ++i) {
      std::string entry(1, static_cast<char>(i));
      P::AppendIndexValues(i, row, &entry);
      entries.emplace(entry + key, "");
    }
  }
  return entries;
}

}  // namespace tasks

#endif  // DAYBOOK_TESTS_PROJECTIONS_TASKS_H_
