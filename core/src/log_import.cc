#include "daybook/core/log_import.h"

#include <atomic>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "daybook/core/errors.h"
#include "daybook/core/limits.h"
#include "daybook/core/mutex.h"
#include "daybook/core/status_macros.h"
#include "daybook/core/store_draft.h"
#include "open_rocks.h"
#include "prepare_entries.h"

namespace daybook {
namespace {

// Commits are handed to the store in portions, and each portion is awaited.
constexpr size_t kCommitsPerPortion = 1000;
constexpr size_t kBytesPerPortion = size_t{16} << 20;

// The same error, told of the commit that begins at `position`.
absl::Status At(Position position, const absl::Status& status) {
  if (const auto field = ErrorPayload<v1::InvalidField>(status); field.has_value()) {
    return InvalidFieldError(
        absl::StrCat("commit at position ", position.ToString(), ": ", field->field()),
        field->rule());
  }
  return status;
}

// What the entry takes of memory, but for what a sound one has at most and kMaxCommitBytes does not
// count: so that no commit that was recorded comes out larger than that.
size_t BytesOf(const LogEntry& entry) {
  const Metadata& metadata = entry.event.metadata;
  size_t bytes = entry.event.payload.size() + metadata.actor.size() + metadata.producer.size() +
                 metadata.trace_context.size() + metadata.content_type.size() +
                 metadata.key_id.size();
  for (const std::string& tag : metadata.tags) bytes += tag.size();
  for (const auto& [key, value] : metadata.free) bytes += key.size() + value.size();
  if (entry.stream.size() > kMaxStreamNameBytes) bytes += entry.stream.size();
  if (entry.event.type.size() > kMaxTypeNameBytes) bytes += entry.event.type.size();
  return bytes;
}

// What became of a portion.
class Portion {
 public:
  // Before each commit is handed over.
  void Expect() { ++waiting_; }
  // Its outcome, on any thread.
  void Tell(Position position, const absl::Status& status) {
    if (!status.ok()) {
      MutexLock lock(&mutex_);
      // The first one: those behind it were built on it.
      if (first_error_.ok()) first_error_ = At(position, status);
    }
    Done();
  }
  absl::Status Await(Runtime& runtime) {
    Done();
    runtime.Await(all_);
    MutexLock lock(&mutex_);
    return first_error_;
  }

 private:
  void Done() {
    if (waiting_.fetch_sub(1, std::memory_order_acq_rel) == 1) all_.Open();
  }

  std::atomic<size_t> waiting_{1};  // with the one who awaits
  Latch all_;
  Mutex mutex_;
  absl::Status first_error_ ABSL_GUARDED_BY(mutex_);
};

class LogImportImpl : public LogImport {
 public:
  LogImportImpl(std::unique_ptr<StoreDraft> draft, std::unique_ptr<internal::Engine> store,
                const StoreOptions& options)
      : draft_(std::move(draft)), store_(std::move(store)), options_(options) {}

  absl::Status Append(LogEntry entry) override {
    if (failed_.ok()) failed_ = Add(std::move(entry));
    return failed_;
  }

  absl::StatusOr<VerifyReport> Finish() override {
    if (failed_.ok()) failed_ = AwaitPortion();
    if (failed_.ok() && !commit_.empty()) {
      failed_ =
          DamageError("log", commit_.back().position, "the commit of the last event is cut off");
    }
    DAYBOOK_RETURN_IF_ERROR(failed_);
    const Position tip = store_->Tip();
    // This alone brings it to the medium: what is read below may still be in memory only.
    failed_ = store_->Close();
    store_.reset();
    DAYBOOK_RETURN_IF_ERROR(failed_);
    DAYBOOK_ASSIGN_OR_RETURN(VerifyReport report, VerifyStore(draft_->directory(), options_));
    if (report.tip != tip) return DamageError("log", report.tip, "not all of it was written");
    DAYBOOK_RETURN_IF_ERROR(draft_->Publish());
    return report;
  }

 private:
  absl::Status Add(LogEntry entry) {
    const bool ends_commit = !entry.commit_chain_hex.empty();
    commit_bytes_ += BytesOf(entry);
    commit_.push_back(std::move(entry));
    if (!ends_commit) {
      // No commit is larger, so its end is missing. Waiting for it would fill the memory.
      if (commit_bytes_ > kMaxCommitBytes) {
        return At(commit_.front().position,
                  InvalidFieldError("chain", absl::StrCat("must end the commit within ",
                                                          kMaxCommitBytes, " bytes")));
      }
      if (commit_.size() < kMaxEventsPerCommit) return absl::OkStatus();
      return At(commit_.front().position,
                InvalidFieldError("chain", absl::StrCat("must end the commit within ",
                                                        kMaxEventsPerCommit, " events")));
    }
    const Position first = commit_.front().position;
    commit_bytes_ = 0;
    absl::StatusOr<std::unique_ptr<internal::Request>> request =
        internal::PrepareEntries(std::exchange(commit_, {}));
    if (!request.ok()) {
      // An event before it may be the one to name.
      DAYBOOK_RETURN_IF_ERROR(AwaitPortion());
      return At(first, request.status());
    }
    ++commits_;
    bytes_ += (*request)->bytes;
    portion_->Expect();
    store_->AppendPrepared(*std::move(request),
                           [portion = portion_, first](const absl::StatusOr<AppendResult>& result) {
                             portion->Tell(first, result.status());
                           });
    return commits_ < kCommitsPerPortion && bytes_ < kBytesPerPortion ? absl::OkStatus()
                                                                      : AwaitPortion();
  }

  absl::Status AwaitPortion() {
    commits_ = 0;
    bytes_ = 0;
    return std::exchange(portion_, std::make_shared<Portion>())->Await(store_->runtime());
  }

  const std::unique_ptr<StoreDraft> draft_;
  std::unique_ptr<internal::Engine> store_;  // after the draft: closed before that is removed
  const StoreOptions options_;
  std::vector<LogEntry> commit_;  // that has not yet ended
  size_t commit_bytes_ = 0;
  std::shared_ptr<Portion> portion_ = std::make_shared<Portion>();
  size_t commits_ = 0;
  size_t bytes_ = 0;
  absl::Status failed_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<LogImport>> LogImport::Begin(absl::string_view path,
                                                            const StoreOptions& options) {
  DAYBOOK_ASSIGN_OR_RETURN(std::unique_ptr<StoreDraft> draft, StoreDraft::Begin(path, options));
  // Nothing is acknowledged before Finish: closing brings all of it to the medium, as one.
  StoreOptions unsynced = options;
  unsynced.durability = Durability::kNone;
  unsynced.queue_bytes = StoreOptions().queue_bytes;  // a portion fits
  DAYBOOK_ASSIGN_OR_RETURN(std::unique_ptr<internal::Engine> store,
                           internal::OpenRocksStore(draft->directory(), unsynced, nullptr));
  return std::make_unique<LogImportImpl>(std::move(draft), std::move(store), options);
}

}  // namespace daybook
