// A log that is written again is the same log, or is refused at the first event that is not.
#include "daybook/core/log_import.h"

#include <filesystem>
#include <functional>
#include <random>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "chain.h"
#include "daybook/core/errors.h"
#include "daybook/core/limits.h"
#include "daybook/testkit/status_matchers.h"
#include "fault_file_system.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "read_everything.h"
#include "sha256.h"
#include "temp_directory.h"

namespace daybook {
namespace {

namespace fs = std::filesystem;
using absl::StatusCode;
using testing::HasSubstr;

using Entries = std::vector<LogEntry>;

StoreOptions SmallOptions() {
  StoreOptions options;
  options.witness_bytes = size_t{1} << 20;
  return options;
}

class LogImportTest : public testing::Test {
 protected:
  static Event RandomEvent(std::mt19937_64& random, uint64_t n) {
    Event event;
    if (random() % 2 == 0) event.id = Uuid::Derive("event", n);
    event.type = absl::StrCat("Type", random() % 7);
    event.schema_version = 1 + random() % 3;
    for (uint64_t i = random() % 40; i > 0; --i) {
      event.payload.push_back(static_cast<char>(random()));
    }
    if (random() % 3 == 0) event.metadata.actor = "ann";
    if (random() % 5 == 0) event.metadata.free = {{"k", "1"}, {"k", "2"}};
    if (random() % 9 == 0) {
      event.encoding = PayloadEncoding::kSealed;
      event.metadata.key_id = "key-1";
    }
    return event;
  }
  // Commits of one to four streams, some of several events; some are refused, some repeated.
  static void Fill(EventStore& store, std::mt19937_64& random, int commits) {
    uint64_t n = 0;
    for (int i = 0; i < commits; ++i) {
      Commit commit;
      const uint64_t streams = 1 + random() % 4;
      for (uint64_t s = 0; s < streams; ++s) {
        StreamAppend& append = commit.appends.emplace_back();
        append.stream = absl::StrCat("c", random() % 4, "-", 10 * s + random() % 10);
        for (uint64_t e = 1 + random() % 3; e > 0; --e) {
          append.events.push_back(RandomEvent(random, n++));
        }
      }
      if (random() % 6 == 0) commit.appends[0].expected = ExpectedVersion::Exactly(1'000'000);
      const bool again = random() % 8 == 0;
      const Commit copy = commit;
      const auto result = store.Append(std::move(commit));
      ASSERT_TRUE(result.ok() || absl::IsAborted(result.status())) << result.status();
      if (again) (void)store.Append(copy);
    }
  }

  static Entries EntriesOf(const EventStore& store) {
    Entries entries;
    ReadLogOptions options;
    while (true) {
      const absl::StatusOr<EventBatch> batch = store.Reader()->ReadLog(options);
      EXPECT_THAT(batch, IsOk());
      for (const RecordedEvent& event : *batch) {
        const absl::StatusOr<LogEntry> entry = LogEntryOf(event);
        EXPECT_THAT(entry, IsOk());
        entries.push_back(*entry);
      }
      options.from = batch->next();
      if (batch->at_end()) return entries;
    }
  }
  absl::StatusOr<VerifyReport> Import(const Entries& entries,
                                      const StoreOptions& options = SmallOptions()) {
    absl::StatusOr<std::unique_ptr<LogImport>> import = LogImport::Begin(imported_, options);
    if (!import.ok()) return import.status();
    EXPECT_FALSE(fs::exists(imported_));
    for (const LogEntry& entry : entries) {
      if (absl::Status status = (*import)->Append(entry); !status.ok()) {
        EXPECT_EQ((*import)->Finish().status(), status);
        return status;
      }
    }
    return (*import)->Finish();
  }
  // Ten commits, of which the fifth holds positions 5 to 7.
  Entries Sample() {
    const auto store = OpenStore(directory_ / "sample", SmallOptions());
    EXPECT_THAT(store, IsOk());
    for (int i = 0; i < 10; ++i) {
      Commit commit;
      const std::string stream = absl::StrCat("s-", i % 3);
      for (int n = 0; n < (i == 4 ? 3 : 1); ++n) {
        Event event;
        event.id = Uuid::Derive("sample", static_cast<uint64_t>(10 * i + n));
        event.type = "Noted";
        event.payload = absl::StrCat("payload ", i);
        commit.appends.resize(1);
        commit.appends[0].stream = stream;
        commit.appends[0].events.push_back(event);
      }
      EXPECT_THAT((*store)->Append(std::move(commit)), IsOk());
    }
    return EntriesOf(**store);
  }
  void ExpectNothingLeft() {
    EXPECT_FALSE(fs::exists(imported_));
    EXPECT_FALSE(fs::exists(imported_ + ".draft"));
  }

  TempDirectory directory_;
  const std::string imported_ = directory_ / "imported";
};

TEST_F(LogImportTest, TheSameLogComesOut) {
  const uint64_t seed = std::random_device()();
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  std::mt19937_64 random(seed);
  StoreContent content;
  std::string chain;
  Entries entries;
  {
    const auto store = OpenStore(directory_ / "source", SmallOptions());
    ASSERT_THAT(store, IsOk());
    ASSERT_NO_FATAL_FAILURE(Fill(**store, random, 1'500));
    content = *ReadEverything(**store);
    chain = (*store)->Stats().chain_hex;
    entries = EntriesOf(**store);
  }
  const auto report = Import(entries);
  ASSERT_THAT(report, IsOk());
  EXPECT_EQ(report->chain, chain);
  const auto imported = OpenStore(imported_, SmallOptions());
  ASSERT_THAT(imported, IsOk());
  EXPECT_EQ(*ReadEverything(**imported), content);
  // The ids that were given are known, so a retry appends nothing.
  const LogEntry& known = *std::find_if(entries.begin(), entries.end(), [](const LogEntry& entry) {
    return entry.id_given && !entry.commit_chain_hex.empty();
  });
  const auto again = (*imported)->Append(known.stream, ExpectedVersion::Any(), {known.event});
  ASSERT_THAT(again, IsOk());
  EXPECT_TRUE(again->duplicate);
}

TEST_F(LogImportTest, AnEmptyLogMakesAnEmptyStore) {
  const auto report = Import({});
  ASSERT_THAT(report, IsOk());
  EXPECT_EQ(report->events, 0);
  EXPECT_THAT(VerifyStore(imported_), IsOk());
}

TEST_F(LogImportTest, ARemovedPayloadKeepsItsPlaceInTheChain) {
  Entries entries = Sample();
  const std::string chain = entries.back().commit_chain_hex;
  LogEntry& entry = entries[5];
  entry.removed = {
      static_cast<uint32_t>(entry.event.payload.size()),
      absl::BytesToHexString(internal::DigestBytes(internal::Digest(entry.event.payload)))};
  entry.event.payload.clear();
  const auto report = Import(entries);
  ASSERT_THAT(report, IsOk());
  EXPECT_EQ(report->chain, chain);
  const auto store = OpenStore(imported_, SmallOptions());
  ASSERT_THAT(store, IsOk());
  const Entries again = EntriesOf(**store);
  ASSERT_EQ(again.size(), entries.size());
  ASSERT_TRUE(again[5].removed.has_value());
  EXPECT_EQ(again[5].removed->digest_hex, entry.removed->digest_hex);
  EXPECT_EQ(again[5].removed->size, entry.removed->size);
}

TEST_F(LogImportTest, WhatDoesNotFollowIsRefusedByName) {
  struct Case {
    std::function<void(Entries&)> change;
    StatusCode code;
    std::string says;
  };
  const std::vector<Case> cases = {
      {[](Entries& e) { e.erase(e.begin() + 2); }, StatusCode::kInvalidArgument,
       "commit at position 4: position: must be 3"},
      {[](Entries& e) { e.erase(e.begin()); }, StatusCode::kInvalidArgument, "position: must be 1"},
      {[](Entries& e) { e.erase(e.begin() + 5); }, StatusCode::kInvalidArgument,
       "commit at position 5: position: must follow"},
      {[](Entries& e) { std::swap(e[0], e[1]); }, StatusCode::kInvalidArgument, "position"},
      {[](Entries& e) {
         e.pop_back();
         e[0].position = Position(2);
       },
       StatusCode::kInvalidArgument, "position"},
      {[](Entries& e) { e[1].version = 7; }, StatusCode::kAborted, "expected version 6"},
      {[](Entries& e) { e[3].version = 0; }, StatusCode::kAborted, "expected no stream"},
      {[](Entries& e) { e[5].version += 1; }, StatusCode::kInvalidArgument, "version: must follow"},
      {[](Entries& e) { e[6].recorded_time += absl::Seconds(1); }, StatusCode::kInvalidArgument,
       "recorded_time: must be the same"},
      {[](Entries& e) { e[2].recorded_time -= absl::Hours(1); }, StatusCode::kInvalidArgument,
       "recorded_time: must not be before"},
      {[](Entries& e) { e[2].recorded_time += absl::Microseconds(1); }, StatusCode::kDataLoss,
       "chain damaged at position 3"},
      {[](Entries& e) { e[2].event.payload += "x"; }, StatusCode::kDataLoss, "at position 3"},
      {[](Entries& e) { e[2].event.type = "Other"; }, StatusCode::kDataLoss, "at position 3"},
      {[](Entries& e) { e[2].event.schema_version = 2; }, StatusCode::kDataLoss, "at position 3"},
      {[](Entries& e) { e[2].event.metadata.actor = "eve"; }, StatusCode::kDataLoss,
       "at position 3"},
      {[](Entries& e) { e[2].event.id = Uuid::Derive("x"); }, StatusCode::kDataLoss,
       "at position 3"},
      {[](Entries& e) { e[2].id_given = false; }, StatusCode::kDataLoss, "at position 3"},
      {[](Entries& e) {
         e[2].stream = "s-9";
         e[2].version = 0;
       },
       StatusCode::kDataLoss, "at position 3"},
      {[](Entries& e) { e[2].event.encoding = PayloadEncoding::kSealed; }, StatusCode::kDataLoss,
       "at position 3"},
      // The chain begins anew after a boundary that was none, so that one is named.
      {[](Entries& e) { e[4].commit_chain_hex = e[6].commit_chain_hex; }, StatusCode::kDataLoss,
       "at position 5"},
      {[](Entries& e) { e[2].commit_chain_hex = ""; }, StatusCode::kInvalidArgument,
       "recorded_time"},
      {[](Entries& e) {
         char& digit = e[2].commit_chain_hex[0];
         digit = digit == '0' ? '1' : '0';
       },
       StatusCode::kDataLoss, "at position 3"},
      {[](Entries& e) { e[2].commit_chain_hex = "beef"; }, StatusCode::kInvalidArgument,
       "64 hexadecimal digits"},
      {[](Entries& e) { e.back().commit_chain_hex = ""; }, StatusCode::kDataLoss, "cut off"},
      {[](Entries& e) { e[3].event.id = e[0].event.id; }, StatusCode::kInvalidArgument,
       "id: must be new"},
      {[](Entries& e) { e[2].event.id = Uuid(); }, StatusCode::kInvalidArgument, "id"},
      {[](Entries& e) { e[2].event.type = ""; }, StatusCode::kInvalidArgument, "type"},
      {[](Entries& e) { e[2].stream = std::string(600, 'x'); }, StatusCode::kInvalidArgument,
       "stream"},
      {[](Entries& e) { e[2].event.payload.resize((size_t{4} << 20) + 1); },
       StatusCode::kInvalidArgument, "payload"},
      {[](Entries& e) {
         e[2].removed = {3, "beef"};
       },
       StatusCode::kInvalidArgument, "removed"},
      {[](Entries& e) {
         e[2].event.payload.clear();
         e[2].removed = {3, "beef"};
       },
       StatusCode::kInvalidArgument, "removed.digest"},
  };
  const Entries sample = Sample();
  for (size_t i = 0; i < cases.size(); ++i) {
    SCOPED_TRACE(absl::StrCat("case ", i, ": ", cases[i].says));
    Entries changed = sample;
    cases[i].change(changed);
    EXPECT_THAT(Import(changed), StatusIs(cases[i].code, HasSubstr(cases[i].says)));
    ExpectNothingLeft();
  }
  EXPECT_THAT(Import(sample), IsOk());
}

// Nothing is synced before the store is closed, so an error then is one of the import.
TEST_F(LogImportTest, WhatIsNotOnTheMediumIsNotThere) {
  const Entries sample = Sample();
  FaultFileSystem files(&FileSystem::Posix());
  StoreOptions options = SmallOptions();
  options.files = &files;
  for (const FileOperation operation : {FileOperation::kWrite, FileOperation::kSync}) {
    bool failed = true;
    int faults = 0;
    for (int n = 1; failed; ++n) {
      SCOPED_TRACE(absl::StrCat("operation ", static_cast<int>(operation), ", ", n));
      const int before = files.count(operation);
      files.FailNth(operation, n, absl::ResourceExhaustedError("no space"));
      const auto report = Import(sample, options);
      files.Heal();
      failed = files.count(operation) - before >= n;
      if (failed) {
        ++faults;
        EXPECT_THAT(report, StatusIs(StatusCode::kResourceExhausted, HasSubstr("no space")));
        ExpectNothingLeft();
        fs::remove_all(imported_);
      } else {
        EXPECT_THAT(report, IsOk());
        fs::remove_all(imported_);
      }
    }
    EXPECT_GT(faults, 1);
  }
}

TEST_F(LogImportTest, ACommitWithoutAnEndDoesNotFillTheMemory) {
  const auto import = LogImport::Begin(imported_, SmallOptions());
  ASSERT_THAT(import, IsOk());
  LogEntry entry;
  entry.stream = "s-1";
  entry.event.id = Uuid::Derive("large");
  entry.event.type = "Noted";
  entry.event.payload.resize(kMaxPayloadBytes);
  size_t taken = 0;
  absl::Status status;
  for (; taken < 2 * kMaxCommitBytes && status.ok(); taken += kMaxPayloadBytes) {
    entry.position = Position(1 + taken / kMaxPayloadBytes);
    status = (*import)->Append(entry);
  }
  EXPECT_THAT(status, StatusIs(StatusCode::kInvalidArgument,
                               HasSubstr("position 1: chain: must end the commit within")));
  EXPECT_LE(taken, kMaxCommitBytes + kMaxPayloadBytes);
}

TEST_F(LogImportTest, NothingIsWrittenOverAStore) {
  const Entries sample = Sample();
  ASSERT_THAT(Import(sample), IsOk());
  EXPECT_THAT(LogImport::Begin(imported_), StatusIs(StatusCode::kAlreadyExists));
  EXPECT_THAT(LogImport::Begin(""), StatusIs(StatusCode::kInvalidArgument));
  // Two at once, of the same place.
  const auto first = LogImport::Begin(directory_ / "twice", SmallOptions());
  ASSERT_THAT(first, IsOk());
  EXPECT_THAT(LogImport::Begin(directory_ / "twice", SmallOptions()),
              StatusIs(StatusCode::kUnavailable));
  EXPECT_THAT((*first)->Finish(), IsOk());
}

}  // namespace
}  // namespace daybook
