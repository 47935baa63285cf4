// A store in front of another: tests change what they are after.
#ifndef DAYBOOK_TESTS_CORE_FORWARDING_STORE_H_
#define DAYBOOK_TESTS_CORE_FORWARDING_STORE_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "daybook/core/event_store.h"

namespace daybook {

class ForwardingStore : public EventStore {
 public:
  // `store` must outlive it.
  explicit ForwardingStore(EventStore* store) : store_(store) {}

  void AppendAsync(Commit commit, AppendCallback done) override {
    store_->AppendAsync(std::move(commit), std::move(done));
  }
  std::shared_ptr<const StoreReader> Reader() const override { return store_->Reader(); }
  Position Tip() const override { return store_->Tip(); }
  void WhenPast(Position position, absl::AnyInvocable<void() &&> wake) override {
    store_->WhenPast(position, std::move(wake));
  }
  void WhenRoom(absl::AnyInvocable<void() &&> wake) override { store_->WhenRoom(std::move(wake)); }
  absl::StatusOr<TableId> OpenTable(absl::string_view name) override {
    return store_->OpenTable(name);
  }
  std::vector<std::pair<std::string, TableId>> Tables() const override { return store_->Tables(); }
  Position AddParticipant(CommitParticipant* participant) override {
    return store_->AddParticipant(participant);
  }
  void RemoveParticipant(CommitParticipant* participant) override {
    store_->RemoveParticipant(participant);
  }
  absl::StatusOr<ScavengeReport> Scavenge(const ScavengeOptions& options) override {
    return store_->Scavenge(options);
  }
  StoreStats Stats() const override { return store_->Stats(); }
  Runtime& runtime() override { return store_->runtime(); }

 private:
  EventStore* const store_;
};

}  // namespace daybook

#endif  // DAYBOOK_TESTS_CORE_FORWARDING_STORE_H_
