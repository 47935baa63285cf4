// The typed half of indexes: which entries a row has, and which of them are stored. Folds use it;
// nobody else has to read it.
#ifndef DAYBOOK_PROJECTIONS_ROW_ENTRIES_H_
#define DAYBOOK_PROJECTIONS_ROW_ENTRIES_H_

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace daybook::internal {

// An entry of an index to be stored, or to be deleted.
using WriteEntry = absl::FunctionRef<void(std::string entry, bool put)>;

// The entry of the row `key`, whose values in the index of this number are `values`.
std::string IndexEntry(size_t number, absl::string_view values, absl::string_view key);
// What a commit is taken to need for it, beside its bytes.
inline constexpr size_t kEntryWriteBytes = 32;
// InvalidArgument (InvalidField) unless such an entry is a key that a table takes.
absl::Status CheckEntryFits(absl::string_view index, absl::string_view values,
                            absl::string_view key);

template <typename P>
inline constexpr bool kIndexed = requires {
  P::kIndexes;
};

// Of one row of a view without indexes.
template <typename P>
class NoEntries {
 public:
  static constexpr size_t kBytes = 0;
  void Load(absl::string_view, const typename P::Row&) {}
  absl::Status Check(absl::string_view, const typename P::Row&) { return absl::OkStatus(); }
  size_t TakeGrowth() { return 0; }
  void Flush(absl::string_view, const typename P::Row*, WriteEntry) {}
  void FlushDone(bool) {}
};

// Of one row. What is stored is always that of the row as it is stored, since both are written in
// one commit: so it is known from the row that was loaded.
template <typename P>
class StoredEntries {
 public:
  using Row = typename P::Row;
  static constexpr size_t kIndexes = std::size(P::kIndexes);
  // In memory, about.
  static constexpr size_t kBytes = 2 * kIndexes * sizeof(std::string);

  // The row is stored like this.
  void Load(absl::string_view key, const Row& row) {
    stored_ = ValuesOf(row);
    for (const std::string& values : stored_) bytes_ += BytesOf(values, key);
  }

  // After each change: whether the row's entries can be stored.
  absl::Status Check(absl::string_view key, const Row& row) {
    size_t bytes = 0;
    std::string values;
    for (size_t i = 0; i < kIndexes; ++i) {
      values.clear();
      P::AppendIndexValues(i, row, &values);
      if (absl::Status fits = CheckEntryFits(P::kIndexes[i].name, values, key); !fits.ok()) {
        return fits;
      }
      bytes += BytesOf(values, key);
    }
    bytes_ = std::max(bytes_, bytes);
    return absl::OkStatus();
  }
  // What writing them takes, about and more than was said since the last Flush.
  size_t TakeGrowth() {
    // Old ones go, and new ones come.
    return 2 * (bytes_ - std::exchange(told_, bytes_));
  }

  // Hands out what is to be stored and deleted, when the row is written; nullptr: is deleted.
  void Flush(absl::string_view key, const Row* row, WriteEntry write) {
    flushing_ = row == nullptr ? std::vector<std::string>() : ValuesOf(*row);
    told_ = 0;
    for (size_t i = 0; i < kIndexes; ++i) {
      const std::string* const before = i < stored_.size() ? &stored_[i] : nullptr;
      const std::string* const now = i < flushing_.size() ? &flushing_[i] : nullptr;
      if (before != nullptr && now != nullptr && *before == *now) continue;
      if (before != nullptr) write(IndexEntry(i, *before, key), /*put=*/false);
      if (now != nullptr) write(IndexEntry(i, *now, key), /*put=*/true);
    }
  }
  // That was stored, or was not.
  void FlushDone(bool stored) {
    if (stored) stored_ = std::move(flushing_);
    flushing_.clear();
  }

 private:
  static size_t BytesOf(absl::string_view values, absl::string_view key) {
    return 1 + values.size() + key.size() + kEntryWriteBytes;
  }
  static std::vector<std::string> ValuesOf(const Row& row) {
    std::vector<std::string> values(kIndexes);
    for (size_t i = 0; i < kIndexes; ++i) P::AppendIndexValues(i, row, &values[i]);
    return values;
  }

  // By index; empty where there is no row.
  std::vector<std::string> stored_;
  std::vector<std::string> flushing_;
  size_t bytes_ = 0;  // of the longest that they were
  size_t told_ = 0;
};

template <typename P>
using RowEntries = std::conditional_t<kIndexed<P>, StoredEntries<P>, NoEntries<P>>;

}  // namespace daybook::internal

#endif  // DAYBOOK_PROJECTIONS_ROW_ENTRIES_H_
