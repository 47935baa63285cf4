// What every backend of the key-value seam keeps.
#include <atomic>
#include <iostream>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "daybook/testkit/status_matchers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kv.h"
#include "memory_kv.h"
#include "rocks_kv.h"
#include "temp_directory.h"

namespace daybook::internal {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct MemoryBackend {
  std::unique_ptr<Kv> Open() { return MemoryKv::Make(); }
};

struct RocksBackend {
  std::unique_ptr<Kv> Open() {
    absl::StatusOr<std::unique_ptr<RocksKv>> kv = RocksKv::Open(directory / "db", {});
    EXPECT_THAT(kv, IsOk());
    return kv.ok() ? *std::move(kv) : nullptr;
  }
  TempDirectory directory;
};

template <typename Backend>
class KvContract : public ::testing::Test {
 protected:
  void SetUp() override {
    kv_ = backend_.Open();
    ASSERT_NE(kv_, nullptr);
  }

  void Put(Family family, absl::string_view key, absl::string_view value) {
    KvBatch batch;
    batch.Put(family, key, value);
    ASSERT_THAT(kv_->Write(batch), IsOk());
  }
  void Delete(Family family, absl::string_view key) {
    KvBatch batch;
    batch.Delete(family, key);
    ASSERT_THAT(kv_->Write(batch), IsOk());
  }
  // "-" stands for no such key.
  std::string Get(Family family, absl::string_view key, const KvSnapshot* snapshot = nullptr) {
    const auto value = kv_->Get(snapshot, family, key);
    EXPECT_THAT(value, IsOk());
    if (!value.ok() || !value->has_value()) return "-";
    return std::string((*value)->view());
  }
  std::vector<std::string> Keys(Family family, KvBounds bounds = {},
                                std::shared_ptr<const KvSnapshot> snapshot = nullptr) {
    const auto it = kv_->NewIterator(std::move(snapshot), family, std::move(bounds));
    std::vector<std::string> keys;
    for (it->Seek(""); it->Valid(); it->Next()) keys.emplace_back(it->key());
    EXPECT_THAT(it->status(), IsOk());
    return keys;
  }
  std::vector<std::string> KeysBackwards(Family family, KvBounds bounds, absl::string_view from) {
    const auto it = kv_->NewIterator(nullptr, family, std::move(bounds));
    std::vector<std::string> keys;
    for (it->SeekForPrev(from); it->Valid(); it->Prev()) keys.emplace_back(it->key());
    EXPECT_THAT(it->status(), IsOk());
    return keys;
  }

  Backend backend_;
  std::unique_ptr<Kv> kv_;
};

using Backends = ::testing::Types<MemoryBackend, RocksBackend>;
TYPED_TEST_SUITE(KvContract, Backends);

TYPED_TEST(KvContract, ReturnsWhatWasPut) {
  const std::string binary("\0\xff\0x", 4);
  this->Put(Family::kLog, "a", "1");
  this->Put(Family::kLog, binary, binary);
  this->Put(Family::kLog, "", "the empty key");
  this->Put(Family::kLog, "empty value", "");
  EXPECT_EQ(this->Get(Family::kLog, "a"), "1");
  EXPECT_EQ(this->Get(Family::kLog, binary), binary);
  EXPECT_EQ(this->Get(Family::kLog, ""), "the empty key");
  EXPECT_EQ(this->Get(Family::kLog, "empty value"), "");
  EXPECT_EQ(this->Get(Family::kLog, "b"), "-");
}

TYPED_TEST(KvContract, KeepsFamiliesApart) {
  this->Put(Family::kLog, "key", "log");
  this->Put(Family::kMeta, "key", "meta");
  EXPECT_EQ(this->Get(Family::kLog, "key"), "log");
  EXPECT_EQ(this->Get(Family::kStreams, "key"), "-");
  EXPECT_EQ(this->Get(Family::kMeta, "key"), "meta");
}

TYPED_TEST(KvContract, AppliesABatchInOrderAndWhole) {
  this->Put(Family::kRows, "gone", "before");
  const auto before = this->kv_->Snapshot();
  KvBatch batch;
  batch.Put(Family::kRows, "a", "first");
  batch.Put(Family::kRows, "a", "second");
  batch.Put(Family::kIds, "x", "1");
  batch.Delete(Family::kRows, "gone");
  batch.Put(Family::kRows, "back", "1");
  batch.Delete(Family::kRows, "back");
  const std::vector<absl::string_view> parts = {"in ", "", "parts"};
  batch.Put(Family::kMeta, "p", parts);
  ASSERT_THAT(this->kv_->Write(batch), IsOk());

  EXPECT_EQ(this->Get(Family::kRows, "a"), "second");
  EXPECT_EQ(this->Get(Family::kIds, "x"), "1");
  EXPECT_EQ(this->Get(Family::kRows, "gone"), "-");
  EXPECT_EQ(this->Get(Family::kRows, "back"), "-");
  EXPECT_EQ(this->Get(Family::kMeta, "p"), "in parts");
  EXPECT_EQ(this->Get(Family::kRows, "a", before.get()), "-");
  EXPECT_EQ(this->Get(Family::kRows, "gone", before.get()), "before");
}

TYPED_TEST(KvContract, ASnapshotStaysAsItWas) {
  this->Put(Family::kRows, "a", "1");
  this->Put(Family::kRows, "b", "1");
  const auto first = this->kv_->Snapshot();
  this->Put(Family::kRows, "a", "2");
  const auto second = this->kv_->Snapshot();
  this->Delete(Family::kRows, "a");
  this->Put(Family::kRows, "c", "1");
  ASSERT_THAT(this->kv_->SyncLog(), IsOk());
  ASSERT_THAT(this->kv_->Flush(), IsOk());

  EXPECT_EQ(this->Get(Family::kRows, "a", first.get()), "1");
  EXPECT_EQ(this->Get(Family::kRows, "a", second.get()), "2");
  EXPECT_EQ(this->Get(Family::kRows, "a"), "-");
  EXPECT_THAT(this->Keys(Family::kRows, {}, first), ElementsAre("a", "b"));
  EXPECT_THAT(this->Keys(Family::kRows, {}, second), ElementsAre("a", "b"));
  EXPECT_THAT(this->Keys(Family::kRows), ElementsAre("b", "c"));
}

TYPED_TEST(KvContract, AValueOutlivesWhatOverwritesIt) {
  this->Put(Family::kRows, "a", std::string(1000, 'x'));
  const auto value = this->kv_->Get(nullptr, Family::kRows, "a");
  ASSERT_THAT(value, IsOk());
  this->Put(Family::kRows, "a", std::string(1000, 'y'));
  ASSERT_THAT(this->kv_->SyncLog(), IsOk());
  ASSERT_THAT(this->kv_->Flush(), IsOk());
  EXPECT_EQ((*value)->view(), std::string(1000, 'x'));
}

TYPED_TEST(KvContract, IteratesBothWaysWithinBounds) {
  for (const char* key : {"a", "b", "c", "d", "e"}) this->Put(Family::kRows, key, key);
  this->Delete(Family::kRows, "c");
  EXPECT_THAT(this->Keys(Family::kRows), ElementsAre("a", "b", "d", "e"));
  EXPECT_THAT(this->Keys(Family::kRows, {"b", "e"}), ElementsAre("b", "d"));
  EXPECT_THAT(this->Keys(Family::kRows, {"bb", ""}), ElementsAre("d", "e"));
  EXPECT_THAT(this->Keys(Family::kRows, {"c", "d"}), IsEmpty());
  EXPECT_THAT(this->KeysBackwards(Family::kRows, {}, "d"), ElementsAre("d", "b", "a"));
  EXPECT_THAT(this->KeysBackwards(Family::kRows, {}, "c"), ElementsAre("b", "a"));
  EXPECT_THAT(this->KeysBackwards(Family::kRows, {"b", "e"}, "z"), ElementsAre("d", "b"));
  EXPECT_THAT(this->KeysBackwards(Family::kRows, {"b", "e"}, "a"), IsEmpty());
}

TYPED_TEST(KvContract, AnIteratorTurnsRound) {
  for (const char* key : {"a", "b", "c"}) this->Put(Family::kRows, key, absl::StrCat(key, "!"));
  const auto it = this->kv_->NewIterator(nullptr, Family::kRows, {});
  EXPECT_FALSE(it->Valid());
  it->Seek("b");
  EXPECT_EQ(it->key(), "b");
  EXPECT_EQ(it->value(), "b!");
  it->Next();
  EXPECT_EQ(it->key(), "c");
  it->Prev();
  it->Prev();
  EXPECT_EQ(it->key(), "a");
  it->Prev();
  EXPECT_FALSE(it->Valid());
  it->Seek("bb");
  EXPECT_EQ(it->value(), "c!");
}

TYPED_TEST(KvContract, AnIteratorDoesNotSeeLaterWrites) {
  this->Put(Family::kRows, "a", "1");
  this->Put(Family::kRows, "c", "1");
  const auto it = this->kv_->NewIterator(nullptr, Family::kRows, {});
  it->Seek("");
  this->Put(Family::kRows, "b", "1");
  this->Delete(Family::kRows, "c");
  ASSERT_THAT(this->kv_->SyncLog(), IsOk());
  it->Next();
  ASSERT_TRUE(it->Valid());
  EXPECT_EQ(it->key(), "c");
}

TYPED_TEST(KvContract, MultiGetAnswersInTheOrderOfTheKeys) {
  for (int i = 0; i < 100; ++i) {
    this->Put(Family::kIds, absl::StrCat("k", i), absl::StrCat("v", i));
    if (i == 50) {
      ASSERT_THAT(this->kv_->Flush(), IsOk());
    }
  }
  const auto before = this->kv_->Snapshot();
  this->Put(Family::kIds, "k7", "new");
  const std::vector<absl::string_view> keys = {"k99", "none", "k7", "k0", "k7"};
  const auto values = this->kv_->MultiGet(before.get(), Family::kIds, keys);
  ASSERT_THAT(values, IsOk());
  ASSERT_EQ(values->size(), keys.size());
  EXPECT_EQ((*values)[0]->view(), "v99");
  EXPECT_FALSE((*values)[1].has_value());
  EXPECT_EQ((*values)[2]->view(), "v7");
  EXPECT_EQ((*values)[3]->view(), "v0");
  EXPECT_EQ((*values)[4]->view(), "v7");
  const auto none = this->kv_->MultiGet(nullptr, Family::kIds, {});
  ASSERT_THAT(none, IsOk());
  EXPECT_THAT(*none, IsEmpty());
}

TYPED_TEST(KvContract, CountsEntries) {
  for (int i = 0; i < 300; ++i) {
    this->Put(Family::kLog, absl::StrCat("k", i), "v");
    if (i == 100 || i == 250) {
      ASSERT_THAT(this->kv_->Flush(), IsOk());
    }
  }
  EXPECT_THAT(this->kv_->CountEntries(Family::kLog), IsOkAndHolds(300));
  EXPECT_THAT(this->kv_->CountEntries(Family::kIds), IsOkAndHolds(0));
}

TYPED_TEST(KvContract, IsAMapUnderRandomOperations) {
  const uint64_t seed = std::random_device()();
  std::cout << "seed " << seed << "\n";
  std::mt19937_64 random(seed);
  using Model = std::map<std::string, std::string>;
  Model model;
  std::vector<std::pair<std::shared_ptr<const KvSnapshot>, Model>> held;
  const auto check = [&](const std::shared_ptr<const KvSnapshot>& snapshot, const Model& expected) {
    Model found;
    const auto it = this->kv_->NewIterator(snapshot, Family::kRows, {});
    for (it->Seek(""); it->Valid(); it->Next()) {
      found.emplace(std::string(it->key()), std::string(it->value()));
    }
    ASSERT_THAT(it->status(), IsOk());
    ASSERT_EQ(found, expected);
    Model backwards;
    for (it->SeekForPrev("~"); it->Valid(); it->Prev()) {
      backwards.emplace(std::string(it->key()), std::string(it->value()));
    }
    ASSERT_EQ(backwards, expected);
  };
  for (int step = 0; step < 2000; ++step) {
    KvBatch batch;
    for (uint64_t i = random() % 4; i > 0; --i) {
      const std::string key = absl::StrCat("key", random() % 40);
      if (random() % 3 == 0) {
        batch.Delete(Family::kRows, key);
        model.erase(key);
      } else {
        const std::string value = absl::StrCat(random());
        batch.Put(Family::kRows, key, value);
        model[key] = value;
      }
    }
    ASSERT_THAT(this->kv_->Write(batch), IsOk());
    switch (random() % 100) {
      case 0:
        ASSERT_THAT(this->kv_->Flush(), IsOk());
        break;
      case 1:
        ASSERT_THAT(this->kv_->SyncLog(), IsOk());
        break;
      case 2:
        held.emplace_back(this->kv_->Snapshot(), model);
        break;
      case 3:
        if (!held.empty())
          held.erase(held.begin() + static_cast<ptrdiff_t>(random() % held.size()));
        break;
      case 4:
        check(nullptr, model);
        for (const auto& [snapshot, expected] : held) check(snapshot, expected);
        break;
      default:
        break;
    }
    if (this->HasFatalFailure()) return;
  }
  check(nullptr, model);
}

// Each batch writes one number under every key: a reader that sees two has seen half a batch.
TYPED_TEST(KvContract, ReadersSeeWholeBatchesBesideTheWriter) {
  constexpr int kKeys = 8;
  constexpr int kBatches = 400;
  std::vector<std::string> names;
  for (int i = 0; i < kKeys; ++i) names.push_back(absl::StrCat("key", i));
  const auto write = [&](int number) {
    KvBatch batch;
    for (const std::string& name : names) batch.Put(Family::kRows, name, absl::StrCat(number));
    ASSERT_THAT(this->kv_->Write(batch), IsOk());
  };
  write(0);
  std::atomic<bool> done{false};
  std::atomic<int> mixed{0};
  std::atomic<int> reads{0};
  const auto read = [&] {
    const std::vector<absl::string_view> keys(names.begin(), names.end());
    do {
      const auto snapshot = this->kv_->Snapshot();
      const auto values = this->kv_->MultiGet(snapshot.get(), Family::kRows, keys);
      const std::string expected(values->front()->view());
      for (const auto& value : *values) mixed += value->view() != expected;
      int seen = 0;
      const auto it = this->kv_->NewIterator(snapshot, Family::kRows, {});
      for (it->Seek(""); it->Valid(); it->Next(), ++seen) mixed += it->value() != expected;
      mixed += seen != kKeys;
      ++reads;
    } while (!done);
  };
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) readers.emplace_back(read);
  std::thread syncer([&] {
    while (!done) ASSERT_THAT(this->kv_->SyncLog(), IsOk());
  });
  for (int number = 1; number <= kBatches; ++number) {
    write(number);
    if (number % 100 == 0) {
      ASSERT_THAT(this->kv_->Flush(), IsOk());
    }
  }
  done = true;
  syncer.join();
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(mixed, 0);
  EXPECT_GE(reads, 3);
}

TEST(KvBatch, KeepsItsOperations) {
  KvBatch batch;
  EXPECT_TRUE(batch.empty());
  batch.Put(Family::kLog, "key", std::string(300, 'v'));
  batch.Delete(Family::kMeta, "");
  std::vector<std::string> seen;
  ASSERT_THAT(
      KvBatch::ForEach(
          batch.bytes(),
          [&](Family family, absl::string_view key, absl::string_view value) {
            seen.push_back(absl::StrCat("put ", static_cast<int>(family), key, value.size()));
          },
          [&](Family family, absl::string_view key) {
            seen.push_back(absl::StrCat("delete ", static_cast<int>(family), key));
          }),
      IsOk());
  EXPECT_THAT(seen, ElementsAre("put 0key300", "delete 4"));
  batch.Clear();
  EXPECT_TRUE(batch.empty());
}

TEST(KvBatch, RefusesWhatIsNotABatch) {
  KvBatch batch;
  batch.Put(Family::kLog, "key", "value");
  const auto count = [](absl::string_view bytes) {
    return KvBatch::ForEach(
        bytes, [](auto...) {}, [](auto...) {});
  };
  const std::string bytes(batch.bytes());
  for (size_t size = 1; size < bytes.size(); ++size) {
    EXPECT_THAT(count(absl::string_view(bytes).substr(0, size)),
                StatusIs(absl::StatusCode::kDataLoss))
        << size;
  }
  EXPECT_THAT(count(absl::string_view("\x03\x00\x00", 3)), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(count(absl::string_view("\x02\x05\x00", 3)), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(count(absl::string_view("\x02\x04\x00", 3)), IsOk());
}

}  // namespace
}  // namespace daybook::internal
