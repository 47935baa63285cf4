#include "snapshot_keeper.h"

#include <utility>

#include "daybook/core/codec.h"
#include "daybook/snapshots/snapshot_difference.h"

namespace daybook::internal {

SnapshotKeeper::SnapshotKeeper(Parts parts)
    : parts_(std::move(parts)), worker_(parts_.store->runtime().Start("snapshots", this)) {}

SnapshotKeeper::~SnapshotKeeper() {
  Close();
}

void SnapshotKeeper::Offer(const RegisteredAggregate& aggregate, const std::string& stream,
                           uint64_t version, StateLoan state) {
  Due due{&aggregate, stream, version, std::move(state)};
  // What is replaced or refused leaves in `due`, without the lock.
  MutexLock lock(&mutex_);
  if (const auto waiting = pending_.find(stream); waiting != pending_.end()) {
    superseded_.Add();
    std::swap(waiting->second, due);
    return;
  }
  if (pending_.size() >= parts_.max_pending) return skipped_.Add();
  pending_.emplace(stream, std::move(due));
  order_.push_back(stream);
  worker_->Wake();
}

void SnapshotKeeper::CountUse(const RegisteredAggregate& aggregate, const std::string& stream) {
  if (parts_.audit_every == 0) return;
  const uint64_t use = uses_.fetch_add(1, std::memory_order_relaxed) + 1;
  if (use % parts_.audit_every != 0) return;
  MutexLock lock(&mutex_);
  if (audits_.size() >= kMaxAudits) return audits_skipped_.Add();
  audits_.push_back({&aggregate, stream});
  ++audits_due_;
  worker_->Wake();
}

void SnapshotKeeper::Flush() {
  Latch flushed;
  {
    MutexLock lock(&mutex_);
    waiters_.push_back({&flushed, taken_ + order_.size(), audits_due_});
    worker_->Wake();
  }
  parts_.store->runtime().Await(flushed);
  // Who opened the latch held the lock: once it is free, he is done with the keeper.
  MutexLock lock(&mutex_);
}

void SnapshotKeeper::Close() {
  if (worker_ == nullptr) return;
  {
    MutexLock lock(&mutex_);
    closing_ = true;
  }
  Flush();
  worker_.reset();
}

void SnapshotKeeper::OpenFlushed() {
  for (auto waiter = waiters_.begin(); waiter != waiters_.end();) {
    if (taken_ < waiter->writes || audits_ended_ < waiter->audits) {
      ++waiter;
    } else {
      waiter->flushed->Open();
      waiter = waiters_.erase(waiter);
    }
  }
}

bool SnapshotKeeper::Step() {
  std::optional<Due> due;
  {
    MutexLock lock(&mutex_);
    if (writing_) return false;  // EndWrite wakes
    due = Take();
    writing_ = due.has_value();
    if (closing_) GiveUpAudits();
    if (!writing_) OpenFlushed();
  }
  if (!due.has_value()) return Audit();
  Write(*std::move(due));
  return false;
}

std::optional<SnapshotKeeper::Due> SnapshotKeeper::Take() {
  while (!order_.empty()) {
    auto entry = pending_.extract(order_.front());
    order_.pop_front();
    ++taken_;
    if (!entry.empty()) return std::move(entry.mapped());
  }
  return std::nullopt;
}

void SnapshotKeeper::Write(Due first) {
  const std::shared_ptr<const StoreReader> reader = parts_.store->Reader();
  Commit commit;
  uint64_t snapshots = 0;
  size_t bytes = 0;
  std::optional<Due> due = std::move(first);
  while (due.has_value()) {
    Snapshot snapshot{due->version, EncodeMessage(*due->state)};
    due->state.Return();
    std::vector<TableWrite> writes =
        parts_.snapshots->Replace(*reader, due->stream, due->aggregate->fingerprint,
                                  std::move(snapshot), due->aggregate->snapshots.keep);
    if (!writes.empty()) ++snapshots;
    for (TableWrite& write : writes) {
      if (write.value.has_value()) bytes += write.value->size();
      commit.writes.push_back(std::move(write));
    }
    if (bytes >= kMaxCommitRowBytes || snapshots >= kMaxCommitSnapshots) break;
    MutexLock lock(&mutex_);
    due = Take();
  }
  if (snapshots == 0) return EndWrite(/*audits=*/0);
  parts_.store->AppendAsync(std::move(commit),
                            [this, snapshots](const absl::StatusOr<AppendResult>& result) {
                              (result.ok() ? written_ : skipped_).Add(snapshots);
                              EndWrite(/*audits=*/0);
                            });
}

void SnapshotKeeper::EndWrite(uint64_t audits) {
  MutexLock lock(&mutex_);
  writing_ = false;
  audits_ended_ += audits;
  OpenFlushed();
  worker_->Wake();
}

bool SnapshotKeeper::Audit() {
  if (audit_ == nullptr) return BeginAudit();
  const absl::StatusOr<bool> more = audit_->Next(*parts_.store->Reader());
  if (more.ok() && *more) return true;
  if (!more.ok()) {
    EndAudit(more.status());
    return true;
  }
  audited_.Add();
  if (absl::Status verdict = audit_->Verdict(); !verdict.ok()) {
    differing_.Add();
    {
      MutexLock lock(&mutex_);
      audit_status_ = std::move(verdict);
      writing_ = true;
    }
    Forget(*audit_);
    audit_.reset();
    return false;
  }
  EndAudit(absl::OkStatus());
  return true;
}

bool SnapshotKeeper::BeginAudit() {
  AuditDue due;
  {
    MutexLock lock(&mutex_);
    if (audits_.empty()) return false;
    due = std::move(audits_.front());
    audits_.pop_front();
  }
  std::optional<Snapshot> snapshot =
      parts_.snapshots->Find(*parts_.store->Reader(), due.stream, due.aggregate->fingerprint);
  if (snapshot.has_value()) {
    audit_ =
        std::make_unique<SnapshotAudit>(due.aggregate, std::move(due.stream), *std::move(snapshot));
  } else {
    EndAudit(absl::OkStatus());
  }
  return true;
}

void SnapshotKeeper::GiveUpAudits() {
  audits_.clear();
  audit_.reset();
  audits_ended_ = audits_due_;
}

void SnapshotKeeper::EndAudit(const absl::Status& outcome) {
  audit_.reset();
  MutexLock lock(&mutex_);
  if (!outcome.ok()) audit_status_ = outcome;
  ++audits_ended_;
}

void SnapshotKeeper::Forget(const SnapshotAudit& audit) {
  Commit commit;
  commit.writes = parts_.snapshots->Erase(*parts_.store->Reader(), audit.stream());
  absl::StatusOr<TableWrite> record =
      WriteSnapshotDifference(parts_.store, audit.Difference(parts_.clock->Now()));
  if (record.ok()) commit.writes.push_back(*std::move(record));
  parts_.store->AppendAsync(std::move(commit),
                            [this, stream = audit.stream()](const absl::StatusOr<AppendResult>&) {
                              // After the deletion: who loads the state again finds no snapshot of
                              // it. What was offered meanwhile came of the bad one, and goes too.
                              parts_.distrust(stream);
                              {
                                MutexLock lock(&mutex_);
                                pending_.erase(stream);
                              }
                              EndWrite(/*audits=*/1);
                            });
}

SnapshotStats SnapshotKeeper::stats() const {
  SnapshotStats stats = parts_.snapshots->stats();
  stats.written = written_.value();
  stats.superseded = superseded_.value();
  stats.skipped = skipped_.value();
  stats.audited = audited_.value();
  stats.differing = differing_.value();
  stats.audits_skipped = audits_skipped_.value();
  return stats;
}

absl::Status SnapshotKeeper::audit_status() const {
  MutexLock lock(&mutex_);
  return audit_status_;
}

}  // namespace daybook::internal
