// Flips a bit of every byte of every file of a store of 2,000 events, as a kill leaves it and as it
// is closed, and of a backup of it: each time the store mends itself, or it is refused by name.
//
// DAYBOOK_FLIP_EVERY_BYTE=1 asks for all, which takes hours, and DAYBOOK_JOBS for so many threads;
// a file that both stores have is then flipped in the closed one alone.
// Otherwise bytes at equal distances are flipped, DAYBOOK_FLIPS of them. DAYBOOK_FLIP_PLACE names a
// directory where the sound stores are kept, to go on or to look at one byte again:
// DAYBOOK_FLIP_FILE, DAYBOOK_FLIP_FROM and DAYBOOK_FLIP_UNTIL say which bytes.
//
// Most bytes are those of the witness's rings. What an opening does is a function of the database's
// files and of what it reads of the ring: where that is the same with the byte flipped, the store
// is not opened.
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "daybook/core/mutex.h"
#include "daybook/core/status_macros.h"
#include "daybook/snapshots/backup.h"
#include "daybook/testkit/status_matchers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ledger.h"
#include "quiet_copy.h"
#include "store_digest.h"
#include "temp_directory.h"
#include "torture_run.h"
#include "witness.h"

namespace daybook {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kEvents = 2'000;
constexpr uint64_t kLedgerCommands = 120;  // which the first of them come from
constexpr uint64_t kDigestedIds = 64;
// The outcome where an opening reads the same.
constexpr char kNotRead[] = "not read";

// What is being tried by this thread, for who ends the process in the middle of it.
thread_local char this_case[512] = "no flip";

void TellCase(int signal) {
  const char text[] = "\nended by a signal while trying ";
  (void)!::write(STDERR_FILENO, text, sizeof(text) - 1);
  (void)!::write(STDERR_FILENO, this_case, ::strnlen(this_case, sizeof(this_case)));
  (void)!::write(STDERR_FILENO, "\n", 1);
  ::signal(signal, SIG_DFL);
  ::raise(signal);
}

StoreOptions SmallOptions() {
  StoreOptions options;
  options.witness_bytes = size_t{1} << 20;
  options.block_cache_bytes = size_t{1} << 20;
  return options;
}

// A file of the sound stores, by its path below them.
struct FlippedFile {
  std::string path;
  uint64_t size = 0;
  bool again = false;  // one of the same kind and the same bytes comes before it
  // "killed", "closed" or "backups": what is opened, or restored.
  std::string root() const { return path.substr(0, path.find('/')); }
  std::string below() const { return path.substr(path.find('/') + 1); }
  std::string kind() const {
    const std::string name = fs::path(path).filename().string();
    const std::string end = fs::path(path).extension().string();
    const bool numbered = end == ".sst" || end == ".log";
    const std::string plain = numbered ? end : name.substr(0, name.find('-'));
    return root() == "backups" ? absl::StrCat("backup ", end.empty() ? plain : end) : plain;
  }
};

// All that an opening learns of a witness; how it is refused, where it is.
std::string ReadWitness(const std::string& path) {
  internal::WitnessContent read;
  const absl::Status status = internal::Witness::Open(&FileSystem::Posix(), path, &read).status();
  if (!status.ok()) return status.ToString();
  const auto chain = [](const internal::ChainHash& hash) {
    return absl::string_view(reinterpret_cast<const char*>(hash.data()), hash.size());
  };
  const internal::WitnessHeader& header = read.header;
  std::string text =
      absl::StrCat(read.damaged_slot.has_value() ? *read.damaged_slot : 9, "/",
                   header.store_id.ToString(), "/", header.flushed_group, "/", header.flushed_tip,
                   "/", header.manifest.number, "/", header.manifest.size, "/",
                   header.manifest.crc32c, "/", header.clean, "/", chain(header.flushed_chain));
  for (const internal::WitnessGroup& group : read.groups) {
    absl::StrAppend(&text, group.number, "/", group.tip, "/", group.digest_only, "/",
                    chain(group.chain), group.batch.size(), "/", group.batch);
  }
  return text;
}

class EveryByteTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const int signal : {SIGSEGV, SIGABRT, SIGBUS, SIGFPE}) ::signal(signal, TellCase);
    if (!fs::exists(place_ + "/backups")) ASSERT_NO_FATAL_FAILURE(MakeStores());
    for (const auto& entry : fs::recursive_directory_iterator(place_)) {
      if (!entry.is_regular_file() || entry.file_size() == 0) continue;
      const FlippedFile file{fs::relative(entry.path(), place_).string(), entry.file_size()};
      // RocksDB's log of what it did; nobody reads it.
      if (fs::path(file.path).filename() == "LOG") continue;
      files_.push_back(file);
    }
    std::sort(files_.begin(), files_.end(),
              [](const auto& a, const auto& b) { return a.path < b.path; });
    std::set<std::pair<std::string, std::string>> seen;
    for (FlippedFile& file : files_) {
      sound_[file.path] = BytesOf(place_ + "/" + file.path);
      file.again = !seen.emplace(file.kind(), sound_[file.path]).second;
    }
    for (const std::string root : {"killed", "closed"}) {
      const std::string path = root + "/witness";
      witness_[root] = ReadWitness(place_ + "/" + path);
      // Its first byte is read.
      ASSERT_FALSE(ReadsTheSame({path, sound_[path].size()}, 0, work_ / "sound"));
    }
    for (const std::string root : {"killed", "closed", "backups"}) {
      const absl::StatusOr<uint64_t> digest = Outcome(root, {}, 0, work_ / "sound", 0);
      ASSERT_THAT(digest, IsOk()) << root << ": a sound store was refused";
      if (root == "killed") expected_ = *digest;
      ASSERT_EQ(*digest, expected_) << root;
    }
  }

  void MakeStores() {
    fs::remove_all(place_);
    fs::create_directories(place_);
    const std::string store = work_ / "store";
    {
      absl::StatusOr<App> app = OpenLedger(store);
      ASSERT_THAT(app, IsOk());
      for (uint64_t n = 0; n < kLedgerCommands; ++n) {
        const Numbered numbered = CommandOf(0, n);
        CommandOptions options;
        options.command_id = numbered.id;
        const auto reply = app->Execute(numbered.command, options);
        ASSERT_TRUE(reply.ok() || absl::IsFailedPrecondition(reply.status())) << reply.status();
      }
      ASSERT_THAT(app->Range<AsyncTotals>({.at_least = Token(app->store().Tip())}), IsOk());
      ASSERT_NO_FATAL_FAILURE(Append(app->store(), kEvents * 9 / 10, 50));
    }
    // What comes now stands in the log and the witness. One more opening before it, and each of the
    // hundreds of thousands to come would have enough files to compact.
    absl::StatusOr<std::unique_ptr<EventStore>> opened = OpenStore(store, SmallOptions());
    ASSERT_THAT(opened, IsOk());
    ASSERT_NO_FATAL_FAILURE(Append(**opened, kEvents, 10));
    ASSERT_THAT(Backup(**opened, place_ + "/backups"), IsOk());
    QuietCopy(store, place_ + "/killed");
    opened->reset();
    fs::copy(store, place_ + "/closed", fs::copy_options::recursive);
  }

  // Events by commits of so many, until the store has `tip`.
  static void Append(EventStore& store, uint64_t tip, uint64_t together) {
    const absl::StatusOr<TableId> table = store.OpenTable("notes");
    ASSERT_THAT(table, IsOk());
    while (store.Tip() < Position(tip)) {
      const uint64_t next = store.Tip().sequence() + 1;
      Commit commit;
      StreamAppend& append = commit.appends.emplace_back();
      append.stream = absl::StrCat("note-", next % 7);
      for (uint64_t n = next; n < std::min(next + together, tip + 1); ++n) {
        Event& event = append.events.emplace_back();
        if (n % 2 == 0) event.id = Uuid::Derive("note", n);
        event.type = n % 3 == 0 ? "Noted" : "NotedAgain";
        event.payload = absl::StrCat("note ", n);
        if (n % 4 == 0) event.metadata.tags = {absl::StrCat("note:", n % 3)};
      }
      commit.writes.push_back({*table, absl::StrCat(next % 10), absl::StrCat(next)});
      ASSERT_THAT(store.Append(std::move(commit)), IsOk());
    }
  }

  static std::string BytesOf(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }

  // RocksDB writes none of its files in place: links do. The witness is written, the flipped file
  // is another one.
  void Copy(const std::string& root, const std::string& to, const std::string& flipped,
            uint64_t bit) const {
    fs::remove_all(to);
    for (const FlippedFile& file : files_) {
      if (file.root() != root) continue;
      const std::string from = place_ + "/" + file.path;
      const std::string path = to + "/" + file.below();
      fs::create_directories(fs::path(path).parent_path());
      if (file.path != flipped && file.below() != "witness") {
        fs::create_hard_link(from, path);
        continue;
      }
      std::string bytes = sound_.at(file.path);
      if (file.path == flipped) bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ 1 << bit % 8);
      std::ofstream(path, std::ios::binary)
          .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    }
  }

  // The digest of what is there with the bit flipped, or how it is refused.
  absl::StatusOr<uint64_t> Outcome(const std::string& root, const std::string& flipped,
                                   uint64_t bit, const std::string& directory,
                                   uint64_t first_id) const {
    const std::string copy = directory + "/copy";
    Copy(root, copy, flipped, bit);
    std::string path = copy;
    if (root == "backups") {
      path = directory + "/restored";
      fs::remove_all(path);
      RestoreOptions options;
      options.store = SmallOptions();
      DAYBOOK_RETURN_IF_ERROR(Restore(copy, path, options).status());
    }
    DAYBOOK_ASSIGN_OR_RETURN(const std::unique_ptr<EventStore> store,
                             OpenStore(path, SmallOptions()));
    return DigestOf(*store, first_id, kDigestedIds);
  }

  // Whether an opening reads the same of the witness with the bit flipped.
  bool ReadsTheSame(const FlippedFile& file, uint64_t bit, const std::string& directory) const {
    const std::string path = absl::StrCat(directory, "/", file.root(), "-witness");
    const std::string& sound = sound_.at(file.path);
    if (!fs::exists(path)) {
      fs::create_directories(directory);
      std::ofstream(path, std::ios::binary)
          .write(sound.data(), static_cast<std::streamsize>(sound.size()));
    }
    const auto put = [&](char byte) {
      std::fstream ring(path, std::ios::binary | std::ios::in | std::ios::out);
      ring.seekp(static_cast<std::streamoff>(bit / 8));
      ring.put(byte).flush();
      if (!ring) std::abort();
    };
    put(static_cast<char>(sound[bit / 8] ^ 1 << bit % 8));
    const bool same = ReadWitness(path) == witness_.at(file.root());
    put(sound[bit / 8]);
    return same;
  }

  // One byte. Empty where it is as it should be.
  std::string Try(const FlippedFile& file, uint64_t byte, const std::string& directory) {
    const uint64_t drawn = (seed_ + byte) * 0x9e3779b97f4a7c15;
    const uint64_t bit = byte * 8 + (drawn >> 61);
    const std::string place = absl::StrCat(file.path, " byte ", byte, " bit ", bit % 8);
    absl::string_view(place).copy(this_case, sizeof(this_case) - 1);
    this_case[std::min(place.size(), sizeof(this_case) - 1)] = '\0';
    if (file.below() == "witness" && ReadsTheSame(file, bit, directory)) {
      Count(file, kNotRead);
      return "";
    }
    const absl::StatusOr<uint64_t> digest = Outcome(file.root(), file.path, bit, directory, byte);
    const std::string replay = absl::StrCat(
        "; again: ",
        ReplayCommand(absl::StrCat("DAYBOOK_FLIP_PLACE=", kept_, " DAYBOOK_FLIP_FILE=", file.path,
                                   " DAYBOOK_FLIP_FROM=", byte, " DAYBOOK_FLIP_UNTIL=", byte + 1,
                                   " DAYBOOK_FLIP_EVERY_BYTE=1 DAYBOOK_SEED=", seed_),
                      "build/dev/bin/torture_flip_test"));
    if (digest.ok() && *digest != expected_) {
      return absl::StrCat(place, ": silently different", replay);
    }
    const absl::Status& status = digest.status();
    if (!digest.ok() && ((!absl::IsDataLoss(status) && !absl::IsFailedPrecondition(status)) ||
                         status.message().empty())) {
      return absl::StrCat(place, ": refused without a name: ", status.ToString(), replay);
    }
    Count(file, digest.ok() ? "whole" : "refused");
    return "";
  }

  void Count(const FlippedFile& file, const std::string& outcome) {
    MutexLock lock(&mutex_);
    ++outcomes_[file.kind()][outcome];
  }

  // Of all bytes, those that are `stride` apart, on several threads.
  void TryEach(uint64_t stride, uint64_t jobs) {
    const char* const only = std::getenv("DAYBOOK_FLIP_FILE");
    std::vector<std::pair<const FlippedFile*, uint64_t>> cases;
    // Each seed flips others.
    uint64_t skipped = seed_ % stride;
    for (const FlippedFile& file : files_) {
      // What both stores have is flipped in one of them, where every byte is.
      if (only == nullptr ? stride == 1 && file.again : file.path != only) continue;
      const uint64_t until = std::min(file.size, FromEnvironment("DAYBOOK_FLIP_UNTIL", file.size));
      uint64_t byte = only != nullptr ? FromEnvironment("DAYBOOK_FLIP_FROM", 0) : skipped;
      for (; byte < until; byte += stride) cases.emplace_back(&file, byte);
      skipped = byte - std::min(byte, file.size);
    }
    std::printf("%zu bytes are flipped by %llu threads\n", cases.size(),
                static_cast<unsigned long long>(jobs));
    const auto start = std::chrono::steady_clock::now();
    std::atomic<size_t> next{0};
    std::vector<std::thread> threads;
    for (uint64_t job = 0; job < jobs; ++job) {
      threads.emplace_back([&, directory = absl::StrCat(work_ / "job", job)] {
        for (size_t i = next++; i < cases.size() && !failed_.load(); i = next++) {
          const auto& [file, byte] = cases[i];
          const std::string wrong = Try(*file, byte, directory);
          if (!wrong.empty()) {
            failed_.store(true);
            ADD_FAILURE() << wrong;
          }
          if (i % 10'000 != 9'999) continue;
          const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(
                                   std::chrono::steady_clock::now() - start)
                                   .count();
          std::printf("%zu of %zu after %lld s, at %s byte %llu\n", i + 1, cases.size(),
                      static_cast<long long>(seconds), file->path.c_str(),
                      static_cast<unsigned long long>(byte));
          std::fflush(stdout);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    const std::chrono::duration<double, std::milli> passed =
        std::chrono::steady_clock::now() - start;
    std::printf("%.2f ms for each\n", passed.count() / static_cast<double>(cases.size()));
    MutexLock lock(&mutex_);
    for (const auto& [kind, counts] : outcomes_) {
      for (const auto& [outcome, count] : counts) {
        std::printf("%-20s %-8s %llu\n", kind.c_str(), outcome.c_str(),
                    static_cast<unsigned long long>(count));
      }
    }
    if (failed_.load() && place_ != kept_) fs::copy(place_, kept_, fs::copy_options::recursive);
    ASSERT_FALSE(failed_.load()) << "the sound stores are kept in " << kept_;
    // What the copies were linked to is what it was.
    for (const FlippedFile& file : files_) {
      EXPECT_TRUE(BytesOf(place_ + "/" + file.path) == sound_[file.path]) << file.path;
    }
    PrintCount("flips", cases.size() - outcomes_["witness"][kNotRead]);
    PrintCount("flips-not-read", outcomes_["witness"][kNotRead]);
  }

  TempDirectory work_;
  const std::string place_ = std::getenv("DAYBOOK_FLIP_PLACE") != nullptr
                                 ? std::getenv("DAYBOOK_FLIP_PLACE")
                                 : work_ / "sound-stores";
  const uint64_t seed_ = SeedOfRun();
  // Where they stay when a flip went wrong.
  const std::string kept_ = std::getenv("DAYBOOK_FLIP_PLACE") != nullptr
                                ? place_
                                : absl::StrCat(fs::current_path().string(), "/flipped-", seed_);
  std::vector<FlippedFile> files_;
  std::map<std::string, std::string> sound_;    // the bytes of each
  std::map<std::string, std::string> witness_;  // what is read of it, of each store
  uint64_t expected_ = 0;
  std::atomic<bool> failed_{false};
  Mutex mutex_;
  std::map<std::string, std::map<std::string, uint64_t>> outcomes_ ABSL_GUARDED_BY(mutex_);
};

TEST_F(EveryByteTest, IsMendedOrRefusedByName) {
  const bool every = FromEnvironment("DAYBOOK_FLIP_EVERY_BYTE", 0) != 0;
  const uint64_t flips = FromEnvironment("DAYBOOK_FLIPS", 300);
  uint64_t bytes = 0;
  for (const FlippedFile& file : files_) {
    if (!every || !file.again) bytes += file.size;
    std::printf("%8llu bytes  %s%s\n", static_cast<unsigned long long>(file.size),
                file.path.c_str(), file.again ? ", as another one" : "");
  }
  std::printf("DAYBOOK_SEED=%llu DAYBOOK_FLIPS=%llu\n", static_cast<unsigned long long>(seed_),
              static_cast<unsigned long long>(every ? bytes : flips));
  TryEach(every ? 1 : std::max<uint64_t>(bytes / flips, 1), FromEnvironment("DAYBOOK_JOBS", 2));
}

}  // namespace
}  // namespace daybook
