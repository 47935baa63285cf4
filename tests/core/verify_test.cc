// Verification holds every row that is made from the log against the log: each that is changed,
// missing or too much is named, with the first event that it hurts.
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "coding.h"
#include "daybook/core/errors.h"
#include "daybook/core/open.h"
#include "daybook/testkit/status_matchers.h"
#include "format.h"
#include "gmock/gmock.h"
#include "rocks_kv.h"
#include "temp_directory.h"

namespace daybook {
namespace {

using internal::Family;
using internal::KvBatch;
using internal::MakeStreamId;

std::string Number(uint64_t number) {
  std::string bytes;
  internal::AppendVarint(number, &bytes);
  return bytes;
}

std::string Text(absl::string_view key) {
  return std::string(key);
}

// A closed store of four events: "a-1" has 1 and 3, "b-1" has 2, "b-2" has 4; 1 and 3 are of the
// first type, the others of the second.
class VerifyTest : public testing::Test {
 protected:
  VerifyTest() : path_(directory_ / "store") {
    auto store = OpenStore(path_, Options());
    EXPECT_THAT(store, IsOk());
    const char* const streams[] = {"a-1", "b-1", "a-1", "b-2"};
    for (int i = 1; i <= 4; ++i) {
      Event event;
      event.id = Uuid::Derive("event", i);
      event.type = i % 2 == 1 ? "Opened" : "Closed";
      EXPECT_THAT((*store)->Append(streams[i - 1], ExpectedVersion::Any(), {std::move(event)}),
                  IsOk());
    }
  }

  static StoreOptions Options() {
    StoreOptions options;
    options.witness_bytes = size_t{1} << 20;
    return options;
  }

  // "what position" of the damage that is found in a copy that was changed behind its back.
  std::string Found(absl::FunctionRef<void(KvBatch*)> change) {
    const std::string copy = directory_ / absl::StrCat("copy", ++copies_);
    std::filesystem::copy(path_, copy, std::filesystem::copy_options::recursive);
    {
      auto kv = internal::RocksKv::Open(copy + "/db", {.create_if_missing = false});
      EXPECT_THAT(kv, IsOk());
      KvBatch batch;
      change(&batch);
      EXPECT_THAT((*kv)->Write(batch), IsOk());
      EXPECT_THAT((*kv)->Flush(), IsOk());
    }
    const auto report = VerifyStore(copy, Options());
    if (report.ok()) return "nothing";
    const auto damage = ErrorPayload<v1::Damage>(report.status());
    return damage.has_value() ? absl::StrCat(damage->what(), " ", damage->position())
                              : report.status().ToString();
  }
  std::string FoundWithout(Family family, absl::string_view key) {
    return Found([&](KvBatch* batch) { batch->Delete(family, key); });
  }
  std::string FoundWith(Family family, absl::string_view key, absl::string_view value) {
    return Found([&](KvBatch* batch) { batch->Put(family, key, value); });
  }

  const TempDirectory directory_;
  const std::string path_;
  int copies_ = 0;
};

TEST_F(VerifyTest, OfASoundStoreFindsNothing) {
  EXPECT_EQ(Found([](KvBatch* batch) {
              batch->Put(Family::kIds, internal::IdKey(Uuid::Derive("event", 4)), Number(4));
            }),
            "nothing");
  const auto report = VerifyStore(path_, Options());
  ASSERT_THAT(report, IsOk());
  EXPECT_EQ(report->tip, Position(4));
  EXPECT_EQ(report->events, 4u);
  EXPECT_EQ(report->streams, 3u);
}

TEST_F(VerifyTest, EachNameIsTheOneThatTheLogIntroduced) {
  struct Row {
    std::string key;
    std::string other;  // another value than it has
    std::string found;
  };
  std::string b2;
  internal::AppendBig(MakeStreamId(2, 2), &b2);
  const Row rows[] = {
      {internal::TypeKey(1), "Closed", "dictionary 1"},
      {internal::TypeKey(2), "Opened", "dictionary 2"},
      {Text(internal::StreamIdKey(MakeStreamId(1, 1))), "b-1", "dictionary 1"},
      {Text(internal::StreamIdKey(MakeStreamId(2, 2))), "b-1", "dictionary 4"},
      {internal::StreamNameKey("a-1"), b2, "dictionary 1"},
      {internal::StreamNameKey("b-1"), b2, "dictionary 2"},
      {internal::CategoryNameKey("a"), std::string("\0\0\0\2", 4), "dictionary 1"},
      {Text(internal::CategoryKey(2)), "a", "dictionary 2"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(testing::PrintToString(row.key));
    EXPECT_EQ(FoundWith(Family::kMeta, row.key, row.other), row.found);
    EXPECT_EQ(FoundWithout(Family::kMeta, row.key), row.found);
  }
}

TEST_F(VerifyTest, EachIndexLeadsToItsEventsAndToNoOthers) {
  const auto a = [](uint64_t version) { return internal::StreamKey(MakeStreamId(1, 1), version); };
  EXPECT_EQ(FoundWithout(Family::kStreams, a(0)), "stream index 1");
  EXPECT_EQ(FoundWithout(Family::kStreams, a(1)), "stream index 3");
  EXPECT_EQ(FoundWith(Family::kStreams, a(1), Number(1)), "stream index 3");
  EXPECT_EQ(FoundWith(Family::kStreams, a(2), Number(4)), "stream index 0");
  for (const uint64_t position : {1, 4}) {
    const Uuid id = Uuid::Derive("event", position);
    EXPECT_EQ(FoundWithout(Family::kIds, internal::IdKey(id)), absl::StrCat("id index ", position));
    EXPECT_EQ(FoundWith(Family::kIds, internal::IdKey(id), Number(2)),
              absl::StrCat("id index ", position));
  }
  EXPECT_EQ(FoundWith(Family::kIds, internal::IdKey(Uuid::Derive("other")), Number(2)),
            "id index 0");
}

}  // namespace
}  // namespace daybook
