#include "tag_index.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "daybook/core/errors.h"
#include "daybook/core/status_macros.h"
#include "format.h"

namespace daybook::internal {
namespace {

// What the entries of a tag begin with. With its length in front no tag is the beginning of
// another.
std::string TagPrefix(TableId table, absl::string_view tag) {
  std::string key = RowKey(table, "t");
  AppendVarint(tag.size(), &key);
  key.append(tag.data(), tag.size());
  return key;
}

std::string EntryKey(std::string prefix, uint64_t sequence) {
  AppendBig(sequence, &prefix);
  return prefix;
}

absl::StatusOr<uint64_t> ParseEntryKey(absl::string_view key, absl::string_view prefix) {
  if (key.size() == prefix.size() + sizeof(uint64_t)) {
    return LoadBig<uint64_t>(key.data() + prefix.size());
  }
  return DamageError("tag index", Position(),
                     absl::StrCat("an entry is malformed: ", absl::BytesToHexString(key)));
}

}  // namespace

absl::StatusOr<std::optional<TagTable>> FindTagTable(const Kv& kv, const KvSnapshot* snapshot) {
  DAYBOOK_ASSIGN_OR_RETURN(const auto id, kv.Get(snapshot, Family::kMeta, TableKey(kTagTable)));
  if (!id.has_value()) return std::nullopt;
  TagTable table;
  if (id->view().size() != sizeof(TableId)) {
    return DamageError("dictionary", Position(), "a table's id is malformed");
  }
  table.id = LoadBig<TableId>(id->view().data());
  DAYBOOK_ASSIGN_OR_RETURN(const auto row, kv.Get(snapshot, Family::kRows, TagTableKey(table.id)));
  absl::string_view bytes = row.has_value() ? row->view() : absl::string_view();
  if (!ConsumeVarint(&bytes, &table.complete_after) || !bytes.empty()) {
    return DamageError("tag index", Position(), "it does not say from where it is complete");
  }
  return table;
}

std::string TagTableKey(TableId table) {
  return RowKey(table, "");
}

std::string TagEntryKey(TableId table, absl::string_view tag, uint64_t sequence) {
  return EntryKey(TagPrefix(table, tag), sequence);
}

absl::StatusOr<uint64_t> NewestTagged(const Kv& kv, TableId table, absl::string_view tag) {
  const std::string prefix = TagPrefix(table, tag);
  auto it = kv.NewIterator(nullptr, Family::kRows,
                           {.lower = EntryKey(prefix, 0), .upper = EntryKey(prefix, ~uint64_t{0})});
  it->SeekForPrev(EntryKey(prefix, ~uint64_t{0}));
  if (it->Valid()) return ParseEntryKey(it->key(), prefix);
  DAYBOOK_RETURN_IF_ERROR(it->status());
  return 0;
}

absl::Status ForEachTagEntry(
    const Kv& kv, TableId table,
    absl::FunctionRef<absl::Status(absl::string_view tag, uint64_t sequence)> visit) {
  const std::string first = RowKey(table, "t");
  auto it = kv.NewIterator(nullptr, Family::kRows, {.lower = first, .upper = RowKey(table, "u")});
  for (it->Seek(first); it->Valid(); it->Next()) {
    absl::string_view key = it->key().substr(first.size());
    absl::string_view tag;
    if (!ConsumeLengthPrefixed(&key, &tag) || key.size() != sizeof(uint64_t)) {
      return ParseEntryKey(it->key(), it->key()).status();
    }
    DAYBOOK_RETURN_IF_ERROR(visit(tag, LoadBig<uint64_t>(key.data())));
  }
  return it->status();
}

// The entries of one tag.
class TaggedPositions::Cursor {
 public:
  Cursor(const Kv& kv, std::shared_ptr<const KvSnapshot> snapshot, std::string prefix,
         Direction direction)
      : prefix_(std::move(prefix)),
        direction_(direction),
        it_(kv.NewIterator(
            std::move(snapshot), Family::kRows,
            {.lower = EntryKey(prefix_, 0), .upper = EntryKey(prefix_, ~uint64_t{0})})) {}

  // Not back against the direction.
  absl::StatusOr<std::optional<uint64_t>> Seek(uint64_t sequence) {
    if (sought_ && (!at_.has_value() || *at_ == sequence || IsBehind(*at_, sequence))) return at_;
    DAYBOOK_ASSIGN_OR_RETURN(at_, Find(sequence));
    sought_ = true;
    return at_;
  }

 private:
  bool IsBehind(uint64_t sequence, uint64_t other) const {
    return direction_ == Direction::kForwards ? sequence > other : sequence < other;
  }
  absl::StatusOr<std::optional<uint64_t>> Find(uint64_t sequence) {
    const std::string key = EntryKey(prefix_, sequence);
    direction_ == Direction::kForwards ? it_->Seek(key) : it_->SeekForPrev(key);
    if (!it_->Valid()) {
      DAYBOOK_RETURN_IF_ERROR(it_->status());
      return std::nullopt;
    }
    DAYBOOK_ASSIGN_OR_RETURN(const uint64_t at, ParseEntryKey(it_->key(), prefix_));
    return at;
  }

  const std::string prefix_;
  const Direction direction_;
  const std::unique_ptr<KvIterator> it_;
  bool sought_ = false;
  std::optional<uint64_t> at_;  // of the last Find
};

TaggedPositions::TaggedPositions(const Kv& kv, std::shared_ptr<const KvSnapshot> snapshot,
                                 TableId table, const std::vector<TagSet>& sets,
                                 Direction direction)
    : direction_(direction) {
  for (const TagSet& tags : sets) {
    Set& set = sets_.emplace_back();
    for (const std::string& tag : tags) {
      set.push_back(std::make_unique<Cursor>(kv, snapshot, TagPrefix(table, tag), direction));
    }
  }
}

TaggedPositions::~TaggedPositions() = default;

absl::StatusOr<std::optional<uint64_t>> TaggedPositions::Seek(uint64_t sequence) {
  std::optional<uint64_t> first;
  for (Set& set : sets_) {
    DAYBOOK_ASSIGN_OR_RETURN(const std::optional<uint64_t> at, SeekIn(set, sequence));
    if (at.has_value() && (!first.has_value() || IsBehind(*first, *at))) first = at;
  }
  return first;
}

// Each cursor in turn goes to where the one before it stands, until they all stand at one event.
absl::StatusOr<std::optional<uint64_t>> TaggedPositions::SeekIn(Set& set, uint64_t sequence) const {
  size_t agree = 0;
  for (size_t i = 0; agree < set.size(); i = (i + 1) % set.size()) {
    DAYBOOK_ASSIGN_OR_RETURN(const std::optional<uint64_t> at, set[i]->Seek(sequence));
    if (!at.has_value()) return std::nullopt;
    agree = *at == sequence ? agree + 1 : 1;
    sequence = *at;
  }
  return sequence;
}

}  // namespace daybook::internal
