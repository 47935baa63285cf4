// The row of append conditions: what one costs, in a large store and in a small one.
#include <random>

#include "fixtures.h"
#include "rows.h"

namespace daybook::bench {
namespace {

constexpr size_t kManyEvents = 200'000;
constexpr size_t kFewEvents = 2'000;
constexpr size_t kAppends = 4'000;
constexpr size_t kCommitEvents = 1'000;
constexpr uint64_t kCourses = 1'000;
constexpr uint64_t kStudents = 10'000;

struct Subscription {
  std::string course;
  std::string student;
};

Subscription Draw(std::mt19937_64& random) {
  return {absl::StrCat("course:", random() % kCourses),
          absl::StrCat("student:", random() % kStudents)};
}

Event EventOf(const Subscription& subscription, uint64_t n) {
  Event event;
  event.type = "StudentSubscribed";
  event.payload = Payload(n);
  event.metadata.tags = {subscription.course, subscription.student};
  return event;
}

// The median of appends of which each says that neither its course nor its student got an event
// since the tip, in a store of so many; nothing is synced.
double Micros(size_t events) {
  Directory directory;
  const auto store = OpenBenchStore(directory.path(), Durability::kNone);
  std::mt19937_64 random(1);
  for (size_t n = 0; n < events; n += kCommitEvents) {
    Commit commit;
    commit.appends.push_back({"subscriptions", ExpectedVersion::Any(), {}});
    for (size_t i = n; i < std::min(events, n + kCommitEvents); ++i) {
      commit.appends.back().events.push_back(EventOf(Draw(random), i));
    }
    Check(store->Append(std::move(commit)).status());
  }
  std::vector<double> micros;
  for (size_t n = 0; n < Scaled(kAppends); ++n) {
    const Subscription subscription = Draw(random);
    Commit commit;
    commit.appends.push_back({"subscriptions", ExpectedVersion::Any(), {EventOf(subscription, n)}});
    commit.conditions.push_back({{{.types = {"StudentSubscribed"}, .tags = {subscription.course}},
                                  {.tags = {subscription.student}}},
                                 store->Tip()});
    const Stopwatch watch;
    Check(store->Append(std::move(commit)).status());
    micros.push_back(watch.Micros());
  }
  return Median(std::move(micros));
}

}  // namespace

void AddConditionRows(std::vector<Row>* rows) {
  rows->push_back({"append-condition",
                   [] { return Micros(std::max(kFewEvents, Scaled(kManyEvents))); },
                   [] { return Micros(kFewEvents); }});
}

}  // namespace daybook::bench
