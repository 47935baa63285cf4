#include "engine.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "daybook/core/errors.h"
#include "daybook/core/status_macros.h"
#include "daybook/core/stream_name.h"
#include "reader.h"
#include "record.h"
#include "scavenger.h"
#include "sha256.h"

namespace daybook::internal {
namespace {

constexpr size_t kMiB = size_t{1} << 20;

absl::Status CheckRange(absl::string_view field, size_t value, size_t least, size_t most) {
  if (value >= least && value <= most) return absl::OkStatus();
  return InvalidFieldError(absl::StrCat("options.", field),
                           absl::StrCat("must be ", least, " to ", most, ", is ", value));
}

}  // namespace

absl::Status CheckOptions(const StoreOptions& options) {
  DAYBOOK_RETURN_IF_ERROR(CheckRange("queue_bytes", options.queue_bytes, kMiB, 4096 * kMiB));
  DAYBOOK_RETURN_IF_ERROR(CheckRange("witness_bytes", options.witness_bytes, kMiB, 1024 * kMiB));
  DAYBOOK_RETURN_IF_ERROR(
      CheckRange("block_cache_bytes", options.block_cache_bytes, kMiB, size_t{1} << 40));
  return CheckRange("stream_cache_entries", options.stream_cache_entries, 1, size_t{1} << 30);
}

absl::StatusOr<std::unique_ptr<Engine>> Engine::Open(EngineParts parts,
                                                     const StoreOptions& options) {
  std::unique_ptr<Engine> engine(new Engine(std::move(parts), options));
  DAYBOOK_RETURN_IF_ERROR(engine->Start(options));
  return engine;
}

Engine::Engine(EngineParts parts, const StoreOptions& options)
    : parts_(std::move(parts)),
      runtime_(options.runtime != nullptr ? options.runtime : &Runtime::Threads()),
      clock_(options.clock != nullptr ? options.clock : &Clock::System()),
      names_(std::make_shared<Names>(options.stream_cache_entries)),
      heads_(std::make_shared<StreamHeads>(options.stream_cache_entries)),
      lifecycles_(std::make_shared<StreamLifecycles>()) {}

Engine::~Engine() {
  // Closing in order spares the next opening its checks; when it fails, they are made.
  (void)Close();
}

absl::Status Engine::Close() {
  publication_.Close();
  if (sequencer_ == nullptr) return absl::OkStatus();
  const absl::Status finished = sequencer_->Close();
  sequencer_.reset();
  DAYBOOK_RETURN_IF_ERROR(finished);
  if (parts_.close == nullptr) return absl::OkStatus();
  return std::move(parts_.close)(publication_.Get()->mark);
}

absl::Status Engine::Start(const StoreOptions& options) {
  const std::shared_ptr<const KvSnapshot> snapshot = parts_.kv->Snapshot();
  DAYBOOK_RETURN_IF_ERROR(names_->LoadTypes(*parts_.kv, snapshot));
  DAYBOOK_ASSIGN_OR_RETURN(const CommitBuilder::Start start, LoadStart());
  publication_.Set(std::make_shared<const Published>(Published{start.mark, snapshot}));
  if (parts_.read_only) return absl::OkStatus();

  SequencerParts parts;
  parts.kv = parts_.kv.get();
  parts.witness = options.durability == Durability::kNone ? nullptr : parts_.witness.get();
  parts.flush = std::move(parts_.flush);
  parts.names = names_.get();
  parts.heads = heads_.get();
  parts.lifecycles = lifecycles_.get();
  parts.publication = &publication_;
  parts.clock = clock_;
  parts.runtime = runtime_;
  parts.durability = options.durability;
  parts.queue_bytes = options.queue_bytes;
  parts.cached_heads = options.stream_cache_entries;
  if (!parts_.directory.empty() && options.min_free_bytes > 0) {
    parts.files = options.files != nullptr ? options.files : &FileSystem::Posix();
    parts.directory = parts_.directory;
    parts.min_free_bytes = options.min_free_bytes;
  }
  sequencer_ = std::make_unique<Sequencer>(std::move(parts), start);
  return absl::OkStatus();
}

absl::StatusOr<CommitBuilder::Start> Engine::LoadStart() {
  CommitBuilder::Start start;
  const Kv& kv = *parts_.kv;
  DAYBOOK_ASSIGN_OR_RETURN(const auto mark, kv.Get(nullptr, Family::kMeta, kGroupKey));
  if (mark.has_value() && !GroupMark::Decode(mark->view(), &start.mark)) {
    return DamageError("group mark", Position(), "it is malformed");
  }
  if (parts_.mark.has_value()) start.mark = *parts_.mark;
  if (start.mark.tip > 0) {
    DAYBOOK_ASSIGN_OR_RETURN(const auto last,
                             kv.Get(nullptr, Family::kLog, LogKey(start.mark.tip)));
    if (!last.has_value()) {
      return DamageError("event", Position(start.mark.tip), "the last event is missing");
    }
    DAYBOOK_ASSIGN_OR_RETURN(const RecordView record,
                             RecordView::Parse(start.mark.tip, last->view()));
    if (record.chain() != DigestBytes(start.mark.chain)) {
      return DamageError("chain", Position(start.mark.tip),
                         "the last event is not the one that the group mark names");
    }
    start.last_micros = record.recorded_micros();
  }
  auto it = kv.NewIterator(nullptr, Family::kMeta, {.lower = "T", .upper = "U"});
  MutexLock lock(&tables_mutex_);
  for (it->Seek("T"); it->Valid(); it->Next()) {
    if (it->value().size() != sizeof(TableId)) {
      return DamageError("dictionary", Position(), "a table's id is malformed");
    }
    const auto id = LoadBig<TableId>(it->value().data());
    const absl::string_view name = it->key().substr(1);
    if (name == kStreamTable) lifecycles_->SetTable(id);
    if (CommitBuilder::IsOwnTable(name)) {
      start.own_tables.push_back(id);
    } else {
      tables_.emplace(std::string(name), id);
    }
    start.last_table = std::max(start.last_table, id);
  }
  DAYBOOK_RETURN_IF_ERROR(it->status());
  return start;
}

void Engine::AppendAsync(Commit commit, AppendCallback done) {
  if (sequencer_ == nullptr) {
    std::move(done)(absl::UnavailableError("the store was opened for reading only"));
    return;
  }
  const std::shared_ptr<CommitChain> chain = commit.chain;
  absl::StatusOr<std::unique_ptr<Request>> request = PrepareCommit(std::move(commit));
  if (!request.ok()) {
    if (chain != nullptr) chain->Break();
    std::move(done)(std::move(request).status());
    return;
  }
  FindHeads(**request);
  AppendPrepared(*std::move(request), std::move(done));
}

void Engine::FindHeads(const Request& request) const {
  std::shared_ptr<const internal::Reader> reader;
  for (const PreparedAppend& append : request.appends) {
    if (append.expected == ExpectedVersion::NoStream()) continue;
    if (heads_->Find(append.stream).has_value()) continue;
    if (reader == nullptr) reader = MakeReader();
    // Where it fails, the sequencer finds out too, and answers.
    (void)reader->FindHead(append.stream);
  }
}

void Engine::AppendPrepared(std::unique_ptr<Request> request, AppendCallback done) {
  request->done = std::move(done);
  sequencer_->Enqueue(std::move(request));
}

std::shared_ptr<const StoreReader> Engine::Reader() const {
  return MakeReader();
}

std::shared_ptr<const Reader> Engine::MakeReader() const {
  // First: the first limits may be published meanwhile, and their table is there before them.
  std::shared_ptr<const Published> published = publication_.Get();
  // Where no stream has limits the time is not asked.
  const absl::Time now = lifecycles_->table() != 0 ? clock_->Now() : absl::InfinitePast();
  return std::make_shared<const internal::Reader>(parts_.kv, names_, heads_, lifecycles_,
                                                  std::move(published), now);
}

Position Engine::Tip() const {
  return Position(publication_.Get()->mark.tip);
}

void Engine::WhenPast(Position position, absl::AnyInvocable<void() &&> wake) {
  publication_.WhenPast(position.sequence(), std::move(wake));
}

void Engine::WhenRoom(absl::AnyInvocable<void() &&> wake) {
  if (sequencer_ == nullptr) return std::move(wake)();
  sequencer_->WhenRoom(std::move(wake));
}

absl::StatusOr<TableId> Engine::OpenTable(absl::string_view name) {
  DAYBOOK_RETURN_IF_ERROR(ValidateTableName(name));
  if (CommitBuilder::IsOwnTable(name)) {
    return InvalidFieldError("table", absl::StrCat("must not be ", name, ", the store's own"));
  }
  {
    MutexLock lock(&tables_mutex_);
    if (auto it = tables_.find(name); it != tables_.end()) return it->second;
  }
  if (sequencer_ == nullptr) {
    return absl::NotFoundError(
        absl::StrCat("no table ", name, ", and the store was opened for reading only"));
  }
  absl::StatusOr<TableId> id = absl::InternalError("the table was not added");
  DAYBOOK_RETURN_IF_ERROR(sequencer_->RunBetweenCommits(
      [&id, name](CommitBuilder& builder) { id = builder.AddTable(name); }, /*durably=*/true));
  DAYBOOK_RETURN_IF_ERROR(id.status());
  MutexLock lock(&tables_mutex_);
  tables_.emplace(std::string(name), *id);
  return id;
}

std::vector<std::pair<std::string, TableId>> Engine::Tables() const {
  MutexLock lock(&tables_mutex_);
  return {tables_.begin(), tables_.end()};
}

Position Engine::AddParticipant(CommitParticipant* participant) {
  if (sequencer_ == nullptr) return Tip();
  uint64_t tip = 0;
  (void)sequencer_->RunBetweenCommits([&tip, participant](CommitBuilder& builder) {
    builder.AddParticipant(participant);
    tip = builder.tip();
  });
  return Position(tip);
}

void Engine::RemoveParticipant(CommitParticipant* participant) {
  if (sequencer_ == nullptr) return;
  (void)sequencer_->RunBetweenCommits(
      [participant](CommitBuilder& builder) { builder.RemoveParticipant(participant); });
}

absl::StatusOr<StoreCapture> Engine::Capture() {
  if (parts_.capture == nullptr || sequencer_ == nullptr) return EventStore::Capture();
  StoreCapture capture;
  DAYBOOK_RETURN_IF_ERROR(sequencer_->RunWhenPublished([this, &capture]() -> absl::Status {
    DAYBOOK_ASSIGN_OR_RETURN(capture, parts_.capture(publication_.Get()->mark));
    return absl::OkStatus();
  }));
  return capture;
}

absl::StatusOr<ScavengeReport> Engine::Scavenge(const ScavengeOptions& options) {
  if (sequencer_ == nullptr) {
    return absl::UnavailableError("the store was opened for reading only");
  }
  if (scavenging_.exchange(true)) return absl::UnavailableError("a scavenge is under way");
  absl::StatusOr<ScavengeReport> report = Scavenger({.kv = parts_.kv.get(),
                                                     .lifecycles = lifecycles_.get(),
                                                     .publication = &publication_,
                                                     .sequencer = sequencer_.get(),
                                                     .clock = clock_})
                                              .Run(options);
  scavenging_.store(false);
  return report;
}

StoreStats Engine::Stats() const {
  const std::shared_ptr<const Published> published = publication_.Get();
  StoreStats stats;
  stats.tip = Position(published->mark.tip);
  stats.chain_hex = absl::BytesToHexString(DigestBytes(published->mark.chain));
  stats.streams = published->mark.streams;
  stats.categories = published->mark.categories;
  stats.types = names_->types();
  stats.disk_bytes = parts_.kv->DiskBytes();
  if (sequencer_ != nullptr) {
    stats.groups = sequencer_->groups();
    stats.events_appended = sequencer_->events();
    stats.refused_for_space = sequencer_->refused_for_space();
    stats.low_space = sequencer_->low_space();
    stats.stopped = sequencer_->stopped();
  }
  return stats;
}

}  // namespace daybook::internal
