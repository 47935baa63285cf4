#include "open_rocks.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "daybook/core/errors.h"
#include "daybook/core/make_directories.h"
#include "daybook/core/status_macros.h"
#include "engine.h"
#include "sha256.h"

namespace daybook {
namespace internal {

FileSystem* FilesOf(const StoreOptions& options) {
  return options.files != nullptr ? options.files : &FileSystem::Posix();
}

RocksKvOptions KvOptionsOf(const StoreOptions& options, rocksdb::Env* env) {
  RocksKvOptions kv;
  kv.create_if_missing = false;
  kv.block_cache_bytes = options.block_cache_bytes;
  // The witness asks for a flush when half of its ring is full; RocksDB's own come later.
  kv.write_buffer_bytes = std::max(options.witness_bytes, size_t{8} << 20);
  kv.env = env;
  return kv;
}

namespace {

StoreTip TipOf(const Uuid& store_id, const GroupMark& mark) {
  return {.store_id = store_id,
          .group = mark.number,
          .position = Position(mark.tip),
          .chain_hex = absl::BytesToHexString(DigestBytes(mark.chain))};
}

absl::Status Make(const StoreFiles& files, const StoreOptions& options, rocksdb::Env* env) {
  FileSystem* const system = FilesOf(options);
  DAYBOOK_RETURN_IF_ERROR(system->OpenFile(files.making(), /*create=*/true).status());
  DAYBOOK_RETURN_IF_ERROR(system->SyncDirectory(files.directory));
  DAYBOOK_RETURN_IF_ERROR(RemoveHalfMade(system, files));
  DAYBOOK_RETURN_IF_ERROR(system->CreateDirectories(files.database()));

  RocksKvOptions kv_options = KvOptionsOf(options, env);
  kv_options.create_if_missing = true;
  DAYBOOK_ASSIGN_OR_RETURN(auto kv, RocksKv::Open(files.database(), kv_options));
  FormatRecord format;
  format.store_id = Uuid::Random();
  Clock& clock = options.clock != nullptr ? *options.clock : Clock::System();
  format.made_micros = absl::ToUnixMicros(clock.Now());
  KvBatch batch;
  batch.Put(Family::kMeta, kFormatKey, format.Encode());
  batch.Put(Family::kMeta, kGroupKey, GroupMark().Encode());
  DAYBOOK_RETURN_IF_ERROR(kv->Write(batch));
  DAYBOOK_RETURN_IF_ERROR(kv->SyncLog());
  DAYBOOK_RETURN_IF_ERROR(kv->Flush());

  WitnessHeader header;
  header.store_id = format.store_id;
  header.clean = true;
  DAYBOOK_ASSIGN_OR_RETURN(header.manifest, kv->MarkManifest());
  DAYBOOK_RETURN_IF_ERROR(
      Witness::Create(system, files.witness(), options.witness_bytes, header).status());
  DAYBOOK_RETURN_IF_ERROR(system->SyncDirectory(files.directory));
  DAYBOOK_RETURN_IF_ERROR(system->Delete(files.making()));
  return system->SyncDirectory(files.directory);
}

// Takes the lock, and makes the store when it is not there and may be.
absl::StatusOr<std::unique_ptr<FileLock>> LockOrMake(const StoreFiles& files,
                                                     const StoreOptions& options,
                                                     rocksdb::Env* env) {
  FileSystem* const system = FilesOf(options);
  DAYBOOK_ASSIGN_OR_RETURN(StoreState state, FindStore(system, files));
  if (state == StoreState::kAbsent && !options.create_if_missing) {
    return absl::NotFoundError(absl::StrCat("no store in ", files.directory));
  }
  if (state != StoreState::kMade) {
    // A store whose own name is lost in a power cut has lost all that it acknowledged.
    DAYBOOK_RETURN_IF_ERROR(MakeDirectories(*system, files.directory));
  }
  DAYBOOK_ASSIGN_OR_RETURN(auto lock, LockStore(system, files));
  // Looked at again under the lock: somebody else may have been making it.
  DAYBOOK_ASSIGN_OR_RETURN(state, FindStore(system, files));
  if (state != StoreState::kMade) DAYBOOK_RETURN_IF_ERROR(Make(files, options, env));
  return lock;
}

absl::Status CompareAndPlan(DryStore* store, const StoreOptions& options, rocksdb::Env* env) {
  FileSystem* const system = FilesOf(options);
  absl::StatusOr<std::unique_ptr<Witness>> witness =
      Witness::Open(system, store->files.witness(), &store->content);
  if (absl::IsNotFound(witness.status())) {
    return DamageError("witness", Position(), absl::StrCat(store->files.witness(), " is missing"));
  }
  DAYBOOK_RETURN_IF_ERROR(witness.status());
  store->witness = *std::move(witness);
  DAYBOOK_RETURN_IF_ERROR(
      RocksKv::CheckManifest(store->files.database(), store->content.header.manifest, env));
  RocksKvOptions kv_options = KvOptionsOf(options, env);
  kv_options.read_only = true;
  absl::StatusOr<std::unique_ptr<RocksKv>> kv = RocksKv::Open(store->files.database(), kv_options);
  if (absl::IsNotFound(kv.status())) {
    return DamageError("database", Position(), kv.status().message());
  }
  DAYBOOK_RETURN_IF_ERROR(kv.status());
  store->kv = *std::move(kv);
  DAYBOOK_ASSIGN_OR_RETURN(store->plan, PlanRecovery(*store->kv, store->content));
  return absl::OkStatus();
}

// Everything up to `mark` is in table files.
WitnessHeader HeaderOf(const Uuid& store_id, const GroupMark& mark) {
  WitnessHeader header;
  header.store_id = store_id;
  header.flushed_group = mark.number;
  header.flushed_tip = mark.tip;
  header.flushed_chain = mark.chain;
  return header;
}

// Says so in the witness.
absl::Status TellWitness(Witness* witness, RocksKv* kv, const Uuid& store_id, const GroupMark& mark,
                         bool clean) {
  WitnessHeader header = HeaderOf(store_id, mark);
  header.clean = clean;
  DAYBOOK_ASSIGN_OR_RETURN(header.manifest, kv->MarkManifest());
  return witness->WriteHeader(header);
}

// Brings the database to the state that the witness and the log bear out, all of it in table files.
absl::Status Recover(RocksKv* kv, const DryStore& store) {
  const WitnessContent& content = store.content;
  if (content.header.clean) {
    return TellWitness(store.witness.get(), kv, content.header.store_id, store.plan.found, false);
  }
  DAYBOOK_RETURN_IF_ERROR(Replay(kv, store.plan));
  const uint64_t newest =
      std::max(store.plan.found.number, content.groups.empty() ? 0 : content.groups.back().number);
  DAYBOOK_ASSIGN_OR_RETURN(const GroupMark mark, ProveTail(*kv, content, newest + 1));
  KvBatch batch;
  batch.Put(Family::kMeta, kGroupKey, mark.Encode());
  DAYBOOK_RETURN_IF_ERROR(kv->Write(batch));
  DAYBOOK_RETURN_IF_ERROR(kv->SyncLog());
  DAYBOOK_RETURN_IF_ERROR(kv->Flush());
  return TellWitness(store.witness.get(), kv, content.header.store_id, mark, false);
}

}  // namespace

absl::StatusOr<DryStore> OpenDry(const StoreFiles& files, const StoreOptions& options,
                                 rocksdb::Env* env) {
  FileSystem* const system = FilesOf(options);
  DryStore store;
  store.files = files;
  DAYBOOK_ASSIGN_OR_RETURN(const StoreState state, FindStore(system, files));
  if (state == StoreState::kAbsent) {
    return absl::NotFoundError(absl::StrCat("no store in ", files.directory));
  }
  DAYBOOK_ASSIGN_OR_RETURN(store.lock, LockStore(system, files));
  if (state == StoreState::kHalfMade) {
    return absl::NotFoundError(
        absl::StrCat("no store in ", files.directory,
                     " yet: its making was interrupted; open it for writing once to finish it"));
  }
  DAYBOOK_RETURN_IF_ERROR(CompareAndPlan(&store, options, env));
  return store;
}

absl::StatusOr<std::unique_ptr<Engine>> OpenRocksStore(absl::string_view path,
                                                       const StoreOptions& options,
                                                       rocksdb::Env* env) {
  DAYBOOK_RETURN_IF_ERROR(CheckOptions(options));
  DryStore store;
  store.files.directory = std::string(path);
  DAYBOOK_ASSIGN_OR_RETURN(store.lock, LockOrMake(store.files, options, env));
  DAYBOOK_RETURN_IF_ERROR(CompareAndPlan(&store, options, env));
  // Only now, when nothing speaks against it: opening for writing deletes files.
  if (!store.content.header.clean && store.plan.replay.empty()) {
    DAYBOOK_RETURN_IF_ERROR(ProveTail(*store.kv, store.content, 0).status());
  }
  store.kv.reset();
  DAYBOOK_ASSIGN_OR_RETURN(std::unique_ptr<RocksKv> opened,
                           RocksKv::Open(store.files.database(), KvOptionsOf(options, env)));
  const std::shared_ptr<RocksKv> kv = std::move(opened);
  DAYBOOK_RETURN_IF_ERROR(Recover(kv.get(), store));

  EngineParts parts;
  parts.kv = kv;
  Witness* const witness = store.witness.get();
  const Uuid id = store.content.header.store_id;
  const auto flush = [kv, witness, id](const GroupMark& mark, bool clean) -> absl::Status {
    DAYBOOK_RETURN_IF_ERROR(kv->Flush());
    return TellWitness(witness, kv.get(), id, mark, clean);
  };
  parts.flush = [flush](const GroupMark& mark) { return flush(mark, /*clean=*/false); };
  parts.close = [flush](const GroupMark& mark) { return flush(mark, /*clean=*/true); };
  parts.capture = [kv, id, directory = store.files.database()](
                      const GroupMark& mark) -> absl::StatusOr<StoreCapture> {
    StoreCapture capture;
    capture.tip = TipOf(id, mark);
    capture.directory = directory;
    DAYBOOK_ASSIGN_OR_RETURN(capture.files, kv->HoldFiles());
    capture.hold = std::shared_ptr<const void>(kv.get(), [kv](const void*) { kv->ReleaseFiles(); });
    return capture;
  };
  parts.witness = std::move(store.witness);
  parts.lock = std::move(store.lock);
  parts.directory = store.files.directory;
  return Engine::Open(std::move(parts), options);
}

absl::Status AdoptDatabase(const StoreFiles& files, const StoreOptions& options,
                           const StoreTip& expected) {
  DAYBOOK_RETURN_IF_ERROR(CheckOptions(options));
  absl::StatusOr<std::unique_ptr<RocksKv>> opened =
      RocksKv::Open(files.database(), KvOptionsOf(options, nullptr));
  if (absl::IsNotFound(opened.status())) {
    return DamageError("database", Position(), opened.status().message());
  }
  DAYBOOK_RETURN_IF_ERROR(opened.status());
  RocksKv* const kv = opened->get();
  WitnessContent content;
  content.header.store_id = expected.store_id;
  DAYBOOK_ASSIGN_OR_RETURN(const RecoveryPlan plan, PlanRecovery(*kv, content));
  const StoreTip found = TipOf(expected.store_id, plan.found);
  // RocksDB drops what it cannot read of its log without a word.
  if (found.group != expected.group || found.position != expected.position ||
      found.chain_hex != expected.chain_hex) {
    return DamageError("log", found.position,
                       absl::StrCat("the copied files end at position ", found.position.ToString(),
                                    " (group ", found.group, "), not as they should at position ",
                                    expected.position.ToString(), " (group ", expected.group, ")"));
  }
  DAYBOOK_RETURN_IF_ERROR(kv->Flush());
  WitnessHeader header = HeaderOf(expected.store_id, plan.found);
  header.clean = true;
  DAYBOOK_ASSIGN_OR_RETURN(header.manifest, kv->MarkManifest());
  FileSystem* const system = FilesOf(options);
  DAYBOOK_RETURN_IF_ERROR(
      Witness::Create(system, files.witness(), options.witness_bytes, header).status());
  return system->SyncDirectory(files.directory);
}

}  // namespace internal

absl::StatusOr<std::unique_ptr<EventStore>> OpenStore(absl::string_view path,
                                                      const StoreOptions& options) {
  return internal::OpenRocksStore(path, options, nullptr);
}

absl::StatusOr<std::unique_ptr<EventStore>> OpenStoreReadOnly(absl::string_view path,
                                                              const StoreOptions& options) {
  DAYBOOK_RETURN_IF_ERROR(internal::CheckOptions(options));
  DAYBOOK_ASSIGN_OR_RETURN(internal::DryStore store,
                           internal::OpenDry({std::string(path)}, options, nullptr));
  if (!store.plan.replay.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("the store ", path, " lost its newest groups in a crash, and the witness ",
                     "holds them: open it for writing once to recover it"));
  }
  internal::EngineParts parts;
  // The same tip that opening for writing would give it.
  if (!store.content.header.clean) {
    DAYBOOK_ASSIGN_OR_RETURN(
        parts.mark, internal::ProveTail(*store.kv, store.content, store.plan.found.number));
  }
  parts.kv = std::move(store.kv);
  parts.lock = std::move(store.lock);
  parts.read_only = true;
  return internal::Engine::Open(std::move(parts), options);
}

}  // namespace daybook
