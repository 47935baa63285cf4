// The typed half of the fold engine: rows of one view in memory, and the events folded into them.
// Registrations instantiate it; nobody else has to read it.
#ifndef DAYBOOK_PROJECTIONS_ROW_FOLD_H_
#define DAYBOOK_PROJECTIONS_ROW_FOLD_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/node_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "daybook/core/codec.h"
#include "daybook/core/event.h"
#include "daybook/core/limits.h"
#include "daybook/core/status_macros.h"
#include "daybook/core/stream_name.h"
#include "daybook/projections/event_context.h"
#include "daybook/projections/row_by_row.h"
#include "daybook/projections/row_entries.h"
#include "daybook/proto/completeness.h"
#include "daybook/proto/message_traits.h"
#include "google/protobuf/message_lite.h"

namespace daybook::internal {

// The stored row of a key; nullopt when there is none.
using LoadRow = absl::FunctionRef<absl::StatusOr<std::optional<std::string>>(absl::string_view)>;
// A row to be stored; nullopt: to be deleted.
using WriteRow = absl::FunctionRef<void(absl::string_view key, std::optional<std::string> value)>;

absl::Status RowKeyTooLong(size_t bytes);
absl::Status RowTooLarge(absl::string_view key, size_t bytes);
absl::Status RowDamaged(absl::string_view key);
// RowDamaged: the bytes are no such row.
absl::Status ParseRow(absl::string_view key, absl::string_view bytes,
                      google::protobuf::MessageLite* row);

// One event of today for one handler of a projection.
struct Handling {
  size_t handler;                                // of ProjectionDefinition::handled
  const google::protobuf::MessageLite* message;  // of that handler's type
};

// Rows of one view in memory. A row exists once On was called for its key and it was not deleted.
// Not thread-safe.
class RowFold {
 public:
  virtual ~RowFold() = default;

  // Folds what the event is today, in order: one, but for an event of the past that was split or
  // dropped. On an error no row has changed.
  absl::Status Apply(absl::Span<const Handling> handlings, const RecordedEvent& event,
                     LoadRow load) {
    return ApplyByRow(handlings, event, load, nullptr);
  }
  // The same, but that a row for which On fails is as it was, and stands in `rows`; an error is
  // then one of a stored row, or of a key. nullptr: as Apply.
  virtual absl::Status ApplyByRow(absl::Span<const Handling> handlings, const RecordedEvent& event,
                                  LoadRow load, RowByRow* rows) = 0;

  // Folds only into the rows whose keys `mine` says yes to; the others are somebody else's. Before
  // the first Apply.
  void Restrict(std::function<bool(absl::string_view key)> mine) { mine_ = std::move(mine); }
  // Whether the row of `key` is one of those.
  bool Folds(absl::string_view key) const { return mine_ == nullptr || mine_(key); }
  // False: Apply would do nothing, as can be told without decoding the event. `handlers` are those
  // that it may be for; none: that is not known.
  virtual bool Wants(absl::Span<const size_t> handlers, const RecordedEvent& event) const = 0;

  // Hands out each row changed since the last time, in the order of their first change, and the
  // entries of indexes that change with it. Until FlushDone the rows stay in memory, since their
  // stored form may still be the old one. An error (a row too large) leaves the fold fit for Clear
  // only.
  virtual absl::Status Flush(WriteRow write, WriteEntry write_entry) = 0;
  // The same for who wants the rows alone.
  absl::Status FlushRows(WriteRow write) {
    return Flush(write, [](const std::string&, bool) {});
  }
  // What Flush handed out is stored; or, when not `stored`, will be handed out again.
  virtual void FlushDone(bool stored) = 0;

  // Forgets the rows that are stored. Not between Flush and FlushDone.
  virtual void Evict() = 0;
  // Forgets everything, changes included.
  virtual void Clear() = 0;

  // Makes the estimates exact for the rows that changed. Costs a look at each.
  virtual void Measure() = 0;

  size_t dirty_rows() const { return dirty_rows_; }
  // An estimate of what Flush would hand out, and of all rows in memory: a row is taken to grow by
  // each event folded into it.
  size_t dirty_bytes() const { return dirty_bytes_; }
  size_t cached_bytes() const { return cached_bytes_; }
  // What entries of indexes make up of dirty_bytes().
  size_t entry_bytes() const { return entry_bytes_; }

 protected:
  size_t dirty_rows_ = 0;
  size_t dirty_bytes_ = 0;
  size_t cached_bytes_ = 0;
  size_t entry_bytes_ = 0;
  std::function<bool(absl::string_view key)> mine_;  // none: all are
};

// P::Key(const E&), P::Key(const E&, const RecordedEvent&).
template <typename P, typename E>
concept KeysEvent = requires(const E& event) {
  P::Key(event);
};
template <typename P, typename E>
concept KeysRecordedEvent = requires(const E& event, const RecordedEvent& recorded) {
  P::Key(event, recorded);
};

// The row is that of the stream's key.
template <typename P, typename E>
inline constexpr bool kKeyedByStream =
    !KeysEvent<P, E> && !KeysRecordedEvent<P, E> && !MessageTraits<E>::kHasKey;

template <typename P, typename E>
inline constexpr bool kHandles =
    HandlesEvent<P, typename P::Row, E> && !P::Ignores::template kContains<E>;

template <typename P, typename E>
decltype(auto) CallOn(typename P::Row& row, const E& event, EventContext& context) {
  if constexpr (requires { P::On(row, event, context); }) {
    return P::On(row, event, context);
  } else {
    return P::On(row, event);
  }
}

template <typename P>
class TypedRowFold final : public RowFold {
 public:
  using Row = typename P::Row;

  absl::Status ApplyByRow(absl::Span<const Handling> handlings, const RecordedEvent& event,
                          LoadRow load, RowByRow* rows) override {
    static const std::vector<Handler>& handlers = *new std::vector<Handler>(Handlers());
    undo_.clear();
    by_row_ = rows;
    keep_undo_ = handlings.size() > 1;
    for (const Handling& handling : handlings) {
      absl::Status status = (this->*handlers[handling.handler])(event, *handling.message, load);
      if (!status.ok()) {
        Undo();
        return status;
      }
    }
    return absl::OkStatus();
  }

  bool Wants(absl::Span<const size_t> handlers, const RecordedEvent& event) const override {
    static const std::vector<bool>& by_stream = *new std::vector<bool>(KeyedByStream());
    if (mine_ == nullptr || handlers.empty()) return true;
    for (const size_t handler : handlers) {
      if (!by_stream[handler]) return true;
    }
    return mine_(KeyOf(event.stream));
  }

  absl::Status Flush(WriteRow write, WriteEntry write_entry) override {
    for (Entry* entry : dirty_) {
      std::optional<std::string> value;
      if (entry->exists) {
        value = EncodeMessage(entry->row);
        if (value->size() > kMaxRowBytes) return RowTooLarge(*entry->key, value->size());
        cached_bytes_ += value->size();
        cached_bytes_ -= entry->bytes;
        entry->bytes = value->size();
      }
      const bool known_absent = !entry->exists && !entry->stored;
      entry->dirty = false;
      entry->stored = entry->exists;
      if (!known_absent) write(*entry->key, std::move(value));
      entry->entries.Flush(*entry->key, entry->exists ? &entry->row : nullptr, write_entry);
    }
    flushing_.swap(dirty_);
    dirty_.clear();
    dirty_rows_ = dirty_bytes_ = entry_bytes_ = 0;
    return absl::OkStatus();
  }

  void FlushDone(bool stored) override {
    if (!stored || kIndexed<P>) {
      for (Entry* entry : flushing_) {
        entry->entries.FlushDone(stored);
        if (stored) continue;
        entry->stored = true;  // it may be: a delete is then written rather than left out
        MarkDirty(entry, 0);
      }
    }
    flushing_.clear();
  }

  void Measure() override {
    dirty_bytes_ = entry_bytes_;
    for (Entry* entry : dirty_) {
      const size_t bytes = entry->exists ? entry->row.ByteSizeLong() : 0;
      cached_bytes_ += bytes;
      cached_bytes_ -= entry->bytes;
      entry->bytes = bytes;
      dirty_bytes_ += entry->key->size() + bytes;
    }
  }

  void Evict() override {
    if (dirty_.empty()) return Clear();
    by_stream_.clear();
    absl::erase_if(rows_, [this](const auto& row) {
      if (row.second.dirty) return false;
      cached_bytes_ -= row.first.size() + kEntryBytes + row.second.bytes;
      return true;
    });
  }

  void Clear() override {
    dirty_.clear();
    flushing_.clear();
    by_stream_.clear();
    rows_.clear();
    dirty_rows_ = dirty_bytes_ = cached_bytes_ = entry_bytes_ = 0;
  }

 private:
  struct Entry {
    const std::string* key = nullptr;
    Row row;
    size_t bytes = 0;     // encoded, as last known, and the payloads folded since
    bool exists = false;  // now
    bool stored = false;  // in the table
    bool dirty = false;
    [[no_unique_address]] RowEntries<P> entries;
  };
  static constexpr size_t kEntryBytes = sizeof(Entry) + RowEntries<P>::kBytes;
  struct Before {
    Entry* entry;
    Row row;
    bool exists;
  };
  using Handler = absl::Status (TypedRowFold::*)(const RecordedEvent&,
                                                 const google::protobuf::MessageLite&, LoadRow);

  static std::vector<Handler> Handlers() {
    std::vector<Handler> handlers;
    P::Events::ForEach([&]<typename E>() {
      if constexpr (kHandles<P, E>) handlers.push_back(&TypedRowFold::template ApplyAs<E>);
    });
    return handlers;
  }

  // Which handlers fold into the row of the stream's key.
  static std::vector<bool> KeyedByStream() {
    std::vector<bool> by_stream;
    P::Events::ForEach([&]<typename E>() {
      if constexpr (kHandles<P, E>) by_stream.push_back(kKeyedByStream<P, E>);
    });
    return by_stream;
  }

  template <typename E>
  absl::Status ApplyAs(const RecordedEvent& recorded, const google::protobuf::MessageLite& message,
                       LoadRow load) {
    const E& event = static_cast<const E&>(message);
    if constexpr (KeysRecordedEvent<P, E>) {
      return ApplyToKeys(event, recorded, P::Key(event, recorded), load);
    } else if constexpr (KeysEvent<P, E>) {
      return ApplyToKeys(event, recorded, P::Key(event), load);
    } else if constexpr (MessageTraits<E>::kHasKey) {
      return ApplyToKeys(event, recorded, MessageTraits<E>::Key(event), load);
    } else {
      if (mine_ != nullptr && !mine_(KeyOf(recorded.stream))) return absl::OkStatus();
      if (by_row_ != nullptr && by_row_->asks() && by_row_->PassesOver(KeyOf(recorded.stream))) {
        return absl::OkStatus();
      }
      Entry*& entry = by_stream_[recorded.stream_id];
      if (entry == nullptr) {
        absl::StatusOr<Entry*> found = Find(KeyOf(recorded.stream), load);
        if (!found.ok()) {
          by_stream_.erase(recorded.stream_id);
          return std::move(found).status();
        }
        entry = *found;
      }
      return ApplyTo(event, recorded, absl::MakeConstSpan(&entry, 1));
    }
  }

  template <typename E, typename Keys>
  absl::Status ApplyToKeys(const E& event, const RecordedEvent& recorded, const Keys& keys,
                           LoadRow load) {
    targets_.clear();
    if constexpr (std::is_convertible_v<const Keys&, absl::string_view>) {
      DAYBOOK_RETURN_IF_ERROR(AddTarget(keys, load));
    } else if constexpr (requires { keys.has_value(); }) {
      if (keys.has_value()) DAYBOOK_RETURN_IF_ERROR(AddTarget(*keys, load));
    } else {
      for (const auto& key : keys) DAYBOOK_RETURN_IF_ERROR(AddTarget(key, load));
    }
    return ApplyTo(event, recorded, targets_);
  }

  absl::Status AddTarget(absl::string_view key, LoadRow load) {
    if (mine_ != nullptr && !mine_(key)) return absl::OkStatus();
    if (by_row_ != nullptr && by_row_->PassesOver(key)) return absl::OkStatus();
    DAYBOOK_ASSIGN_OR_RETURN(Entry * entry, Find(key, load));
    targets_.push_back(entry);
    return absl::OkStatus();
  }

  template <typename E>
  absl::Status ApplyTo(const E& event, const RecordedEvent& recorded,
                       absl::Span<Entry* const> entries) {
    // A row may lack nothing but room for its entries.
    constexpr bool kCanFail = kIndexed<P> || kOnCanFail<E>;
    for (Entry* entry : entries) {
      EventContext context(recorded, *entry->key);
      // What cannot fail alone may still be followed by a handling that does.
      if (kCanFail || keep_undo_) undo_.push_back({entry, entry->row, entry->exists});
      if constexpr (kCanFail) {
        // A key that stands twice in the list of them may have failed the first time.
        if (by_row_ != nullptr && by_row_->PassesOver(*entry->key)) {
          undo_.pop_back();
          continue;
        }
        if (absl::Status refusal = Change(entry, event, context); !refusal.ok()) {
          if (by_row_ == nullptr || !by_row_->goes_on()) return refusal;
          UndoRow(entry);
          by_row_->Refuse(*entry->key, std::move(refusal));
          continue;
        }
      } else {
        CallOn<P, E>(entry->row, event, context);
      }
      entry->exists = !context.row_deleted();
      if (!entry->exists) entry->row.Clear();
      MarkDirty(entry, recorded.payload.size());
    }
    return absl::OkStatus();
  }

  template <typename E>
  static constexpr bool kOnCanFail = !std::is_void_v<decltype(CallOn<P, E>(
      std::declval<Row&>(), std::declval<const E&>(), std::declval<EventContext&>()))>;

  // On, and whether what it left can be indexed.
  template <typename E>
  static absl::Status Change(Entry* entry, const E& event, EventContext& context) {
    if constexpr (kOnCanFail<E>) {
      DAYBOOK_RETURN_IF_ERROR((CallOn<P, E>(entry->row, event, context)));
    } else {
      CallOn<P, E>(entry->row, event, context);
    }
    if (context.row_deleted()) return absl::OkStatus();
    return entry->entries.Check(*entry->key, entry->row);
  }

  // The rows as they were before Apply.
  void Undo() {
    for (; !undo_.empty(); undo_.pop_back()) {
      undo_.back().entry->row = std::move(undo_.back().row);
      undo_.back().entry->exists = undo_.back().exists;
    }
  }

  // The one row as it was before Apply.
  void UndoRow(Entry* entry) {
    const auto is_of = [entry](const Before& before) { return before.entry == entry; };
    const auto first = std::find_if(undo_.begin(), undo_.end(), is_of);
    entry->row = std::move(first->row);
    entry->exists = first->exists;
    std::erase_if(undo_, is_of);
  }

  // The entry of `key`, read when it is not in memory.
  absl::StatusOr<Entry*> Find(absl::string_view key, LoadRow load) {
    if (auto it = rows_.find(key); it != rows_.end()) return &it->second;
    if (key.size() > kMaxRowKeyBytes) return RowKeyTooLong(key.size());
    DAYBOOK_ASSIGN_OR_RETURN(std::optional<std::string> stored, load(key));
    auto it = rows_.try_emplace(std::string(key)).first;
    Entry* entry = &it->second;
    entry->key = &it->first;
    if (stored.has_value()) {
      if (absl::Status parsed = ParseRow(key, *stored, &entry->row); !parsed.ok()) {
        rows_.erase(it);
        return parsed;
      }
      entry->exists = entry->stored = true;
      entry->entries.Load(key, entry->row);
      entry->bytes = stored->size();
    }
    cached_bytes_ += key.size() + kEntryBytes + entry->bytes;
    return entry;
  }

  void MarkDirty(Entry* entry, size_t growth) {
    entry->bytes += growth;
    cached_bytes_ += growth;
    dirty_bytes_ += growth;
    const size_t entries = entry->entries.TakeGrowth();
    entry_bytes_ += entries;
    dirty_bytes_ += entries;
    if (entry->dirty) return;
    entry->dirty = true;
    dirty_.push_back(entry);
    ++dirty_rows_;
    dirty_bytes_ += entry->key->size() + entry->bytes;
  }

  absl::node_hash_map<std::string, Entry> rows_;
  // Where the key is the stream's: the entry without building its key. Never outlives rows_.
  absl::flat_hash_map<uint64_t, Entry*> by_stream_;
  std::vector<Entry*> dirty_;
  std::vector<Entry*> flushing_;
  std::vector<Entry*> targets_;
  std::vector<Before> undo_;  // by the event at hand, from its first row on
  bool keep_undo_ = false;
  RowByRow* by_row_ = nullptr;  // of the event at hand
};

}  // namespace daybook::internal

#endif  // DAYBOOK_PROJECTIONS_ROW_FOLD_H_
