// fold-1: a view is built from the whole log: read, decode, handler, 10,000 rows and a checkpoint
// written every 100,000 events and at the end, durably, by one thread. From opening the view to its
// checkpoint at the tip.
//
// fold-2: the same by two threads; beside it, in the place of the work by hand, our one thread.
//
// fold-wide: a view of a row an event, written every 8 MiB and at the end; each row is looked for
// before, as a fold must. fold-wide-in-order: its keys ascend with the log.
#include <cstring>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "bank.h"
#include "by_hand.h"
#include "fixtures.h"
#include "rows.h"

namespace daybook::bench {
namespace {

constexpr size_t kEvents = 400'000;
constexpr size_t kCommitEvents = 1'000;
constexpr size_t kFlushEvents = 100'000;

struct FilledStore {
  Directory directory;
  std::unique_ptr<EventStore> store;
};

FilledStore& Ours() {
  static const auto filled = [] {
    auto made = std::make_unique<FilledStore>();
    const size_t events = Scaled(kEvents);
    {
      const auto store = OpenBenchStore(made->directory.path(), Durability::kNone);
      for (size_t i = 0; i < events;) {
        Commit commit;
        for (size_t j = 0; j < kCommitEvents && i < events; ++j, ++i) {
          commit.appends.push_back({StreamOf(i), ExpectedVersion::Any(), {}});
          commit.appends.back().events.push_back(Encoded(EventOf<bank::Deposited>(i)));
        }
        Check(store->Append(std::move(commit)).status());
      }
    }
    made->store = OpenBenchStore(made->directory.path(), Durability::kStrict);
    return made;
  }();
  return *filled;
}

struct FilledLog {
  Directory directory;
  std::unique_ptr<HandLog> log;
};

// Each event has its stream before it.
FilledLog& ByHand() {
  static const auto filled = [] {
    auto made = std::make_unique<FilledLog>();
    made->log = std::make_unique<HandLog>(made->directory.path());
    const size_t events = Scaled(kEvents);
    for (size_t i = 0; i < events;) {
      rocksdb::WriteBatch batch;
      for (size_t j = 0; j < kCommitEvents && i < events; ++j, ++i) {
        const uint64_t stream = i % kStreams;
        std::string value(reinterpret_cast<const char*>(&stream), sizeof(stream));
        value += EncodeMessage(EventOf<bank::Deposited>(i));
        made->log->Add(&batch, stream, i / kStreams, value);
      }
      made->log->Write(&batch, /*sync=*/false);
    }
    made->log->FlushAndCompact();
    return made;
  }();
  return *filled;
}

// The view under a name that the store does not know: one that it knows would answer from its old
// rows until it is built anew.
template <typename View>
ProjectionRegistration NextView() {
  static int number = 0;
  ProjectionRegistration view = Async<View>();
  view.definition = std::make_shared<const ProjectionDefinition>(
      absl::StrCat(View::kName, ++number), View::kRevision, view.definition->categories(),
      view.definition->handled(), view.definition->past(), View::Row::descriptor(),
      []() -> std::unique_ptr<internal::RowFold> {
        return std::make_unique<internal::TypedRowFold<View>>();
      });
  return view;
}

double Fold(size_t workers) {
  EventStore& store = *Ours().store;
  ProjectionOptions options;
  options.fold_workers = workers;
  const Stopwatch watch;
  const auto views = Value(ProjectionEngine::Open(&store, {NextView<Balances<0>>()}, options));
  Check(views
            ->Get<Balances<0>>(
                "0", {.at_least = Token(store.Tip()), .timeout = absl::InfiniteDuration()})
            .status());
  const double seconds = watch.Seconds();
  uint64_t folded = 0;
  Check(views->Scan<Balances<0>>({}, [&](absl::string_view, const bank::Balance& row) {
    folded += row.deposits();
    return true;
  }));
  if (folded != Scaled(kEvents)) std::abort();
  return static_cast<double>(folded) / seconds;
}

template <bool kInOrder>
double FoldEntries() {
  using View = Entries<kInOrder>;
  EventStore& store = *Ours().store;
  const Stopwatch watch;
  const auto views = Value(ProjectionEngine::Open(&store, {NextView<View>()}, {}));
  // There is no such row; that is said at the tip.
  const auto row = views->template Get<View>(
      "", {.at_least = Token(store.Tip()), .timeout = absl::InfiniteDuration()});
  if (!absl::IsNotFound(row.status())) std::abort();
  return static_cast<double>(Scaled(kEvents)) / watch.Seconds();
}

void WriteRows(HandLog& log, const absl::flat_hash_map<uint64_t, bank::Balance>& rows,
               rocksdb::Slice checkpoint) {
  rocksdb::WriteBatch batch;
  std::string value;
  for (const auto& [stream, row] : rows) {
    row.SerializeToString(&value);
    Check(batch.Put(log.rows(), HandLog::Key(stream), value));
  }
  Check(batch.Put(log.rows(), "checkpoint", checkpoint));
  log.Write(&batch, /*sync=*/true);
}

// Calls `fold` with each event of the log: its stream, the event, its key.
template <typename Fold>
void ForEachByHand(HandLog& log, Fold fold) {
  bank::Deposited event;
  const std::unique_ptr<rocksdb::Iterator> it(log.db()->NewIterator({}, log.log()));
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    const rocksdb::Slice value = it->value();
    uint64_t stream;
    std::memcpy(&stream, value.data(), sizeof(stream));
    if (!event.ParseFromArray(value.data() + sizeof(stream),
                              static_cast<int>(value.size() - sizeof(stream)))) {
      std::abort();
    }
    fold(stream, event, it->key());
  }
  Check(it->status());
}

double HandFold() {
  HandLog& log = *ByHand().log;
  const Stopwatch watch;
  absl::flat_hash_map<uint64_t, bank::Balance> rows;
  size_t folded = 0;
  std::string position;
  ForEachByHand(log, [&](uint64_t stream, const bank::Deposited& event, rocksdb::Slice at) {
    bank::Balance& row = rows[stream];
    row.set_amount(row.amount() + event.amount());
    row.set_deposits(row.deposits() + 1);
    if (++folded % kFlushEvents == 0) WriteRows(log, rows, at);
    if (folded == Scaled(kEvents)) position = at.ToString();
  });
  if (folded % kFlushEvents != 0) WriteRows(log, rows, position);
  if (folded != Scaled(kEvents)) std::abort();
  return static_cast<double>(folded) / watch.Seconds();
}

// Rows of each run under keys of their own, as of each view.
template <bool kInOrder>
double HandFoldEntries() {
  constexpr size_t kFlushBytes = size_t{8} << 20;
  static int run = 0;
  HandLog& log = *ByHand().log;
  const Stopwatch watch;
  const std::string prefix = absl::StrCat(++run, "/");
  absl::flat_hash_map<std::string, bank::Entry> rows;
  size_t bytes = 0;
  size_t folded = 0;
  std::string stored;
  const auto write = [&](rocksdb::Slice checkpoint) {
    rocksdb::WriteBatch batch;
    for (const auto& [key, row] : rows) {
      row.SerializeToString(&stored);
      Check(batch.Put(log.rows(), key, stored));
    }
    Check(batch.Put(log.rows(), "checkpoint", checkpoint));
    log.Write(&batch, /*sync=*/true);
    rows.clear();
    bytes = 0;
  };
  std::string position;
  ForEachByHand(log, [&](uint64_t stream, const bank::Deposited& event, rocksdb::Slice at) {
    const std::string key = kInOrder ? absl::StrCat(prefix, absl::Dec(folded, absl::kZeroPad10))
                                     : absl::StrCat(prefix, "account-", stream, "/",
                                                    absl::Dec(folded / kStreams, absl::kZeroPad10));
    auto [row, is_new] = rows.try_emplace(key);
    if (is_new) {
      const rocksdb::Status found = log.db()->Get({}, log.rows(), key, &stored);
      if (found.ok()) std::abort();  // each event has its own
    }
    row->second.set_amount(event.amount());
    row->second.set_note(event.note().substr(0, 80));
    bytes += key.size() + 100;
    ++folded;
    if (bytes >= kFlushBytes) write(at);
    if (folded == Scaled(kEvents)) position = at.ToString();
  });
  write(position);
  if (folded != Scaled(kEvents)) std::abort();
  return static_cast<double>(folded) / watch.Seconds();
}

}  // namespace

void AddFoldRows(std::vector<Row>* rows) {
  const auto alone = [] { return Fold(1); };
  rows->push_back({"fold-1", alone, HandFold});
  rows->push_back({"fold-2", [] { return Fold(2); }, alone});
  rows->push_back({"fold-wide", FoldEntries<false>, HandFoldEntries<false>});
  rows->push_back({"fold-wide-in-order", FoldEntries<true>, HandFoldEntries<true>});
}

}  // namespace daybook::bench
