// The values of core: positions, ids, names, expected versions, metadata, errors, SHA-256, codec.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <random>
#include <set>
#include <thread>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "daybook/core/codec.h"
#include "daybook/core/errors.h"
#include "daybook/core/limits.h"
#include "daybook/core/metadata.h"
#include "daybook/core/position.h"
#include "daybook/core/stream_name.h"
#include "daybook/core/token.h"
#include "daybook/core/uuid.h"
#include "daybook/testkit/status_matchers.h"
#include "google/protobuf/struct.pb.h"
#include "gtest/gtest.h"
#include "sha256.h"

namespace daybook {
namespace {

using absl::StatusCode;

std::string Repeat(absl::string_view text, size_t times) {
  std::string out;
  for (size_t i = 0; i < times; ++i) out.append(text.data(), text.size());
  return out;
}

// ---- Position, Token

TEST(PositionTest, TextFormRoundTrips) {
  for (const Position p : {Position::Start(), Position(1), Position::End(), Position(17, 3),
                           Position(~uint64_t{0}, 0xffff)}) {
    EXPECT_THAT(Position::Parse(p.ToString()), IsOkAndHolds(p)) << p.ToString();
    EXPECT_THAT(Token::Parse(Token(p).ToString()), IsOkAndHolds(Token(p)));
  }
  EXPECT_EQ(Position(17).ToString(), "17");
  EXPECT_EQ(Position(17, 3).ToString(), "3:17");
  EXPECT_EQ(Position::End().ToString(), "18446744073709551615");
}

TEST(PositionTest, RefusesEveryOtherText) {
  for (const char* text : {"", "-1", "+1", " 1", "1 ", "01", "0x1", "1.0", "1e3", "0:17", "01:17",
                           "3:", ":3", "3:017", "3:4:5", "65536:1", "18446744073709551616", "x"}) {
    EXPECT_THAT(Position::Parse(text), StatusIs(StatusCode::kInvalidArgument)) << text;
  }
}

TEST(PositionTest, OrdersBySequence) {
  EXPECT_LT(Position::Start(), Position(1));
  EXPECT_LT(Position(kMaxSequence), Position::End());
}

// ---- Uuid

TEST(UuidTest, RandomOnesDifferAndAreVersion4) {
  std::set<Uuid> seen;
  for (int i = 0; i < 10'000; ++i) {
    const Uuid id = Uuid::Random();
    const std::string text = id.ToString();
    ASSERT_EQ(text[14], '4') << text;
    ASSERT_NE(absl::string_view("89ab").find(text[19]), absl::string_view::npos) << text;
    ASSERT_TRUE(seen.insert(id).second) << text;
  }
}

TEST(UuidTest, ThreadsDrawDifferentOnes) {
  Uuid here = Uuid::Random(), there;
  std::thread([&] { there = Uuid::Random(); }).join();
  EXPECT_NE(here, there);
}

TEST(UuidTest, AForkedChildDrawsDifferentOnes) {
  // Two are made at a time: the fork comes before the second of them, and before two new ones.
  for (int round = 0; round < 2; ++round) {
    std::set<Uuid> seen;
    // One more in the second round.
    for (int i = 0; i < 4 + round; ++i) seen.insert(Uuid::Random());
    int pipe_ends[2];
    ASSERT_EQ(pipe(pipe_ends), 0);
    const pid_t child = fork();
    if (child == 0) {
      std::string bytes;
      for (int i = 0; i < 4; ++i) absl::StrAppend(&bytes, Uuid::Random().bytes());
      const auto size = static_cast<ssize_t>(bytes.size());
      _exit(write(pipe_ends[1], bytes.data(), bytes.size()) == size ? 0 : 1);
    }
    char bytes[4 * Uuid::kBytes];
    ASSERT_EQ(read(pipe_ends[0], bytes, sizeof(bytes)), ssize_t{sizeof(bytes)});
    waitpid(child, nullptr, 0);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
    for (int i = 0; i < 4; ++i) seen.insert(Uuid::Random());
    for (size_t i = 0; i < 4; ++i) {
      const Uuid childs =
          Uuid::FromBytes(absl::string_view(bytes + i * Uuid::kBytes, Uuid::kBytes));
      EXPECT_TRUE(seen.insert(childs).second) << childs.ToString();
    }
  }
}

TEST(UuidTest, TimeOrderedOnesBeginWithTheirTime) {
  const absl::Time made = absl::FromUnixMillis(1'700'000'000'123);
  const Uuid id = Uuid::TimeOrdered(made + absl::Microseconds(456));
  EXPECT_EQ(id.ToString().substr(0, 15), "018bcfe5-687b-7");
  EXPECT_THAT(id.ToString().substr(19, 1), testing::AnyOf("8", "9", "a", "b"));
  EXPECT_NE(Uuid::TimeOrdered(made), Uuid::TimeOrdered(made));
  EXPECT_LT(id, Uuid::TimeOrdered(made + absl::Milliseconds(1)));

  EXPECT_EQ(id.Derive(0).ToString().substr(0, 15), "018bcfe5-687b-8");
  EXPECT_EQ(id.Derive(0), id.Derive(0));
  EXPECT_NE(id.Derive(0), id.Derive(1));
  EXPECT_EQ(Uuid::Random().Derive(0).ToString().substr(14, 1), "8");
}

TEST(UuidTest, DerivedOnesNeverChange) {
  // The first 16 bytes of SHA-256(n as 8 little-endian bytes, name), stamped as version 8.
  EXPECT_EQ(Uuid::Derive("row", 1).ToString(), "76f05677-0400-8f91-b080-5bc8878519eb");
  EXPECT_EQ(Uuid::Derive("").ToString(), "af5570f5-a181-8b7a-b78c-af4bc70a660f");
  const Uuid command = Uuid::Derive("row", 1);
  EXPECT_EQ(command.Derive(0), Uuid::Derive(command.bytes(), 0));
  EXPECT_NE(command.Derive(0), command.Derive(1));
  EXPECT_NE(Uuid::Derive("row", 1), Uuid::Derive("row", 2));
}

TEST(UuidTest, TextFormRoundTrips) {
  const Uuid id = Uuid::Random();
  EXPECT_THAT(Uuid::Parse(id.ToString()), IsOkAndHolds(id));
  EXPECT_EQ(Uuid::FromBytes(id.bytes()), id);
  EXPECT_TRUE(Uuid().is_nil());
  EXPECT_THAT(Uuid::Parse("00000000-0000-0000-0000-000000000000"), IsOkAndHolds(Uuid()));
  EXPECT_THAT(Uuid::Parse("ABCDEF01-2345-6789-ABCD-EF0123456789"),
              IsOkAndHolds(*Uuid::Parse("abcdef01-2345-6789-abcd-ef0123456789")));
}

TEST(UuidTest, RefusesEveryOtherText) {
  for (const char* text :
       {"", "0", "00000000000000000000000000000000", "00000000-0000-0000-0000-00000000000",
        "00000000-0000-0000-0000-0000000000000", "0000000-00000-0000-0000-000000000000",
        "00000000-0000-0000-0000-00000000000g", "{0000000-0000-0000-0000-00000000000}"}) {
    EXPECT_THAT(Uuid::Parse(text), StatusIs(StatusCode::kInvalidArgument)) << text;
  }
}

TEST(UuidDeathTest, FromBytesOfAnotherSizeIsAProgrammersError) {
  EXPECT_DEATH(Uuid::FromBytes("short"), "FromBytes of 5 bytes");
}

// ---- SHA-256

std::string HexOf(const internal::Sha256Digest& digest) {
  return absl::BytesToHexString(internal::DigestBytes(digest));
}

TEST(Sha256Test, KnownAnswers) {
  EXPECT_EQ(HexOf(internal::Sha256::Of("")),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(HexOf(internal::Sha256::Of("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(HexOf(internal::Sha256::Of(Repeat("a", 1'000'000))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256Test, PartsAreHashedAsOne) {
  EXPECT_EQ(internal::Sha256::Of({"a", "", "bc"}), internal::Sha256::Of("abc"));
  EXPECT_EQ(internal::Sha256().Update("ab").Update("c").Finish(), internal::Sha256::Of("abc"));
}

// ---- Names

TEST(StreamNameTest, CategoryAndKeyMeetAtTheFirstDash) {
  EXPECT_EQ(CategoryOf("account-7-8"), "account");
  EXPECT_EQ(KeyOf("account-7-8"), "7-8");
  EXPECT_EQ(CategoryOf("account"), "account");
  EXPECT_EQ(KeyOf("account"), "");
  EXPECT_EQ(StreamNameOf("account", "7"), "account-7");
}

TEST(StreamNameTest, TakesNamesOfEveryScript) {
  for (const char* name : {"a", "account-7", "Konto-Zürich", "счёт-1", "口座-1", "حساب-1", "😀-1",
                           "a b", "a>b.*", "e\xcc\x81", "\xc3\xa9", "a$", "\xef\xbf\xbd",
                           // Without the highest bit of their first bytes: U+0090, U+0109, U+0.
                           "Ґ", "脉", "\xf4\x80\x80\x80"}) {
    EXPECT_THAT(ValidateStreamName(name), IsOk()) << name;
    EXPECT_THAT(ValidateTypeName(name), IsOk()) << name;
    EXPECT_THAT(ValidateTableName(name), IsOk()) << name;
  }
  EXPECT_THAT(ValidateStreamName(std::string(kMaxStreamNameBytes, 'x')), IsOk());
  EXPECT_THAT(ValidateTypeName(std::string(kMaxTypeNameBytes, 'x')), IsOk());
  EXPECT_THAT(ValidateTableName(std::string(kMaxTableNameBytes, 'x')), IsOk());
}

struct BadName {
  std::string name;
  std::string rule;
};

TEST(StreamNameTest, RefusesBadNamesAndSaysWhichRule) {
  const std::string kUtf8 = "valid UTF-8";
  const std::string kControl = "no control characters";
  const std::string kDirection = "no characters that override the direction of text";
  const std::string kBreak = "no line breaks";
  const BadName cases[] = {
      {"", "at least 1 byte"},
      {std::string(1, '\0'), kControl},
      {std::string("a\0b", 3), kControl},
      {"a\nb", kControl},
      {"a\r\nX-Header: 1", kControl},
      {"a\tb", kControl},
      {"\x1b[2J", kControl},
      {"a\x7f", kControl},
      {"a\xc2\x80", kControl},        // U+0080
      {"a\xc2\x9f", kControl},        // U+009F
      {"a\xe2\x80\xa8", kBreak},      // U+2028
      {"a\xe2\x80\xa9", kBreak},      // U+2029
      {"a\xe2\x80\xae", kDirection},  // U+202E, right-to-left override
      {"a\xe2\x81\xa6", kDirection},  // U+2066, isolate
      {"a\xc0\xaf", kUtf8},           // '/' in two bytes
      {"a\xc0\x80", kUtf8},           // NUL in two bytes
      {"a\xe0\x80\xaf", kUtf8},       // '/' in three
      {"a\xf0\x80\x80\xaf", kUtf8},   // '/' in four
      {"a\xe0\x9f\xbf", kUtf8},       // U+07FF in three
      {"a\xf0\x8f\xbf\xbf", kUtf8},   // U+FFFF in four
      {"a\xed\xa0\x80", kUtf8},       // U+D800
      {"a\xed\xbf\xbf", kUtf8},       // U+DFFF
      {"a\xf4\x90\x80\x80", kUtf8},   // above U+10FFFF
      {"a\xf8\x88\x80\x80\x80", kUtf8},
      {"\xff", kUtf8},
      {"\x80", kUtf8},
      {"a\xe2\x82", kUtf8},  // cut off
      {"a\xe2\x28\xa1", kUtf8},
  };
  for (const BadName& bad : cases) {
    const std::string shown = absl::CHexEscape(bad.name);
    for (const absl::Status& status :
         {ValidateStreamName(bad.name, "f"), ValidateTypeName(bad.name, "f"),
          ValidateTableName(bad.name, "f")}) {
      EXPECT_THAT(status, StatusIs(StatusCode::kInvalidArgument)) << shown;
      const auto payload = ErrorPayload<v1::InvalidField>(status);
      ASSERT_TRUE(payload.has_value()) << shown;
      EXPECT_EQ(payload->field(), "f");
      EXPECT_EQ(payload->rule(), bad.rule) << shown;
    }
  }
}

TEST(StreamNameTest, KeepsTheDollarForTheStoresOwn) {
  for (const char* name : {"$", "$$", "$all", "$$account-7", "$replies"}) {
    EXPECT_THAT(ValidateStreamName(name),
                StatusIs(StatusCode::kInvalidArgument, testing::HasSubstr("'$'")));
    EXPECT_THAT(ValidateTypeName(name), StatusIs(StatusCode::kInvalidArgument));
    EXPECT_THAT(ValidateTableName(name), IsOk());
  }
}

TEST(StreamNameTest, RefusesNamesOverTheLimit) {
  EXPECT_THAT(ValidateStreamName(std::string(kMaxStreamNameBytes + 1, 'x')),
              StatusIs(StatusCode::kInvalidArgument, "stream: at most 512 bytes"));
  EXPECT_THAT(ValidateStreamName(std::string(65'536, 'x')), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(ValidateTypeName(std::string(kMaxTypeNameBytes + 1, 'x')),
              StatusIs(StatusCode::kInvalidArgument, "type: at most 255 bytes"));
  EXPECT_THAT(ValidateTableName(std::string(kMaxTableNameBytes + 1, 'x')),
              StatusIs(StatusCode::kInvalidArgument, "table: at most 255 bytes"));
}

// ---- ExpectedVersion

TEST(ExpectedVersionTest, MatchesAndReads) {
  const uint64_t kLast = ~uint64_t{0};
  EXPECT_TRUE(ExpectedVersion::Any().Matches(std::nullopt));
  EXPECT_TRUE(ExpectedVersion::Any().Matches(0));
  EXPECT_TRUE(ExpectedVersion::NoStream().Matches(std::nullopt));
  EXPECT_FALSE(ExpectedVersion::NoStream().Matches(0));
  EXPECT_FALSE(ExpectedVersion::StreamExists().Matches(std::nullopt));
  EXPECT_TRUE(ExpectedVersion::StreamExists().Matches(0));
  EXPECT_FALSE(ExpectedVersion::Exactly(0).Matches(std::nullopt));
  EXPECT_TRUE(ExpectedVersion::Exactly(kLast).Matches(kLast));
  EXPECT_FALSE(ExpectedVersion::Exactly(kLast).Matches(kLast - 1));
  EXPECT_EQ(ExpectedVersion::Of(std::nullopt), ExpectedVersion::NoStream());
  EXPECT_EQ(ExpectedVersion::Any().ToString(), "any");
  EXPECT_EQ(ExpectedVersion::NoStream().ToString(), "no stream");
  EXPECT_EQ(ExpectedVersion::StreamExists().ToString(), "stream exists");
  EXPECT_EQ(ExpectedVersion::Exactly(kLast).ToString(), "18446744073709551615");
}

// ---- Errors

TEST(ErrorsTest, CarryTheirPayloads) {
  const absl::Status conflict =
      VersionConflictError("account-7", ExpectedVersion::Exactly(3), std::nullopt);
  EXPECT_THAT(conflict, StatusIs(StatusCode::kAborted,
                                 "stream account-7: expected version 3, found no stream"));
  const auto payload = ErrorPayload<v1::VersionConflict>(conflict);
  ASSERT_TRUE(payload.has_value());
  EXPECT_EQ(payload->stream(), "account-7");
  EXPECT_EQ(payload->expected(), "3");
  EXPECT_FALSE(payload->has_actual());
  EXPECT_FALSE(ErrorPayload<v1::ClaimConflict>(conflict).has_value());

  const auto claim = ErrorPayload<v1::ClaimConflict>(ClaimConflictError("$r", "k\x01", "old"));
  ASSERT_TRUE(claim.has_value());
  EXPECT_EQ(claim->key(), "k\x01");
  EXPECT_EQ(claim->existing(), "old");

  const absl::Status damage = DamageError("event", Position(9), "leaf");
  EXPECT_THAT(damage, StatusIs(StatusCode::kDataLoss, "event damaged at position 9: leaf"));
  EXPECT_EQ(ErrorPayload<v1::Damage>(damage)->position(), 9);
}

TEST(ErrorsTest, AForeignPayloadIsNone) {
  absl::Status status = absl::AbortedError("x");
  status.SetPayload("type.googleapis.com/daybook.v1.VersionConflict", absl::Cord("\xff\xff"));
  EXPECT_FALSE(ErrorPayload<v1::VersionConflict>(status).has_value());
}

// ---- Metadata

Metadata Example() {
  Metadata m;
  std::array<uint8_t, Uuid::kBytes> id;
  for (size_t i = 0; i < id.size(); ++i) id[i] = static_cast<uint8_t>(i + 1);
  m.command_id = Uuid(id);
  m.actor = "ann";
  m.tags = {"branch:7"};
  m.free = {{"a", "b"}};
  return m;
}

TEST(MetadataTest, GoldenBytes) {
  EXPECT_EQ(EncodeMetadata({}), "");
  // The example of docs/formats/metadata.md.
  EXPECT_EQ(absl::BytesToHexString(EncodeMetadata(Example())),
            "01100102030405060708090a0b0c0d0e0f10"
            "0403616e6e"
            "09086272616e63683a37"
            "0a03016162");
  Metadata all = Example();
  all.correlation_id = all.causation_id = all.command_id;
  all.producer = "p";
  all.trace_context = "t";
  all.content_type = "c";
  all.key_id = "k";
  all.tags = {"b:2", "a:1"};
  all.free = {{"z", ""}, {"z", "1"}};
  const std::string id = "100102030405060708090a0b0c0d0e0f10";
  EXPECT_EQ(absl::BytesToHexString(EncodeMetadata(all)),
            "01" + id + "02" + id + "03" + id +
                "0403616e6e05017006017407016308016b0903623a320903613a310a02017a0a03017a31");
}

TEST(MetadataTest, RoundTripsAndIsReadInPlace) {
  Metadata m = Example();
  m.correlation_id = Uuid::Random();
  m.causation_id = Uuid::Random();
  m.producer = std::string(300, 'p');
  m.trace_context = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  m.content_type = "application/json";
  m.key_id = "key-1";
  m.tags = {"b:2", "a:1", "b:2"};
  m.free = {{"z", ""}, {"a", std::string(20'000, 'v')}, {"z", "again"}};
  const std::string bytes = EncodeMetadata(m);
  EXPECT_THAT(CheckMetadata(bytes), IsOk());
  EXPECT_THAT(ValidateMetadata(m), IsOk());
  const MetadataView view(bytes);
  EXPECT_EQ(view.command_id(), m.command_id);
  EXPECT_EQ(view.correlation_id(), m.correlation_id);
  EXPECT_EQ(view.causation_id(), m.causation_id);
  EXPECT_EQ(view.actor(), m.actor);
  EXPECT_EQ(view.producer(), m.producer);
  EXPECT_EQ(view.trace_context(), m.trace_context);
  EXPECT_EQ(view.content_type(), m.content_type);
  EXPECT_EQ(view.key_id(), m.key_id);
  EXPECT_GE(view.actor().data(), bytes.data());
  EXPECT_LT(view.actor().data(), bytes.data() + bytes.size());
  EXPECT_EQ(view.ToMetadata(), m);
}

TEST(MetadataTest, OfNothingIsNothing) {
  const MetadataView view;
  EXPECT_TRUE(view.command_id().is_nil());
  EXPECT_EQ(view.actor(), "");
  EXPECT_EQ(view.ToMetadata(), Metadata());
  EXPECT_THAT(CheckMetadata(""), IsOk());
}

TEST(MetadataTest, CheckRefusesWhatEncodeWouldNotWrite) {
  const std::string id(16, '\x01');
  const std::pair<std::string, std::string> cases[] = {
      {std::string("\x04", 1), "cut off"},
      {"\x04\x05"
       "abcd",
       "cut off"},
      {"\x04\xff\xff\xff\xff\x0f"
       "a",
       "cut off"},
      {std::string("\x04\x83\x00"
                   "ann",
                   6),
       "cut off"},  // 3 in two bytes
      {std::string("\x00\x01x", 3), "unknown part"},
      {"\x0b\x01x", "unknown part"},
      {"\xff\x01x", "unknown part"},
      {std::string("\x04\x00", 2), "empty"},
      {std::string("\x09\x00", 2), "empty"},
      {"\x01\x0f" + id.substr(1), "16 bytes"},
      {"\x01\x11" + id + "\x01", "16 bytes"},
      {std::string("\x01\x10", 2) + std::string(16, '\0'), "zeros"},
      {"\x05\x01p\x04\x01"
       "a",
       "part 4 after part 5"},
      {"\x04\x01"
       "a\x04\x01"
       "b",
       "part 4 after part 4"},
      {"\x04\x01\xff", "UTF-8"},
      {"\x04\x02\xc0\x80", "UTF-8"},
      {"\x09\x01\xff", "UTF-8"},
      {std::string("\x0a\x00", 2), "without its key"},
      {"\x0a\x01\x01", "without its key"},
      {"\x0a\x02\x02"
       "a",
       "without its key"},
      {std::string("\x0a\x02\x00v", 4), "empty key"},
      {"\x0a\x03\x01"
       "a\xff",
       "UTF-8"},
      {"\x0a\x03\x01\xff"
       "a",
       "UTF-8"},
  };
  for (const auto& [bytes, detail] : cases) {
    const absl::Status status = CheckMetadata(bytes);
    EXPECT_THAT(status, StatusIs(StatusCode::kDataLoss, testing::HasSubstr(detail)))
        << absl::BytesToHexString(bytes);
    EXPECT_EQ(ErrorPayload<v1::Damage>(status)->what(), "metadata");
  }
}

TEST(MetadataTest, LimitIsExact) {
  Metadata m;
  m.actor = std::string(kMaxMetadataBytes - 4, 'x');  // tag, three bytes of length
  EXPECT_EQ(EncodeMetadata(m).size(), kMaxMetadataBytes);
  EXPECT_THAT(ValidateMetadata(m), IsOk());
  EXPECT_THAT(CheckMetadata(EncodeMetadata(m)), IsOk());
  m.actor += 'x';
  EXPECT_THAT(ValidateMetadata(m, "m"),
              StatusIs(StatusCode::kInvalidArgument, "m: at most 65536 bytes encoded"));
  EXPECT_THAT(CheckMetadata(EncodeMetadata(m)), StatusIs(StatusCode::kDataLoss));
}

TEST(MetadataTest, ValidateNamesTheMember) {
  const auto field_of = [](const Metadata& m) {
    const auto payload = ErrorPayload<v1::InvalidField>(ValidateMetadata(m, "m"));
    return payload.has_value() ? payload->field() : "";
  };
  const std::string bad = "\xed\xa0\x80";
  EXPECT_EQ(field_of({.actor = bad}), "m.actor");
  EXPECT_EQ(field_of({.producer = bad}), "m.producer");
  EXPECT_EQ(field_of({.trace_context = bad}), "m.trace_context");
  EXPECT_EQ(field_of({.content_type = bad}), "m.content_type");
  EXPECT_EQ(field_of({.key_id = bad}), "m.key_id");
  EXPECT_EQ(field_of({.tags = {"a:1", bad}}), "m.tags");
  EXPECT_EQ(field_of({.tags = {""}}), "m.tags");
  EXPECT_EQ(field_of({.free = {{"", "v"}}}), "m.free");
  EXPECT_EQ(field_of({.free = {{"k", bad}}}), "m.free");
  EXPECT_EQ(field_of({.free = {{bad, "v"}}}), "m.free");
  EXPECT_EQ(field_of({.free = {{"k", ""}}}), "");
}

class MetadataFuzzTest : public testing::Test {
 protected:
  MetadataFuzzTest() {
    const char* given = std::getenv("DAYBOOK_TEST_SEED");
    seed_ = given != nullptr ? std::strtoul(given, nullptr, 10) : std::random_device()();
    random_.seed(seed_);
    std::cout << "seed " << seed_ << " (DAYBOOK_TEST_SEED=" << seed_ << " runs it again)\n";
  }
  size_t Below(size_t n) { return random_() % n; }
  std::string Text(size_t max) {
    std::string text;
    while (text.size() < max && Below(8) != 0) text += static_cast<char>('a' + Below(26));
    return text;
  }
  Metadata Random() {
    Metadata m;
    if (Below(2)) m.command_id = Uuid::Derive("f", random_());
    if (Below(2)) m.causation_id = Uuid::Derive("f", random_());
    m.actor = Text(200);
    m.content_type = Text(5);
    while (Below(3)) m.tags.push_back("t" + Text(10));
    while (Below(3)) m.free.emplace_back("k" + Text(10), Text(200));
    return m;
  }
  // Whatever the bytes, reading them is safe; what is accepted has this one encoding.
  bool Accepts(absl::string_view bytes) {
    const bool ok = CheckMetadata(bytes).ok();
    const Metadata m = MetadataView(bytes).ToMetadata();
    if (ok) {
      EXPECT_EQ(EncodeMetadata(m), bytes) << "seed " << seed_;
    }
    return ok;
  }

  uint64_t seed_;
  std::mt19937_64 random_;
};

TEST_F(MetadataFuzzTest, RandomBytes) {
  for (int i = 0; i < 50'000; ++i) {
    std::string bytes(Below(40), '\0');
    for (char& c : bytes) c = static_cast<char>(Below(4) ? Below(14) : random_());
    Accepts(bytes);
  }
}

TEST_F(MetadataFuzzTest, DamagedEncodings) {
  int accepted = 0, refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes = EncodeMetadata(Random());
    ASSERT_TRUE(Accepts(bytes)) << "seed " << seed_;
    if (bytes.empty()) continue;
    switch (Below(3)) {
      case 0:
        bytes[Below(bytes.size())] ^= static_cast<char>(1 << Below(8));
        break;
      case 1:
        bytes.resize(Below(bytes.size()));
        break;
      default:
        bytes.insert(Below(bytes.size()), 1, static_cast<char>(random_()));
    }
    ++(Accepts(bytes) ? accepted : refused);
  }
  // Both happen, else the test looks at nothing.
  EXPECT_GT(accepted, 100) << "seed " << seed_;
  EXPECT_GT(refused, 1'000) << "seed " << seed_;
}

// ---- Codec

using google::protobuf::Struct;

TEST(CodecTest, EncodingIsDeterministic) {
  // A map, in two orders of insertion.
  Struct forwards, backwards;
  for (int i = 0; i < 50; ++i) {
    (*forwards.mutable_fields())[std::to_string(i)].set_number_value(i);
    (*backwards.mutable_fields())[std::to_string(49 - i)].set_number_value(49 - i);
  }
  EXPECT_EQ(EncodeMessage(forwards), EncodeMessage(backwards));
  EXPECT_EQ(EncodeMessage(Struct()), "");
}

class DecodeEventTest : public testing::Test {
 protected:
  DecodeEventTest() {
    message_.set_field("f");
    payload_ = EncodeMessage(message_);
    event_.position = Position(5);
    event_.type = "T";
    event_.schema_version = 2;
    event_.payload = payload_;
  }
  void ExpectDamage(absl::string_view detail) {
    v1::InvalidField out;
    const absl::Status status = DecodeEvent(event_, 2, &out);
    EXPECT_THAT(status, StatusIs(StatusCode::kDataLoss, testing::HasSubstr(std::string(detail))));
    EXPECT_EQ(ErrorPayload<v1::Damage>(status)->position(), 5);
    EXPECT_EQ(ErrorPayload<v1::Damage>(status)->what(), "event");
  }
  v1::InvalidField message_;
  std::string payload_;
  RecordedEvent event_;
};

TEST_F(DecodeEventTest, RoundTrips) {
  v1::InvalidField out;
  out.set_rule("replaced");
  EXPECT_THAT(DecodeEvent(event_, 2, &out), IsOk());
  EXPECT_EQ(out.field(), "f");
  EXPECT_EQ(out.rule(), "");
}

TEST_F(DecodeEventTest, TakesItsOwnSchemaVersionAlone) {
  for (const uint32_t known : {1u, 3u}) {
    v1::InvalidField out;
    const absl::Status status = DecodeEvent(event_, known, &out);
    EXPECT_THAT(status, StatusIs(StatusCode::kDataLoss,
                                 known == 1 ? "event T version 2 at position 5 is unknown here: "
                                              "version 1 is the newest that this build knows"
                                            : "event T version 2 at position 5 is unknown here: "
                                              "this build knows version 3, and no upcaster takes "
                                              "the older one"));
    const auto payload = ErrorPayload<v1::UnknownEvent>(status);
    ASSERT_TRUE(payload.has_value());
    EXPECT_EQ(payload->type(), "T");
    EXPECT_EQ(payload->schema_version(), 2u);
    EXPECT_EQ(payload->position(), 5u);
    EXPECT_EQ(out.field(), "");
  }
}

TEST_F(DecodeEventTest, SaysWhyItCannot) {
  event_.payload = "\xff\xff";
  ExpectDamage("T: the payload is no daybook.v1.InvalidField");
  event_.payload = absl::string_view(payload_).substr(0, payload_.size() - 1);
  ExpectDamage("the payload is no");
  event_.encoding = PayloadEncoding::kSealed;
  ExpectDamage("sealed");
  event_.removed = true;
  ExpectDamage("removed");
}

}  // namespace
}  // namespace daybook
