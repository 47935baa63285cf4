#include "async_runner.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "daybook/core/status_macros.h"

namespace daybook::internal {
namespace {

constexpr size_t kBatchEvents = 2048;
constexpr size_t kBatchBytes = size_t{4} << 20;
// Feeds closer than this become one: its events are read again by the one ahead, and left out.
constexpr uint64_t kNear = 2 * kBatchEvents;

// Whether it takes no event before its flush is done.
bool IsBlocked(Follower* follower) {
  if (follower->deals_anew()) return true;
  if (!follower->full()) return false;
  if (!follower->in_flight()) follower->Evict();
  return follower->full();
}

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

void AsyncRunner::Mailbox::Post(Call call) {
  MutexLock lock(&mutex_);
  calls_.push_back(std::move(call));
  if (worker_ != nullptr) worker_->Wake();
}

std::vector<AsyncRunner::Mailbox::Call> AsyncRunner::Mailbox::TakeCalls() {
  MutexLock lock(&mutex_);
  return std::exchange(calls_, {});
}

AsyncRunner::AsyncRunner(EventStore* store, ViewTables tables, const ProjectionOptions& options)
    : store_(store), tables_(tables), options_(options) {
  if (options.fold_workers > 1) {
    crew_ = std::make_unique<FoldCrew>(&store->runtime(), options.fold_workers);
  }
}

AsyncRunner::~AsyncRunner() {
  Stop();
}

void AsyncRunner::Stop() {
  mailbox_->Attach(nullptr);
  worker_.reset();
}

absl::StatusOr<Follower*> AsyncRunner::Follow(Generation* generation, Position checkpoint,
                                              const StoreReader& reader) {
  auto follower = std::make_unique<Follower>(generation, checkpoint, tables_, options_);
  DAYBOOK_RETURN_IF_ERROR(follower->LoadParked(reader));
  followers_.push_back(std::move(follower));
  feeds_.push_back(MakeFeed({followers_.back().get()}, checkpoint));
  return followers_.back().get();
}

void AsyncRunner::Start(Companion* companion) {
  companion_ = companion;
  UpdateTail();
  worker_ = store_->runtime().Start("projections", this);
  mailbox_->Attach(worker_.get());
}

bool AsyncRunner::ReadTogether(const Follower* a, const Follower* b) const {
  for (const std::unique_ptr<Feed>& feed : feeds_) {
    const auto reads = [&feed](const Follower* follower) {
      return std::find(feed->followers.begin(), feed->followers.end(), follower) !=
             feed->followers.end();
    };
    if (reads(a) && reads(b)) return true;
  }
  return false;
}

bool AsyncRunner::Step() {
  HandleFlushed();
  for (Mailbox::Call& call : mailbox_->TakeCalls()) std::move(call)();
  const absl::Time now = options_.clock->Now();
  ArrangeFeeds(now);
  // Taken after the flushes that are done: it sees their rows.
  const std::shared_ptr<const StoreReader> reader = store_->Reader();
  bool more = companion_->StepWith(reader);
  for (const std::unique_ptr<Feed>& feed : feeds_) {
    for (Follower* follower : feed->followers) {
      follower->DealAnew();
      more |= follower->Replay(*reader, now);
    }
    const bool rests = IsResting(*feed);
    bool room = !rests && !IsHeld(*feed);
    if (room) {
      if (feed->folded()) Read(*feed);
      room = crew_ == nullptr || IsAlone(*feed) ? FoldBatch(*feed, *reader)
                                                : FoldTogether(*feed, *reader);
    }
    FlushDue(*feed, now);
    if (rests) {
      // Until its time comes.
    } else if (IsHeld(*feed)) {
      more |= !held() &&
              std::all_of(feed->followers.begin(), feed->followers.end(),
                          [](const Follower* f) { return f->partner() == nullptr || f->clean(); });
    } else if (feed->at_tip) {
      ArmWake(*feed);
    } else {
      more |= room;
    }
    for (Follower* follower : feed->followers) more |= follower->TakeNews();
  }
  UpdateTail();
  ArmRetry(now);
  return more;
}

void AsyncRunner::HandleFlushed() {
  for (auto& [follower, status] : mailbox_->Take()) {
    follower->Flushed(status);
    if (absl::IsResourceExhausted(status)) HoldUntilRoom();
  }
}

void AsyncRunner::HoldUntilRoom() {
  if (held_->exchange(true)) return;
  store_->WhenRoom([held = held_, mailbox = mailbox_] {
    held->store(false);
    mailbox->Wake();
  });
}

bool AsyncRunner::IsHeld(const Feed& feed) {
  for (const Follower* follower : feed.followers) {
    const Follower* partner = follower->partner();
    if (partner == nullptr || follower->done() || partner->done()) continue;
    if (partner->folded() == follower->folded() &&
        std::find(feed.followers.begin(), feed.followers.end(), partner) != feed.followers.end()) {
      return true;
    }
  }
  return false;
}

Position AsyncRunner::Feed::position() const {
  if (folded()) return batches.front().next();
  const Position position = batches.front()[next].position;
  return Position(position.sequence() - 1, position.partition());
}

std::unique_ptr<AsyncRunner::Feed> AsyncRunner::MakeFeed(std::vector<Follower*> followers,
                                                         Position after) {
  auto feed = std::make_unique<Feed>();
  feed->dispatchers.resize(options_.fold_workers);
  for (EventDispatcher& dispatcher : feed->dispatchers) {
    for (Follower* follower : followers) dispatcher.Add(*follower->generation().definition);
  }
  feed->followers = std::move(followers);
  SubscriptionOptions options;
  options.after = after;
  options.filter = feed->dispatchers.front().Filter();
  options.batch_events = kBatchEvents;
  options.batch_bytes = kBatchBytes;
  feed->subscription = std::make_unique<Subscription>(store_, std::move(options));
  feed->batches.push_back(EventBatch({}, nullptr, after, /*at_end=*/false));
  return feed;
}

void AsyncRunner::ArrangeFeeds(absl::Time now) {
  std::vector<Follower*> waiting;
  const auto leaves = [&waiting](Follower* follower) {
    if (follower->waiting() && !follower->done()) waiting.push_back(follower);
    return follower->done() || follower->failed() || follower->waiting();
  };
  for (std::unique_ptr<Feed>& feed : feeds_) {
    if (IsResting(*feed)) {
      if (now < feed->followers.front()->retry_at()) continue;
      feed->followers.front()->GoOn();
      feed->rests = false;
    }
    std::vector<Follower*> staying;
    std::remove_copy_if(feed->followers.begin(), feed->followers.end(), std::back_inserter(staying),
                        leaves);
    if (staying.size() != feed->followers.size()) {
      feed = staying.empty() ? nullptr : MakeFeed(std::move(staying), feed->position());
    }
  }
  std::erase(feeds_, nullptr);
  for (const std::unique_ptr<Follower>& follower : followers_) {
    if (!follower->failed() || follower->done() || follower->in_flight()) continue;
    follower->BeginAgainAlone(*store_->Reader());
    feeds_.push_back(MakeFeed({follower.get()}, follower->folded()));
  }
  // Alone, so that nobody else waits too.
  for (Follower* follower : waiting) {
    feeds_.push_back(MakeFeed({follower}, follower->folded()));
    feeds_.back()->rests = true;
  }
  if (feeds_.size() < 2) return;
  std::sort(feeds_.begin(), feeds_.end(),
            [](const auto& a, const auto& b) { return a->position() < b->position(); });
  for (size_t i = 0; i + 1 < feeds_.size();) {
    Feed& behind = *feeds_[i];
    Feed& ahead = *feeds_[i + 1];
    if (ahead.position().sequence() - behind.position().sequence() > kNear || IsAlone(ahead) ||
        IsAlone(behind) || IsResting(ahead) || IsResting(behind)) {
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
  absl::Status status;
  if (feed.ahead.has_value()) {
    absl::StatusOr<std::vector<EventBatch>> read = *std::exchange(feed.ahead, std::nullopt);
    status = read.status();
    if (read.ok()) feed.batches = *std::move(read);
  } else {
    absl::StatusOr<EventBatch> read = feed.subscription->Poll();
    status = read.status();
    if (read.ok()) feed.batches.front() = *std::move(read);
  }
  if (!status.ok()) {
    for (Follower* follower : feed.followers) follower->StopNow(status);
    // What was folded is not folded again.
    feed.batches = {EventBatch({}, nullptr, feed.position(), /*at_end=*/true)};
  }
  feed.next = 0;
  feed.at_tip = feed.batches.back().at_end();
}

bool AsyncRunner::IsAlone(const Feed& feed) const {
  return crew_ != nullptr && std::any_of(feed.followers.begin(), feed.followers.end(),
                                         [](Follower* f) { return f->parts() == nullptr; });
}

bool AsyncRunner::IsResting(const Feed& feed) {
  return feed.rests && !feed.followers.front()->done();
}

// False: a follower is full and waits for its flush.
bool AsyncRunner::FoldTogether(Feed& feed, const StoreReader& reader) {
  // Fewer are folded sooner than others are woken.
  constexpr size_t kFewEvents = 256;
  if (std::any_of(feed.followers.begin(), feed.followers.end(), IsBlocked)) {
    feed.at_tip = false;
    return false;
  }
  const auto fold_event = [&feed, &reader](size_t part, const RecordedEvent& event) {
    Reading* const reading = feed.dispatchers[part].Find(event);
    if (reading == nullptr) return;
    absl::Status decoded;
    bool is_decoded = false;
    for (const Reading::Target& target : reading->targets()) {
      Follower& follower = *feed.followers[target.reader];
      if (event.position <= follower.folded() || follower.failed() ||
          !follower.generation().definition->ReadsCategoryOf(event.stream)) {
        continue;
      }
      if (part == 0) follower.CountEvent();
      if (!follower.parts()->part(part).Wants(target.handlers, event)) continue;
      if (!is_decoded) {
        decoded = reading->Decode(event);
        is_decoded = true;
      }
      follower.FoldPart(part, event, target, decoded, reader);
    }
  };
  const auto fold_part = [&feed, &fold_event](size_t part) {
    for (const EventBatch& batch : feed.batches) {
      for (const RecordedEvent& event : batch) fold_event(part, event);
    }
  };
  if (feed.batches.front().size() < kFewEvents) {
    for (size_t part = 0; part < crew_->size(); ++part) fold_part(part);
  } else {
    // Reading takes longer than folding: what comes next is read meanwhile, by all of them too.
    std::vector<Subscription::Piece> pieces;
    if (!feed.at_tip) pieces = feed.subscription->Split(crew_->size());
    std::vector<absl::StatusOr<EventBatch>> read(pieces.size());
    crew_->Do(pieces.size() + crew_->size(), [&](size_t piece) {
      if (piece < pieces.size()) {
        read[piece] = pieces[piece].Read();
      } else {
        fold_part(piece - pieces.size());
      }
    });
    if (!pieces.empty()) feed.ahead = feed.subscription->Join(std::move(read));
  }
  feed.batches.erase(feed.batches.begin(), std::prev(feed.batches.end()));
  feed.next = feed.batches.front().size();
  const Position position = feed.position();
  for (Follower* follower : feed.followers) {
    follower->parts()->AddUp();
    follower->MoveTo(position);
  }
  return true;
}

// False: a follower is full and waits for its flush.
bool AsyncRunner::FoldBatch(Feed& feed, const StoreReader& reader) {
  const EventBatch& batch = feed.batches.front();
  bool room = true;
  for (; feed.next < batch.size(); ++feed.next) {
    const RecordedEvent& event = batch[feed.next];
    Reading* const reading = feed.dispatchers.front().Find(event);
    if (reading == nullptr) continue;
    for (const Reading::Target& target : reading->targets()) {
      room = room && !IsBlocked(feed.followers[target.reader]);
    }
    if (!room) break;
    absl::Status decoded;
    bool is_decoded = false;
    for (const Reading::Target& target : reading->targets()) {
      Follower& follower = *feed.followers[target.reader];
      if (!follower.generation().definition->ReadsCategoryOf(event.stream)) continue;
      if (!is_decoded) {
        decoded = reading->Decode(event);
        is_decoded = true;
      }
      follower.Fold(event, target, decoded, reader);
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
    const bool near_tip = follower->generation().is_inline() &&
                          (tip <= folded || tip - folded <= options_.promotion_events);
    if (!held() && follower->FlushDue(now, feed.at_tip, near_tip)) {
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

void AsyncRunner::ArmRetry(absl::Time now) {
  if (armed_for_ <= now) armed_for_ = absl::InfiniteFuture();
  absl::Time next = absl::InfiniteFuture();
  for (const std::unique_ptr<Follower>& follower : followers_) {
    next = std::min(next, follower->next_retry());
  }
  if (next >= armed_for_) return;
  armed_for_ = next;
  options_.clock->CallAt(next, [mailbox = mailbox_] { mailbox->Wake(); });
}

void AsyncRunner::UpdateTail() {
  if (inline_views_ == nullptr) return;
  const uint64_t tip = store_->Tip().sequence();
  bool keep = false;
  for (const std::unique_ptr<Follower>& follower : followers_) {
    const uint64_t folded = follower->folded().sequence();
    keep |= follower->generation().is_inline() && !follower->done() && !follower->stopping() &&
            (tip <= folded || tip - folded <= options_.promotion_events);
  }
  inline_views_->KeepTail(keep);
}

}  // namespace daybook::internal
