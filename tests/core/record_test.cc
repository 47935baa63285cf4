// The example of docs/formats/event.md, and records that are not well formed.
#include "record.h"

#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "chain.h"
#include "daybook/testkit/status_matchers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "recovery.h"

namespace daybook::internal {
namespace {

constexpr uint8_t kFlags = kEndsCommit | kIntroducesStream | kIntroducesType;

RecordHeader ExampleHeader() {
  RecordHeader header;
  header.flags = kFlags;
  header.type = 1;
  header.stream = MakeStreamId(1, 1);
  header.recorded_micros = 1'700'000'000'000'000;
  header.id = EventId::FromBytes(absl::HexStringToBytes("0102030405060708090a0b0c0d0e0f10"));
  header.payload_size = 2;
  header.stream_name = "account-7";
  header.type_name = "bank.Deposited";
  return header;
}

// As the page has it.
std::string Example() {
  return absl::HexStringToBytes(
      "01"
      "0700010001000000"
      "0100000001000000"
      "000000000000000000401e18240a0600"
      "0102030405060708090a0b0c0d0e0f10"
      "0200000000000000"
      "09006163636f756e742d37"
      "0e0062616e6b2e4465706f7369746564"
      "081e"
      "6318de5d37c37b37c729d6b38552a19e"
      "b8024640416e5fbac0c75772c039dbee");
}

TEST(Record, TheExampleIsWrittenAsThePageSays) {
  std::string header;
  AppendHeader(ExampleHeader(), &header);
  const std::string payload = "\x08\x1e";
  const Hash leaf = Leaf(header, Digest(payload), Digest(""));
  EXPECT_EQ(absl::BytesToHexString({reinterpret_cast<const char*>(leaf.data()), leaf.size()}),
            "24afa88984ab223c503d4f12232d3e451547f5315479c8c3c52524dc5f9fa2ee");
  const Hash chain = NextChain(Hash{}, leaf);
  EXPECT_EQ(absl::StrCat("\x01", header, payload,
                         absl::string_view(reinterpret_cast<const char*>(chain.data()), 32)),
            Example());
}

TEST(Record, TheExampleIsRead) {
  const std::string bytes = Example();
  const auto record = RecordView::Parse(1, bytes);
  ASSERT_THAT(record, IsOk());
  EXPECT_EQ(record->kind(), RecordKind::kEvent);
  EXPECT_EQ(record->flags(), kFlags);
  EXPECT_EQ(record->type(), 1u);
  EXPECT_EQ(record->stream(), MakeStreamId(1, 1));
  EXPECT_EQ(record->version(), 0u);
  EXPECT_EQ(record->recorded_micros(), 1'700'000'000'000'000);
  EXPECT_EQ(record->id(), ExampleHeader().id);
  EXPECT_EQ(record->stream_name(), "account-7");
  EXPECT_EQ(record->type_name(), "bank.Deposited");
  EXPECT_EQ(record->metadata(), "");
  EXPECT_EQ(record->body(), "\x08\x1e");
  Hash chain{};
  EXPECT_THAT(AdvanceChain(*record, &chain), IsOk());
}

TEST(Record, EveryFlippedBitIsSeen) {
  for (size_t i = 0; i < Example().size() * 8; ++i) {
    std::string bytes = Example();
    bytes[i / 8] = static_cast<char>(bytes[i / 8] ^ (1 << (i % 8)));
    const auto record = RecordView::Parse(1, bytes);
    Hash chain{};
    EXPECT_FALSE(record.ok() && AdvanceChain(*record, &chain).ok()) << "bit " << i;
  }
}

TEST(Record, EveryTruncationIsDamage) {
  for (size_t size = 0; size < Example().size(); ++size) {
    EXPECT_THAT(RecordView::Parse(1, Example().substr(0, size)),
                StatusIs(absl::StatusCode::kDataLoss))
        << size;
  }
}

TEST(GroupMarkTest, RoundTripsAndRefusesOtherSizes) {
  GroupMark mark{.number = 1'001, .tip = 2'002, .streams = 3'003, .categories = 4'004};
  for (size_t i = 0; i < mark.chain.size(); ++i) mark.chain[i] = static_cast<uint8_t>(200 + i);
  const std::string bytes = mark.Encode();
  EXPECT_EQ(bytes.size(), GroupMark::kBytes);
  GroupMark decoded;
  ASSERT_TRUE(GroupMark::Decode(bytes, &decoded));
  EXPECT_EQ(decoded.number, mark.number);
  EXPECT_EQ(decoded.tip, mark.tip);
  EXPECT_EQ(decoded.streams, mark.streams);
  EXPECT_EQ(decoded.categories, mark.categories);
  EXPECT_EQ(decoded.chain, mark.chain);
  EXPECT_FALSE(GroupMark::Decode(bytes + "x", &decoded));
  EXPECT_FALSE(GroupMark::Decode(bytes.substr(1), &decoded));
}

TEST(FormatRecordTest, RoundTripsAndRefusesOtherSizes) {
  FormatRecord record;
  record.format = 7;
  record.store_id = Uuid::FromBytes(absl::HexStringToBytes("0102030405060708090a0b0c0d0e0f10"));
  record.made_micros = 1'700'000'000'000'000;
  const std::string bytes = record.Encode();
  const auto decoded = FormatRecord::Decode(bytes);
  ASSERT_THAT(decoded, IsOk());
  EXPECT_EQ(decoded->format, record.format);
  EXPECT_EQ(decoded->store_id, record.store_id);
  EXPECT_EQ(decoded->made_micros, record.made_micros);
  EXPECT_THAT(FormatRecord::Decode(bytes + "x"), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(FormatRecord::Decode(bytes.substr(1)), StatusIs(absl::StatusCode::kDataLoss));
}

}  // namespace
}  // namespace daybook::internal
