#include "names.h"

#include "absl/strings/str_cat.h"
#include "daybook/core/errors.h"
#include "daybook/core/status_macros.h"

namespace daybook::internal {
namespace {

// So many events ahead: each name waits for memory, and several at once do not wait longer.
constexpr size_t kPrefetched = 8;

}  // namespace

absl::Status Names::LoadTypes(const Kv& kv, std::shared_ptr<const KvSnapshot> snapshot) {
  auto it = kv.NewIterator(std::move(snapshot), Family::kMeta, {.lower = "t", .upper = "u"});
  TypeId expected = 1;
  for (it->Seek("t"); it->Valid(); it->Next(), ++expected) {
    if (it->key() != TypeKey(expected)) {
      return DamageError("dictionary", Position(), absl::StrCat("type ", expected, " is missing"));
    }
    AddType(expected, it->value());
  }
  return it->status();
}

void Names::AddType(TypeId id, absl::string_view name) {
  WriterLock lock(&mutex_);
  if (id != types_.size() + 1) return;  // known already
  types_.emplace_back(name.data(), name.size());
  type_ids_.emplace(types_.back(), id);
}

std::optional<TypeId> Names::FindType(absl::string_view name) const {
  ReaderLock lock(&mutex_);
  const auto it = type_ids_.find(name);
  if (it == type_ids_.end()) return std::nullopt;
  return it->second;
}

size_t Names::types() const {
  ReaderLock lock(&mutex_);
  return types_.size();
}

absl::StatusOr<std::string> Names::TypeName(TypeId id) const {
  ReaderLock lock(&mutex_);
  if (id == 0 || id > types_.size()) {
    return DamageError("dictionary", Position(), absl::StrCat("type ", id, " is missing"));
  }
  return types_[id - 1];
}

absl::StatusOr<std::optional<uint32_t>> Names::FindCategory(const Kv& kv,
                                                            const KvSnapshot* snapshot,
                                                            absl::string_view name) const {
  DAYBOOK_ASSIGN_OR_RETURN(const auto id, kv.Get(snapshot, Family::kMeta, CategoryNameKey(name)));
  if (!id.has_value()) return std::nullopt;
  if (id->view().size() != sizeof(uint32_t)) {
    return DamageError("dictionary", Position(), absl::StrCat("category ", name, " has no id"));
  }
  return LoadBig<uint32_t>(id->view().data());
}

void Names::AddStream(StreamId id, absl::string_view name) {
  WriterLock lock(&mutex_);
  streams_.Put(id, std::string(name));
}

absl::StatusOr<std::string> Names::StreamName(const Kv& kv, const KvSnapshot* snapshot,
                                              StreamId id) {
  {
    ReaderLock lock(&mutex_);
    if (const std::string* name = streams_.Peek(id)) return *name;
  }
  DAYBOOK_ASSIGN_OR_RETURN(auto row, kv.Get(snapshot, Family::kMeta, StreamIdKey(id)));
  if (!row.has_value()) {
    return DamageError("dictionary", Position(), absl::StrCat("stream ", id, " is missing"));
  }
  std::string name(row->view());
  AddStream(id, name);
  return name;
}

absl::Status Names::ResolveTypes(absl::Span<RecordedEvent> events) const {
  ReaderLock lock(&mutex_);
  for (RecordedEvent& event : events) {
    if (event.type_id == 0 || event.type_id > types_.size()) {
      return DamageError("dictionary", event.position,
                         absl::StrCat("type ", event.type_id, " is missing"));
    }
    event.type = types_[event.type_id - 1];
  }
  return absl::OkStatus();
}

absl::Status Names::Resolve(const Kv& kv, const KvSnapshot* snapshot,
                            absl::Span<RecordedEvent> events, std::string* text) {
  struct Place {
    size_t offset;
    size_t size;
  };
  std::vector<Place> places(events.size());
  std::vector<size_t> missing;
  DAYBOOK_RETURN_IF_ERROR(ResolveTypes(events));
  {
    ReaderLock lock(&mutex_);
    StreamId last = 0;
    for (size_t i = 0; i < events.size(); ++i) {
      if (i + kPrefetched < events.size()) streams_.Prefetch(events[i + kPrefetched].stream_id);
      const RecordedEvent& event = events[i];
      if (i > 0 && event.stream_id == last) {
        places[i] = places[i - 1];
      } else if (const std::string* name = streams_.Peek(event.stream_id)) {
        places[i] = {text->size(), name->size()};
        text->append(*name);
      } else {
        missing.push_back(i);
        last = 0;
        continue;
      }
      last = event.stream_id;
    }
  }
  for (const size_t i : missing) {
    DAYBOOK_ASSIGN_OR_RETURN(const std::string name, StreamName(kv, snapshot, events[i].stream_id));
    places[i] = {text->size(), name.size()};
    text->append(name);
  }
  for (size_t i = 0; i < events.size(); ++i) {
    events[i].stream = absl::string_view(*text).substr(places[i].offset, places[i].size);
  }
  return absl::OkStatus();
}

}  // namespace daybook::internal
