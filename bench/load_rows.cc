// The load rows: the state of an aggregate, as App::Load gives it: found, decoded and evolved. µs,
// the median over random streams whose events lie far apart in the log.
//   load-100          100 events
//   load-snapshot-10  a snapshot of 100 events and the 10 after it
//   load-cached       the state is in memory since its last command
#include <random>

#include "bank.h"
#include "by_hand.h"
#include "fixtures.h"
#include "rows.h"

namespace daybook::bench {
namespace {

constexpr size_t kAggregates = 1'000;
constexpr size_t kLoads = 2'000;
constexpr uint64_t kEvents = 100;  // also SavingsState's snapshot_every
constexpr uint64_t kTail = 10;

size_t Aggregates() {
  return std::max<size_t>(50, Scaled(kAggregates));
}

template <typename E>
void AppendToEach(EventStore& store, absl::string_view category, uint64_t round) {
  Commit commit;
  for (size_t i = 0; i < Aggregates(); ++i) {
    commit.appends.push_back({absl::StrCat(category, "-", i), ExpectedVersion::Any(), {}});
    commit.appends.back().events.push_back(Encoded(EventOf<E>(round * Aggregates() + i)));
  }
  Check(store.Append(std::move(commit)).status());
}

App OpenBank(const Directory& directory, Durability durability) {
  AppOptions options;
  options.store.durability = durability;
  return Value(App::Open(directory.path(), options, Aggregate<Account>(), Aggregate<Savings>()));
}

// The accounts 0, 1, … and, with a snapshot, savings 0, 1, …; the account "hot" had a command.
struct FilledBank {
  Directory directory;
  std::optional<App> app;
};

FilledBank& Ours() {
  static const auto filled = [] {
    auto made = std::make_unique<FilledBank>();
    {
      App app = OpenBank(made->directory, Durability::kNone);
      for (uint64_t round = 0; round < kEvents + kTail; ++round) {
        if (round < kEvents) AppendToEach<bank::Deposited>(app.store(), "account", round);
        if (round != kEvents - 1) {
          AppendToEach<bank::Saved>(app.store(), "savings", round);
          continue;
        }
        for (size_t i = 0; i < Aggregates(); ++i) {
          Check(app.Execute(Make<bank::Save>(
                                {.account = absl::StrCat(i), .amount = 1, .note = Payload(i)}))
                    .status());
        }
      }
      Check(app.FlushSnapshots());
      if (app.Stats().snapshots.written != Aggregates()) std::abort();
    }
    made->app = OpenBank(made->directory, Durability::kStrict);
    for (size_t i = 0; i < Aggregates(); ++i) {
      Check(made->app
                ->Execute(Make<bank::Deposit>(
                    {.account = absl::StrCat("hot", i), .amount = 1, .note = Payload(i)}))
                .status());
    }
    return made;
  }();
  return *filled;
}

// The time of one load of a random one of the aggregates, the median.
template <typename Load>
double MedianOf(Load load) {
  std::mt19937_64 random(1);
  std::vector<double> micros;
  for (size_t i = 0; i < Scaled(kLoads); ++i) {
    const uint64_t number = random() % Aggregates();
    const Stopwatch watch;
    load(number);
    micros.push_back(watch.Micros());
  }
  return Median(std::move(micros));
}

template <typename A>
double Load(absl::string_view prefix, uint64_t events) {
  App& app = *Ours().app;
  return MedianOf([&](uint64_t number) {
    const auto loaded = Value(app.Load<A>(absl::StrCat(prefix, number)));
    if (loaded.state.deposits() != events) std::abort();
  });
}

struct FilledLog {
  Directory directory;
  std::unique_ptr<HandLog> log;
};

// Streams 0, 1, … of kEvents + kTail events, and the state of each after kEvents in the rows.
FilledLog& ByHand() {
  static const auto filled = [] {
    auto made = std::make_unique<FilledLog>();
    made->log = std::make_unique<HandLog>(made->directory.path());
    for (uint64_t round = 0; round < kEvents + kTail; ++round) {
      rocksdb::WriteBatch batch;
      for (size_t i = 0; i < Aggregates(); ++i) {
        made->log->Add(&batch, i, round,
                       EncodeMessage(EventOf<bank::Saved>(round * Aggregates() + i)));
        if (round + 1 == kEvents) {
          bank::SavingsState state;
          state.set_balance(1);
          state.set_deposits(kEvents);
          Check(batch.Put(made->log->rows(), HandLog::Key(i), EncodeMessage(state)));
        }
      }
      made->log->Write(&batch, /*sync=*/false);
    }
    made->log->FlushAndCompact();
    return made;
  }();
  return *filled;
}

// Folds the events [from, until) of `stream`: a range of the index, then all events at once.
void HandFold(HandLog& log, uint64_t stream, uint64_t from, uint64_t until,
              bank::SavingsState* state) {
  const std::string end = HandLog::Key(stream, until);
  const rocksdb::Slice upper(end);
  rocksdb::ReadOptions options;
  options.iterate_upper_bound = &upper;
  std::vector<std::string> positions;
  const std::unique_ptr<rocksdb::Iterator> it(log.db()->NewIterator(options, log.index()));
  for (it->Seek(HandLog::Key(stream, from)); it->Valid(); it->Next()) {
    positions.push_back(it->value().ToString());
  }
  Check(it->status());
  const std::vector<rocksdb::Slice> keys(positions.begin(), positions.end());
  std::vector<rocksdb::PinnableSlice> values(keys.size());
  std::vector<rocksdb::Status> statuses(keys.size());
  log.db()->MultiGet({}, log.log(), keys.size(), keys.data(), values.data(), statuses.data(),
                     /*sorted_input=*/true);
  bank::Saved event;
  for (size_t i = 0; i < keys.size(); ++i) {
    Check(statuses[i]);
    if (!event.ParseFromArray(values[i].data(), static_cast<int>(values[i].size()))) std::abort();
    state->set_balance(state->balance() + event.amount());
    state->set_deposits(state->deposits() + 1);
  }
}

double HandLoad() {
  HandLog& log = *ByHand().log;
  return MedianOf([&](uint64_t number) {
    bank::SavingsState state;
    HandFold(log, number, 0, kEvents, &state);
    if (state.deposits() != kEvents) std::abort();
  });
}

double HandLoadSnapshot() {
  HandLog& log = *ByHand().log;
  return MedianOf([&](uint64_t number) {
    rocksdb::PinnableSlice snapshot;
    Check(log.db()->Get({}, log.rows(), HandLog::Key(number), &snapshot));
    bank::SavingsState state;
    if (!state.ParseFromArray(snapshot.data(), static_cast<int>(snapshot.size()))) std::abort();
    HandFold(log, number, state.deposits(), kEvents + kTail, &state);
    if (state.deposits() != kEvents + kTail) std::abort();
  });
}

}  // namespace

void AddLoadRows(std::vector<Row>* rows) {
  rows->push_back({"load-100", [] { return Load<Account>("", kEvents); }, HandLoad});
  rows->push_back(
      {"load-snapshot-10", [] { return Load<Savings>("", kEvents + kTail); }, HandLoadSnapshot});
  rows->push_back({"load-cached", [] { return Load<Account>("hot", 1); }, nullptr});
}

}  // namespace daybook::bench
