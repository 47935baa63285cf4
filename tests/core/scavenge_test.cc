// A scavenge of a store on disk: the space, the proof, crashes, copies.
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "daybook/core/errors.h"
#include "daybook/core/log_entry.h"
#include "daybook/core/log_import.h"
#include "daybook/core/open.h"
#include "daybook/core/stream_metadata.h"
#include "daybook/testkit/status_matchers.h"
#include "format.h"
#include "gmock/gmock.h"
#include "rocks_kv.h"
#include "stream_lifecycles.h"
#include "temp_directory.h"

namespace daybook {
namespace {

using internal::Family;
using testing::HasSubstr;

class ScavengeTest : public testing::Test {
 protected:
  ScavengeTest() { Reopen(); }

  static StoreOptions Options() {
    StoreOptions options;
    options.witness_bytes = size_t{1} << 20;
    return options;
  }
  void Reopen() {
    store_.reset();
    auto store = OpenStore(path_, Options());
    ASSERT_THAT(store, IsOk());
    store_ = *std::move(store);
  }
  void Fill(const std::string& stream, int events, size_t bytes) {
    std::string payload;
    while (payload.size() < bytes) absl::StrAppend(&payload, Uuid::Random().ToString());
    for (int i = 0; i < events; ++i) {
      Event event;
      event.id = Uuid::Derive(stream, static_cast<uint64_t>(i));
      event.type = "Noted";
      event.payload = payload;
      ASSERT_THAT(store_->Append(stream, ExpectedVersion::Any(), {event}), IsOk());
    }
  }
  void Limit(const std::string& stream, const StreamLimits& limits) {
    ASSERT_THAT(SetStreamLimits(*store_, stream, limits), IsOk());
  }
  // One of each kind of stream.
  void MakeStreams() {
    for (const char* stream : {"whole-1", "short-1", "deleted-1", "gone-1"}) Fill(stream, 200, 500);
    Limit("short-1", {.max_count = 3});
    ASSERT_THAT(DeleteStream(*store_, "deleted-1"), IsOk());
    ASSERT_THAT(TombstoneStream(*store_, "gone-1"), IsOk());
  }
  static std::vector<std::string> LogOf(const EventStore& store) {
    std::vector<std::string> log;
    auto batch = store.Reader()->ReadLog({.limit = 10'000, .max_bytes = size_t{1} << 30});
    EXPECT_THAT(batch, IsOk());
    if (!batch.ok()) return log;
    for (const RecordedEvent& event : *batch) {
      log.push_back(
          absl::StrCat(event.stream, "@", event.version, " ", event.removed, " ", event.payload));
    }
    return log;
  }
  uint64_t EventsOf(absl::string_view stream) {
    auto batch = store_->Reader()->ReadStream(stream);
    return batch.ok() ? batch->size() : 0;
  }
  void ExpectSound() {
    store_.reset();
    EXPECT_THAT(VerifyStore(path_, Options()), IsOk());
  }
  absl::Status VerifyTampered(absl::FunctionRef<void(TableId, internal::KvBatch*)> change) {
    store_.reset();
    {
      auto kv = internal::RocksKv::Open(path_ + "/db", {});
      EXPECT_THAT(kv, IsOk());
      const auto id =
          (*kv)->Get(nullptr, Family::kMeta, internal::TableKey(internal::kStreamTable));
      EXPECT_TRUE(id.ok() && id->has_value());
      internal::KvBatch batch;
      change(internal::LoadBig<TableId>((*id)->view().data()), &batch);
      EXPECT_THAT((*kv)->Write(batch), IsOk());
      EXPECT_THAT((*kv)->Flush(), IsOk());
    }
    return VerifyStore(path_, Options()).status();
  }

  const TempDirectory directory_;
  const std::string path_ = directory_ / "store";
  std::unique_ptr<EventStore> store_;
};

TEST_F(ScavengeTest, GivesTheSpaceBack) {
  Fill("a-1", 1'000, 4'000);
  Fill("b-1", 100, 4'000);
  Limit("a-1", {.max_count = 10});
  // What is in table files.
  Reopen();
  const auto report = store_->Scavenge();
  ASSERT_THAT(report, IsOk());
  EXPECT_EQ(report->done.events, 990u);
  EXPECT_GE(report->done.bytes, 990u * 4'000);
  EXPECT_LT(report->disk_after, report->disk_before / 4);
  ExpectSound();
  Reopen();
  EXPECT_EQ(EventsOf("a-1"), 10u);
  EXPECT_EQ(EventsOf("b-1"), 100u);
}

TEST_F(ScavengeTest, TheStoreIsSoundAndGoesOnAfterIt) {
  MakeStreams();
  const std::string chain = store_->Stats().chain_hex;
  ExpectSound();
  Reopen();
  ASSERT_THAT(store_->Scavenge(), IsOk());
  EXPECT_EQ(store_->Stats().chain_hex, chain);
  ExpectSound();
  Reopen();
  EXPECT_EQ(EventsOf("short-1"), 3u);
  EXPECT_EQ(EventsOf("whole-1"), 200u);
  auto again = store_->Append("deleted-1", ExpectedVersion::NoStream(), {Event{.type = "Noted"}});
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->streams[0].first_version, 200u);
  EXPECT_THAT(store_->Append("gone-1", ExpectedVersion::Any(), {Event{.type = "Noted"}}),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  ASSERT_THAT(store_->Append("short-1", ExpectedVersion::Exactly(199), {Event{.type = "Noted"}}),
              IsOk());
  ASSERT_THAT(store_->Scavenge(), IsOk());
  ExpectSound();
}

TEST_F(ScavengeTest, OneThatWasCutOffGoesOnAfterARestart) {
  MakeStreams();
  int commits = 0;
  const auto stops_at = [&](int n) {
    return ScavengeOptions{
        .progress = [&commits, n](const ScavengeProgress&) { return ++commits < n; }};
  };
  for (int n : {1, 2, 2}) {
    commits = 0;
    auto report = store_->Scavenge(stops_at(n));
    ASSERT_THAT(report, IsOk());
    ExpectSound();
    Reopen();
  }
  auto report = store_->Scavenge();
  ASSERT_THAT(report, IsOk());
  EXPECT_TRUE(report->finished);
  EXPECT_EQ(report->done.events, 597u);
  ExpectSound();
}

// What is in the log alone, not yet in table files, and was replaced since.
TEST_F(ScavengeTest, AKillBringsBackNoPayload) {
  MakeStreams();
  ASSERT_THAT(store_->Scavenge({.compact = false}), IsOk());
  const std::string killed = directory_ / "killed";
  std::filesystem::copy(path_, killed, std::filesystem::copy_options::recursive);
  const std::vector<std::string> expected = LogOf(*store_);
  auto opened = OpenStore(killed, Options());
  ASSERT_THAT(opened, IsOk());
  EXPECT_EQ(LogOf(**opened), expected);
  opened->reset();
  EXPECT_THAT(VerifyStore(killed, Options()), IsOk());
}

TEST_F(ScavengeTest, AnImportedStoreHasTheSameStreams) {
  MakeStreams();
  ASSERT_THAT(store_->Scavenge(), IsOk());
  ASSERT_THAT(store_->Append("deleted-1", ExpectedVersion::NoStream(), {Event{.type = "Noted"}}),
              IsOk());
  const std::string imported = directory_ / "imported";
  auto import = LogImport::Begin(imported, Options());
  ASSERT_THAT(import, IsOk());
  auto batch = store_->Reader()->ReadLog({.limit = 10'000, .max_bytes = size_t{1} << 30});
  ASSERT_THAT(batch, IsOk());
  for (const RecordedEvent& event : *batch) {
    auto entry = LogEntryOf(event);
    ASSERT_THAT(entry, IsOk());
    ASSERT_THAT((*import)->Append(*std::move(entry)), IsOk());
  }
  ASSERT_THAT((*import)->Finish(), IsOk());
  const std::string chain = store_->Stats().chain_hex;
  store_.reset();
  auto other = OpenStore(imported, Options());
  ASSERT_THAT(other, IsOk());
  store_ = *std::move(other);
  EXPECT_EQ(store_->Stats().chain_hex, chain);
  EXPECT_EQ(EventsOf("short-1"), 3u);
  EXPECT_EQ(EventsOf("deleted-1"), 1u);
  EXPECT_EQ(EventsOf("gone-1"), 0u);
  // Not even where the limit says otherwise now.
  Limit("short-1", {});
  EXPECT_EQ(EventsOf("short-1"), 3u);
  ASSERT_THAT(store_->Scavenge(), IsOk());
  store_.reset();
  EXPECT_THAT(VerifyStore(imported, Options()), IsOk());
}

TEST_F(ScavengeTest, VerifyHoldsTheTableAgainstTheLog) {
  MakeStreams();
  ASSERT_THAT(store_->Scavenge(), IsOk());
  const auto is_damage = [](const absl::Status& status) {
    const auto damage = ErrorPayload<v1::Damage>(status);
    return absl::IsDataLoss(status) && damage.has_value() && damage->what() == "stream table";
  };
  // A deletion that is forgotten.
  absl::Status found = VerifyTampered([&](TableId table, internal::KvBatch* batch) {
    batch->Delete(Family::kRows, internal::RowKey(table, "gone-1"));
  });
  EXPECT_TRUE(is_damage(found)) << found;
  v1::StreamLifecycle gone;
  gone.mutable_metadata()->set_tombstoned(true);
  gone.set_removed_before(199);
  found = VerifyTampered([&](TableId table, internal::KvBatch* batch) {
    batch->Put(Family::kRows, internal::RowKey(table, "gone-1"), gone.SerializeAsString());
  });
  EXPECT_TRUE(is_damage(found)) << found;
  EXPECT_THAT(found, StatusIs(absl::StatusCode::kDataLoss, HasSubstr("gone-1")));
  gone.set_removed_before(200);
  found = VerifyTampered([&](TableId table, internal::KvBatch* batch) {
    batch->Put(Family::kRows, internal::RowKey(table, "gone-1"), gone.SerializeAsString());
  });
  EXPECT_THAT(found, IsOk());
  // One that hides what is there, and a stream that could not go on.
  v1::StreamLifecycle hides;
  hides.set_removed_before(5);
  found = VerifyTampered([&](TableId table, internal::KvBatch* batch) {
    batch->Put(Family::kRows, internal::RowKey(table, "whole-1"), hides.SerializeAsString());
  });
  EXPECT_TRUE(is_damage(found)) << found;
  EXPECT_THAT(found, StatusIs(absl::StatusCode::kDataLoss, HasSubstr("whole-1")));
  const auto id = internal::MakeStreamId(4, 1);  // of gone-1
  found = VerifyTampered([&](TableId table, internal::KvBatch* batch) {
    batch->Delete(Family::kRows, internal::RowKey(table, "whole-1"));
    batch->Delete(Family::kStreams, internal::StreamKey(id, 199));
  });
  EXPECT_THAT(found, StatusIs(absl::StatusCode::kDataLoss, HasSubstr("last version of stream")));
  found = VerifyTampered([&](TableId, internal::KvBatch* batch) {
    batch->Put(Family::kStreams, internal::StreamKey(id, 199), internal::EncodePosition(800));
  });
  EXPECT_THAT(found, IsOk());
  // One that nobody asked for.
  found = VerifyTampered([&](TableId table, internal::KvBatch* batch) {
    batch->Put(Family::kRows, internal::RowKey(table, "whole-1"), gone.SerializeAsString());
  });
  EXPECT_TRUE(is_damage(found)) << found;
}

}  // namespace
}  // namespace daybook
