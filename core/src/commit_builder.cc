#include "commit_builder.h"

#include <algorithm>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "chain.h"
#include "daybook/core/errors.h"
#include "daybook/core/limits.h"
#include "daybook/core/status_macros.h"
#include "daybook/core/stream_name.h"
#include "record.h"
#include "sha256.h"

namespace daybook::internal {
namespace {

// What a batch may add before it is written stays well within half of the caches, so that a name
// that only the batch knows is never forgotten.
constexpr size_t kLeastCachedHeads = size_t{1} << 17;

}  // namespace

// The tables as the commit being added sees them.
class CommitBuilder::Transaction : public TableTransaction {
 public:
  explicit Transaction(CommitBuilder* builder) : builder_(builder) {}

  absl::StatusOr<std::optional<std::string>> Get(TableId table, absl::string_view key) override {
    DAYBOOK_RETURN_IF_ERROR(builder_->CheckTable("participant.table", table));
    const std::string row = RowKey(table, key);
    if (auto it = builder_->staged_rows_.find(row); it != builder_->staged_rows_.end()) {
      return it->second;
    }
    return builder_->FindRow(row);
  }
  void Put(TableId table, absl::string_view key, absl::string_view value) override {
    Stage(table, key, std::string(value));
  }
  void Delete(TableId table, absl::string_view key) override { Stage(table, key, std::nullopt); }

  // Why the first write that may not be is none.
  const absl::Status& status() const { return status_; }

 private:
  void Stage(TableId table, absl::string_view key, std::optional<std::string> value) {
    status_.Update(builder_->CheckTable("participant.table", table));
    builder_->staged_rows_.insert_or_assign(RowKey(table, key), std::move(value));
  }

  CommitBuilder* const builder_;
  absl::Status status_;
};

CommitBuilder::CommitBuilder(Kv* kv, Names* names, StreamHeads* heads, StreamLifecycles* lifecycles,
                             size_t cached_heads, const Start& start)
    : kv_(kv),
      names_(names),
      readers_heads_(heads),
      lifecycles_(lifecycles),
      heads_(std::max(cached_heads, kLeastCachedHeads)),
      categories_(kLeastCachedHeads),
      conditions_(kv, names, start.mark.tip),
      mark_(start.mark),
      last_micros_(start.last_micros),
      last_table_(start.last_table),
      own_tables_(start.own_tables) {}

absl::StatusOr<AppendResult> CommitBuilder::Add(Request& request, int64_t now_micros) {
  if (!request.new_ids) {
    DAYBOOK_ASSIGN_OR_RETURN(std::optional<AppendResult> first, FindDuplicate(request));
    if (first.has_value() && request.as_recorded.has_value()) {
      return InvalidFieldError("id", "must be new, but stands before in the log");
    }
    if (first.has_value()) return *std::move(first);
  }

  staged_heads_.clear();
  staged_categories_.clear();
  staged_streams_.clear();
  staged_types_.clear();
  staged_rows_.clear();
  staged_metadata_.clear();
  staged_.clear();
  staged_headers_.clear();
  DAYBOOK_RETURN_IF_ERROR(CheckHeads(request));
  if (request.tagged || !request.conditions.empty()) DAYBOOK_RETURN_IF_ERROR(OpenTags());
  DAYBOOK_RETURN_IF_ERROR(CheckConditions(request));
  DAYBOOK_RETURN_IF_ERROR(StageRows(request));
  DAYBOOK_RETURN_IF_ERROR(StageStreams(request));
  // Recorded time never decreases along positions (G1), though the clock may.
  int64_t micros = std::max(now_micros, last_micros_);
  if (request.as_recorded.has_value()) {
    DAYBOOK_RETURN_IF_ERROR(CheckPlace(*request.as_recorded));
    micros = request.as_recorded->recorded_micros;
  }
  StageEvents(request, micros);
  DAYBOOK_RETURN_IF_ERROR(StageLifecycles(request));
  if (request.as_recorded.has_value() && staged_.back().chain != request.as_recorded->chain) {
    return DamageError("chain", Position(mark_.tip + staged_.size()),
                       "the commit that ends here is not the one that was recorded");
  }
  DAYBOOK_RETURN_IF_ERROR(AskParticipants());
  return Apply(request, micros);
}

absl::Status CommitBuilder::CheckPlace(const AsRecorded& recorded) const {
  if (recorded.first != mark_.tip + 1) {
    return InvalidFieldError(
        "position", absl::StrCat("must be ", mark_.tip + 1, ", the next one, is ", recorded.first));
  }
  if (recorded.recorded_micros < last_micros_) {
    return InvalidFieldError("recorded_time", "must not be before that of the event before it");
  }
  return absl::OkStatus();
}

absl::Status CommitBuilder::CheckHeads(const Request& request) {
  for (const PreparedAppend& append : request.appends) {
    DAYBOOK_ASSIGN_OR_RETURN(const Head head, FindHead(append.stream));
    // What was recorded stands where it stood, whatever became of the stream in between.
    const bool recorded = request.as_recorded.has_value();
    if (!append.events.empty() && !recorded) {
      if (head.tombstoned) {
        return TombstonedError(absl::StatusCode::kFailedPrecondition, append.stream);
      }
      if (IsMetadataStream(append.stream)) DAYBOOK_RETURN_IF_ERROR(CheckMetadata(append));
    }
    const std::optional<uint64_t> actual =
        recorded || head.is_there() ? head.last_version() : std::nullopt;
    if (!append.expected.Matches(actual)) {
      return VersionConflictError(append.stream, append.expected, actual);
    }
    if (head.next_version + append.events.size() > kMaxVersion) {
      return InvalidFieldError("commit.appends.stream", "the stream's versions are used up");
    }
    staged_heads_.push_back(head);
  }
  return absl::OkStatus();
}

absl::Status CommitBuilder::StageRows(Request& request) {
  for (size_t i = 0; i < request.claims.size(); ++i) {
    Claim& claim = request.claims[i];
    DAYBOOK_RETURN_IF_ERROR(CheckTable(absl::StrCat("commit.claims[", i, "].table"), claim.table));
    std::string row = RowKey(claim.table, claim.key);
    DAYBOOK_ASSIGN_OR_RETURN(const std::optional<std::string> existing, FindRow(row));
    if (existing.has_value()) {
      return ClaimConflictError(absl::StrCat(claim.table), claim.key, *existing);
    }
    if (!staged_rows_.emplace(std::move(row), std::move(claim.value)).second) {
      return InvalidFieldError(absl::StrCat("commit.claims[", i, "].key"),
                               "must stand in one claim of the commit only");
    }
  }
  for (size_t i = 0; i < request.writes.size(); ++i) {
    TableWrite& write = request.writes[i];
    DAYBOOK_RETURN_IF_ERROR(CheckTable(absl::StrCat("commit.writes[", i, "].table"), write.table));
    staged_rows_.insert_or_assign(RowKey(write.table, write.key), std::move(write.value));
  }
  return absl::OkStatus();
}

absl::Status CommitBuilder::StageStreams(const Request& request) {
  uint32_t categories = mark_.categories;
  for (size_t i = 0; i < request.appends.size(); ++i) {
    if (staged_heads_[i].id != 0 || request.appends[i].events.empty()) continue;
    const absl::string_view stream = request.appends[i].stream;
    const absl::string_view name = CategoryOf(stream);
    auto it = std::find_if(staged_categories_.begin(), staged_categories_.end(),
                           [&](const auto& staged) { return staged.first == name; });
    if (it == staged_categories_.end()) {
      DAYBOOK_ASSIGN_OR_RETURN(Category category, FindCategory(name));
      if (category.id == 0) {
        if (categories == ~uint32_t{0}) {
          return absl::ResourceExhaustedError("the store's category numbers are used up");
        }
        category.id = ++categories;
      }
      staged_categories_.emplace_back(std::string(name), category);
      it = std::prev(staged_categories_.end());
    }
    if (it->second.next_number == ~uint32_t{0}) {
      return absl::ResourceExhaustedError(
          absl::StrCat("the stream numbers of category ", name, " are used up"));
    }
    staged_heads_[i].id = MakeStreamId(it->second.id, it->second.next_number++);
    staged_streams_.emplace_back(stream, staged_heads_[i].id);
  }
  return absl::OkStatus();
}

TypeId CommitBuilder::StageType(absl::string_view name, bool* is_new) {
  *is_new = false;
  if (auto known = types_.find(name); known != types_.end()) return known->second;
  if (const std::optional<TypeId> known = names_->FindType(name)) {
    types_.emplace(std::string(name), *known);
    return *known;
  }
  auto it = std::find(staged_types_.begin(), staged_types_.end(), name);
  if (it == staged_types_.end()) {
    *is_new = true;
    staged_types_.push_back(name);
    it = std::prev(staged_types_.end());
  }
  return static_cast<TypeId>(names_->types() + 1 + (it - staged_types_.begin()));
}

void CommitBuilder::StageEvents(const Request& request, int64_t micros) {
  Hash chain = mark_.chain;
  size_t left = 0;
  for (const PreparedAppend& append : request.appends) left += append.events.size();
  staged_.reserve(left);
  uint64_t sequence = mark_.tip;
  for (size_t i = 0; i < request.appends.size(); ++i) {
    const PreparedAppend& append = request.appends[i];
    Head& head = staged_heads_[i];
    for (const PreparedEvent& event : append.events) {
      const bool last = --left == 0;
      bool new_type = false;
      RecordHeader header;
      header.type = StageType(event.type, &new_type);
      header.flags = static_cast<uint8_t>(
          (last ? kEndsCommit : 0) | (head.next_version == 0 ? kIntroducesStream : 0) |
          (new_type ? kIntroducesType : 0) | (event.id_given ? kIdGiven : 0));
      header.encoding = event.encoding;
      header.schema_version = event.schema_version;
      header.stream = head.id;
      header.version = head.next_version++;
      header.recorded_micros = micros;
      header.id = event.id;
      header.payload_size = event.payload_size;
      header.metadata_size = static_cast<uint32_t>(event.metadata.size());
      header.stream_name = append.stream;
      header.type_name = event.type;

      Staged& staged = staged_.emplace_back();
      staged.event = &event;
      staged.header = staged_headers_.size();
      AppendHeader(header, &staged_headers_);
      staged.header_size = staged_headers_.size() - staged.header;
      staged.stream = header.stream;
      staged.type = header.type;
      staged.version = header.version;
      chain = NextChain(chain, Leaf(absl::string_view(staged_headers_).substr(staged.header),
                                    event.payload_digest, event.metadata_digest));
      staged.chain = chain;
      staged.ends_commit = last;
      ++sequence;
      if (participants_.empty()) continue;
      RecordedEvent& recorded = staged.recorded;
      recorded.position = Position(sequence);
      recorded.stream = append.stream;
      recorded.version = header.version;
      recorded.id = event.id;
      recorded.type = event.type;
      recorded.schema_version = event.schema_version;
      recorded.recorded_time = absl::FromUnixMicros(micros);
      recorded.encoding = event.encoding;
      recorded.payload = event.payload;
      recorded.metadata = MetadataView(event.metadata);
      recorded.stream_id = header.stream;
      recorded.type_id = header.type;
    }
  }
}

absl::Status CommitBuilder::AskParticipants() {
  if (participants_.empty()) return absl::OkStatus();
  std::vector<RecordedEvent> events;
  events.reserve(staged_.size());
  for (const Staged& staged : staged_) events.push_back(staged.recorded);
  Transaction transaction(this);
  for (CommitParticipant* participant : participants_) {
    DAYBOOK_RETURN_IF_ERROR(participant->OnCommit(events, transaction));
  }
  return transaction.status();
}

AppendResult CommitBuilder::Apply(const Request& request, int64_t micros) {
  AppendResult result;
  result.recorded_time = absl::FromUnixMicros(micros);
  result.first = Position(staged_.empty() ? mark_.tip : mark_.tip + 1);

  for (const auto& [name, category] : staged_categories_) {
    if (category.id > mark_.categories) {
      mark_.categories = category.id;
      std::string id;
      AppendBig(category.id, &id);
      batch_.Put(Family::kMeta, CategoryNameKey(name), id);
      batch_.Put(Family::kMeta, CategoryKey(category.id), name);
    }
    categories_.Put(name, category);
  }
  for (const auto& [name, id] : staged_streams_) {
    std::string bytes;
    AppendBig(id, &bytes);
    batch_.Put(Family::kMeta, StreamNameKey(name), bytes);
    batch_.Put(Family::kMeta, StreamIdKey(id), name);
    names_->AddStream(id, name);
    ++mark_.streams;
  }
  for (const absl::string_view name : staged_types_) {
    const auto id = static_cast<TypeId>(names_->types() + 1);
    batch_.Put(Family::kMeta, TypeKey(id), name);
    names_->AddType(id, name);
  }
  for (const Staged& staged : staged_) {
    const PreparedEvent& event = *staged.event;
    const uint64_t sequence = ++mark_.tip;
    mark_.chain = staged.chain;
    const char kind = static_cast<char>(event.removed ? RecordKind::kStub : RecordKind::kEvent);
    batch_.Put(Family::kLog, LogKey(sequence),
               {absl::string_view(&kind, 1),
                absl::string_view(staged_headers_).substr(staged.header, staged.header_size),
                event.metadata, event.payload,
                DigestBytes(staged.chain)
                    .substr(0, staged.ends_commit ? sizeof(Hash) : kChainPrefixBytes)});
    conditions_.Note(staged.type, sequence);
    if (event.tagged) AddTags(event, sequence);
    const std::string position = EncodePosition(sequence);
    batch_.Put(Family::kStreams, StreamKey(staged.stream, staged.version), position);
    // An id that the store gave nobody can append again: the index need not know it.
    if (event.id_given) {
      batch_.Put(Family::kIds, IdKey(event.id), position);
      batch_ids_.emplace(event.id, sequence);
    }
  }
  if (!staged_.empty()) last_micros_ = micros;
  while (!staged_rows_.empty()) {
    auto row = staged_rows_.extract(staged_rows_.begin());
    if (row.mapped().has_value()) {
      batch_.Put(Family::kRows, row.key(), *row.mapped());
    } else {
      batch_.Delete(Family::kRows, row.key());
    }
    batch_rows_.insert_or_assign(std::move(row.key()), std::move(row.mapped()));
  }
  uint64_t last = result.first.sequence() - 1;
  for (size_t i = 0; i < request.appends.size(); ++i) {
    const Head& head = staged_heads_[i];
    const PreparedAppend& append = request.appends[i];
    if (append.events.empty()) continue;
    last += append.events.size();
    readers_heads_->Put(append.stream, {head.id, head.next_version - 1, last});
    result.streams.push_back(
        {append.stream, head.next_version - append.events.size(), head.next_version - 1});
    if (Head* known = heads_.Find(append.stream); known != nullptr) {
      *known = head;
    } else {
      heads_.Put(append.stream, head);
    }
  }
  for (const auto& [stream, metadata] : staged_metadata_) {
    if (Head* known = heads_.Find(stream); known != nullptr) {
      known->began = metadata.deleted_before();
      known->tombstoned = metadata.tombstoned();
    }
  }
  result.last = Position(mark_.tip);
  return result;
}

absl::StatusOr<TableId> CommitBuilder::AddTable(absl::string_view name) {
  DAYBOOK_ASSIGN_OR_RETURN(const auto known, kv_->Get(nullptr, Family::kMeta, TableKey(name)));
  if (known.has_value() && known->view().size() == sizeof(TableId)) {
    return LoadBig<TableId>(known->view().data());
  }
  const TableId id = ++last_table_;
  if (IsOwnTable(name)) own_tables_.push_back(id);
  std::string bytes;
  AppendBig(id, &bytes);
  batch_.Put(Family::kMeta, TableKey(name), bytes);
  // Written at once: the next look-up of the name asks the backend.
  DAYBOOK_RETURN_IF_ERROR(WriteTo(&written_early_));
  return id;
}

void CommitBuilder::AddParticipant(CommitParticipant* participant) {
  participants_.push_back(participant);
}

void CommitBuilder::RemoveParticipant(CommitParticipant* participant) {
  std::erase(participants_, participant);
}

GroupMark CommitBuilder::EndGroup(uint64_t number) {
  mark_.number = number;
  batch_.Put(Family::kMeta, kGroupKey, mark_.Encode());
  return mark_;
}

absl::Status CommitBuilder::WriteTo(std::string* group) {
  if (group != &written_early_ && !written_early_.empty()) {
    group->append(written_early_);
    written_early_.clear();
  }
  if (batch_.empty()) return absl::OkStatus();
  DAYBOOK_RETURN_IF_ERROR(kv_->Write(batch_));
  group->append(batch_.bytes().data(), batch_.bytes().size());
  batch_.Clear();
  batch_ids_.clear();
  batch_rows_.clear();
  return absl::OkStatus();
}

}  // namespace daybook::internal
