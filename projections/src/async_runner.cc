#include "async_runner.h"

#include <algorithm>
#include <utility>

namespace daybook::internal {
namespace {

constexpr size_t kBatchEvents = 4096;
constexpr size_t kBatchBytes = size_t{4} << 20;
// Feeds closer than this become one: its events are read again by the one ahead, and left out.
constexpr uint64_t kNear = 2 * kBatchEvents;

}  // namespace

void AsyncRunner::Mailbox::Attach(Runtime::Worker* worker) {
  MutexLock lock(&mutex_);
  worker_ = worker;
  if (worker_ != nullptr) worker_->Wake();
}

void AsyncRunner::Mailbox::Wake() {
  MutexLock lock(&mutex_);
  if (worker_ != nullptr) worker_->Wake();
}

void AsyncRunner::Mailbox::Push(Follower* follower, absl::Status status) {
  MutexLock lock(&mutex_);
  flushed_.emplace_back(follower, std::move(status));
  if (worker_ != nullptr) worker_->Wake();
}

std::vector<std::pair<Follower*, absl::Status>> AsyncRunner::Mailbox::Take() {
  MutexLock lock(&mutex_);
  return std::exchange(flushed_, {});
}

AsyncRunner::AsyncRunner(EventStore* store, InlineViews* inline_views, InlineViews::Tables tables,
                         const ProjectionOptions& options)
    : store_(store), inline_views_(inline_views), tables_(tables), options_(options) {}

AsyncRunner::~AsyncRunner() {
  mailbox_->Attach(nullptr);
  worker_.reset();
}

void AsyncRunner::Add(View* view, Position checkpoint) {
  followers_.push_back(std::make_unique<Follower>(view, checkpoint, tables_, options_));
  feeds_.push_back(MakeFeed({followers_.back().get()}, checkpoint));
}

void AsyncRunner::Start() {
  if (followers_.empty()) return;
  UpdateTail();
  worker_ = store_->runtime().Start("projections", this);
  mailbox_->Attach(worker_.get());
}

bool AsyncRunner::Step() {
  HandleFlushed();
  ArrangeFeeds();
  // Taken after the flushes that are done: it sees their rows.
  const std::shared_ptr<const StoreReader> reader = store_->Reader();
  const absl::Time now = options_.clock->Now();
  bool more = false;
  for (const std::unique_ptr<Feed>& feed : feeds_) {
    if (feed->next == feed->batch.size()) Read(*feed);
    const bool room = FoldBatch(*feed, *reader);
    FlushDue(*feed, now);
    if (feed->at_tip) {
      ArmWake(*feed);
    } else {
      more |= room;
    }
  }
  UpdateTail();
  return more;
}

void AsyncRunner::HandleFlushed() {
  for (auto& [follower, status] : mailbox_->Take()) {
    follower->Flushed(status);
    if (absl::IsResourceExhausted(status) && !held_->exchange(true)) {
      store_->WhenPast(store_->Tip(), [held = held_, mailbox = mailbox_] {
        held->store(false);
        mailbox->Wake();
      });
    }
  }
}

Position AsyncRunner::Feed::position() const {
  if (next == batch.size()) return subscription->checkpoint();
  return Position(batch[next].position.sequence() - 1, batch[next].position.partition());
}

std::unique_ptr<AsyncRunner::Feed> AsyncRunner::MakeFeed(std::vector<Follower*> followers,
                                                         Position after) {
  auto feed = std::make_unique<Feed>();
  for (Follower* follower : followers) feed->dispatcher.Add(follower->view().definition());
  feed->followers = std::move(followers);
  SubscriptionOptions options;
  options.after = after;
  options.filter = feed->dispatcher.Filter();
  options.batch_events = kBatchEvents;
  options.batch_bytes = kBatchBytes;
  feed->subscription = std::make_unique<Subscription>(store_, std::move(options));
  return feed;
}

void AsyncRunner::ArrangeFeeds() {
  const auto leaves = [](const Follower* follower) { return follower->done(); };
  for (std::unique_ptr<Feed>& feed : feeds_) {
    std::vector<Follower*> staying;
    std::remove_copy_if(feed->followers.begin(), feed->followers.end(), std::back_inserter(staying),
                        leaves);
    if (staying.size() != feed->followers.size()) {
      feed = staying.empty() ? nullptr : MakeFeed(std::move(staying), feed->position());
    }
  }
  std::erase(feeds_, nullptr);
  if (feeds_.size() < 2) return;
  std::sort(feeds_.begin(), feeds_.end(),
            [](const auto& a, const auto& b) { return a->position() < b->position(); });
  for (size_t i = 0; i + 1 < feeds_.size();) {
    Feed& behind = *feeds_[i];
    Feed& ahead = *feeds_[i + 1];
    if (ahead.position().sequence() - behind.position().sequence() > kNear) {
      ++i;
      continue;
    }
    std::vector<Follower*> both = behind.followers;
    both.insert(both.end(), ahead.followers.begin(), ahead.followers.end());
    feeds_[i] = MakeFeed(std::move(both), behind.position());
    feeds_.erase(feeds_.begin() + static_cast<std::ptrdiff_t>(i) + 1);
  }
}

void AsyncRunner::Read(Feed& feed) {
  absl::StatusOr<EventBatch> batch = feed.subscription->Poll();
  if (!batch.ok()) {
    for (Follower* follower : feed.followers) follower->StopNow(batch.status());
    feed.at_tip = true;
    return;
  }
  feed.batch = *std::move(batch);
  feed.next = 0;
  feed.at_tip = feed.batch.at_end();
}

// False: a follower is full and waits for its flush.
bool AsyncRunner::FoldBatch(Feed& feed, const StoreReader& reader) {
  const auto blocked = [](Follower* follower) {
    if (!follower->full()) return false;
    if (!follower->in_flight()) follower->Evict();
    return follower->full();
  };
  bool room = true;
  for (; feed.next < feed.batch.size(); ++feed.next) {
    const RecordedEvent& event = feed.batch[feed.next];
    Reading* const reading = feed.dispatcher.Find(event);
    if (reading == nullptr) continue;
    for (const Reading::Target& target : reading->targets()) {
      room = room && !blocked(feed.followers[target.reader]);
    }
    if (!room) break;
    absl::Status decoded;
    bool is_decoded = false;
    for (const Reading::Target& target : reading->targets()) {
      Follower& follower = *feed.followers[target.reader];
      if (!follower.view().definition().ReadsCategoryOf(event.stream)) continue;
      if (!is_decoded) {
        decoded = reading->Decode(event);
        is_decoded = true;
      }
      follower.Fold(event, target.parts, decoded, reader);
    }
  }
  const Position position = feed.position();
  for (Follower* follower : feed.followers) follower->MoveTo(position);
  if (!room) feed.at_tip = false;
  return room;
}

void AsyncRunner::FlushDue(Feed& feed, absl::Time now) {
  const uint64_t tip = store_->Tip().sequence();
  for (Follower* follower : feed.followers) {
    const uint64_t folded = follower->folded().sequence();
    const bool near_tip = follower->view().is_inline() &&
                          (tip <= folded || tip - folded <= options_.promotion_events);
    if (!held_->load() && follower->FlushDue(now, feed.at_tip, near_tip)) {
      if (std::optional<Commit> commit = follower->Flush(feed.at_tip)) {
        store_->AppendAsync(*std::move(commit),
                            [mailbox = mailbox_, follower](absl::StatusOr<AppendResult> result) {
                              mailbox->Push(follower, std::move(result).status());
                            });
      }
    }
    follower->Publish(feed.at_tip);
  }
}

void AsyncRunner::ArmWake(Feed& feed) {
  if (feed.armed->exchange(true)) return;
  feed.subscription->WhenReady([armed = feed.armed, mailbox = mailbox_] {
    armed->store(false);
    mailbox->Wake();
  });
}

void AsyncRunner::UpdateTail() {
  if (inline_views_ == nullptr) return;
  const uint64_t tip = store_->Tip().sequence();
  bool keep = false;
  for (const std::unique_ptr<Follower>& follower : followers_) {
    const uint64_t folded = follower->folded().sequence();
    keep |= follower->view().is_inline() && !follower->done() && !follower->stopping() &&
            (tip <= folded || tip - folded <= options_.promotion_events);
  }
  inline_views_->KeepTail(keep);
}

}  // namespace daybook::internal
