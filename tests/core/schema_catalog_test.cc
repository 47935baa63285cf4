#include "daybook/core/schema_catalog.h"

#include <thread>

#include "daybook/core/codec.h"
#include "daybook/core/errors.h"
#include "daybook/core/open.h"
#include "daybook/testkit/status_matchers.h"
#include "daybook/v1/errors.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "google/protobuf/type.pb.h"
#include "gtest/gtest.h"

namespace daybook {
namespace {

using absl::StatusCode;
using google::protobuf::DescriptorPool;
using google::protobuf::FileDescriptorProto;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

class SchemaCatalogTest : public testing::Test {
 protected:
  SchemaCatalogTest() {
    auto store = OpenMemoryStore();
    EXPECT_THAT(store, IsOk());
    store_ = *std::move(store);
  }

  std::unique_ptr<SchemaCatalog> Load() {
    auto catalog = SchemaCatalog::Load(*store_);
    EXPECT_THAT(catalog, IsOk());
    return *std::move(catalog);
  }
  // The rows of the catalog's table, by key.
  std::vector<std::pair<std::string, std::string>> Rows() {
    std::vector<std::pair<std::string, std::string>> rows;
    const auto visit = [&](absl::string_view key, absl::string_view value) {
      rows.emplace_back(key, value);
      return true;
    };
    EXPECT_THAT(store_->Reader()->ScanRows(*store_->OpenTable("$schemas"), {}, visit), IsOk());
    return rows;
  }
  void PutRow(const std::string& key, const std::string& value) {
    Commit commit;
    commit.writes.push_back({*store_->OpenTable("$schemas"), key, value});
    ASSERT_THAT(store_->Append(std::move(commit)), IsOk());
  }

  RecordedEvent EventOf(absl::string_view type, uint32_t version, absl::string_view payload) {
    RecordedEvent event;
    event.position = Position(7);
    event.type = type;
    event.schema_version = version;
    event.payload = payload;
    return event;
  }

  std::unique_ptr<EventStore> store_;
};

TEST_F(SchemaCatalogTest, RendersWithoutTheApplication) {
  // google.protobuf.Type has imports, enums, Any and nested messages.
  ASSERT_THAT(
      SchemaCatalog::Register(store_.get(), {{"Made", 1, google::protobuf::Type::descriptor()},
                                             {"Made", 2, v1::VersionConflict::descriptor()}}),
      IsOk());
  const auto catalog = Load();
  EXPECT_THAT(catalog->Schemas(), ElementsAre(Pair("Made", 1), Pair("Made", 2)));

  google::protobuf::Type type;
  type.set_name("n");
  type.add_fields()->set_kind(google::protobuf::Field::TYPE_INT64);
  type.mutable_source_context()->set_file_name("f");
  type.set_syntax(google::protobuf::SYNTAX_PROTO3);
  const std::string payload = EncodeMessage(type);
  const auto message = catalog->Decode(EventOf("Made", 1, payload));
  ASSERT_THAT(message, IsOk());
  EXPECT_NE((*message)->GetDescriptor(), google::protobuf::Type::descriptor());
  EXPECT_EQ(EncodeMessage(**message), payload);
  EXPECT_THAT(catalog->DecodeToJson(EventOf("Made", 1, payload)),
              IsOkAndHolds(R"({"name":"n","fields":[{"kind":"TYPE_INT64"}],)"
                           R"("source_context":{"file_name":"f"},"syntax":"SYNTAX_PROTO3"})"));
}

TEST_F(SchemaCatalogTest, AnEmptyStoreHasAnEmptyCatalog) {
  const auto catalog = Load();
  EXPECT_TRUE(catalog->Schemas().empty());
  EXPECT_TRUE(store_->Tables().empty());  // Looking makes nothing.
  EXPECT_THAT(catalog->Decode(EventOf("Made", 1, "")),
              StatusIs(StatusCode::kNotFound, HasSubstr("no schema of Made version 1")));
}

TEST_F(SchemaCatalogTest, RegisterWritesOnlyWhatIsNew) {
  const std::vector<EventSchema> schemas = {{"A", 1, v1::VersionConflict::descriptor()},
                                            {"B", 1, v1::InvalidField::descriptor()}};
  ASSERT_THAT(SchemaCatalog::Register(store_.get(), schemas), IsOk());
  const auto rows = Rows();
  EXPECT_EQ(rows.size(), 3);  // Two schemas, one file for both.
  const uint64_t groups = store_->Stats().groups;
  ASSERT_THAT(SchemaCatalog::Register(store_.get(), schemas), IsOk());
  ASSERT_THAT(SchemaCatalog::Register(store_.get(), {}), IsOk());
  EXPECT_EQ(store_->Stats().groups, groups);
  ASSERT_THAT(SchemaCatalog::Register(store_.get(), {{"C", 1, v1::ClaimConflict::descriptor()}}),
              IsOk());
  EXPECT_EQ(store_->Stats().groups, groups + 1);
  EXPECT_EQ(Rows().size(), 4);
  EXPECT_EQ(store_->Tip(), Position::Start());
}

TEST_F(SchemaCatalogTest, RowsDoNotDependOnTheOrder) {
  const EventSchema a{"A", 1, v1::VersionConflict::descriptor()};
  const EventSchema b{"B", 1, google::protobuf::Type::descriptor()};
  ASSERT_THAT(SchemaCatalog::Register(store_.get(), {a, b}), IsOk());
  const auto rows = Rows();
  store_ = *OpenMemoryStore();
  ASSERT_THAT(SchemaCatalog::Register(store_.get(), {b, a, b}), IsOk());
  EXPECT_EQ(Rows(), rows);
}

TEST_F(SchemaCatalogTest, TheNewestDescriptorReplacesTheOlder) {
  FileDescriptorProto file;
  v1::VersionConflict::descriptor()->file()->CopyTo(&file);
  DescriptorPool pool;
  auto* field = file.mutable_message_type(1)->add_field();
  ASSERT_EQ(file.message_type(1).name(), "VersionConflict");
  field->set_name("hint");
  field->set_number(9);
  field->set_type(google::protobuf::FieldDescriptorProto::TYPE_STRING);
  field->set_label(google::protobuf::FieldDescriptorProto::LABEL_OPTIONAL);
  const auto* newer = pool.BuildFile(file)->FindMessageTypeByName("VersionConflict");
  ASSERT_THAT(SchemaCatalog::Register(store_.get(), {{"A", 1, v1::VersionConflict::descriptor()}}),
              IsOk());
  ASSERT_THAT(SchemaCatalog::Register(store_.get(), {{"A", 1, newer}}), IsOk());
  const std::string payload = "\x4a\x01x";  // field 9
  EXPECT_THAT(Load()->DecodeToJson(EventOf("A", 1, payload)), IsOkAndHolds(R"({"hint":"x"})"));
  EXPECT_THAT(SchemaCatalog::Register(
                  store_.get(), {{"A", 2, newer}, {"A", 2, v1::VersionConflict::descriptor()}}),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("A has two for 2")));
}

TEST_F(SchemaCatalogTest, RefusesBadSchemas) {
  const auto* descriptor = v1::VersionConflict::descriptor();
  for (const EventSchema& schema :
       {EventSchema{"", 1, descriptor}, EventSchema{"$a", 1, descriptor},
        EventSchema{"A", 0, descriptor}, EventSchema{"A", 65'536, descriptor},
        EventSchema{"A", 1, nullptr}}) {
    EXPECT_THAT(SchemaCatalog::Register(store_.get(), {schema}),
                StatusIs(StatusCode::kInvalidArgument))
        << schema.type << " " << schema.schema_version;
  }
  EXPECT_TRUE(store_->Tables().empty());
}

TEST_F(SchemaCatalogTest, ReadsTheEndsOfItsRanges) {
  const std::string longest(255, 't');
  ASSERT_THAT(
      SchemaCatalog::Register(store_.get(), {{longest, 65'535, v1::VersionConflict::descriptor()}}),
      IsOk());
  EXPECT_THAT(Load()->Schemas(), ElementsAre(Pair(longest, 65'535)));
}

TEST_F(SchemaCatalogTest, SaysWhatItCannotDecode) {
  ASSERT_THAT(SchemaCatalog::Register(store_.get(), {{"A", 1, v1::VersionConflict::descriptor()}}),
              IsOk());
  const auto catalog = Load();
  const auto status = catalog->Decode(EventOf("A", 1, "\xff")).status();
  EXPECT_THAT(status, StatusIs(StatusCode::kDataLoss));
  EXPECT_EQ(ErrorPayload<v1::Damage>(status)->position(), 7);
  EXPECT_THAT(catalog->DecodeToJson(EventOf("A", 1, "\xff")), StatusIs(StatusCode::kDataLoss));
  EXPECT_THAT(catalog->Decode(EventOf("A", 2, "")), StatusIs(StatusCode::kNotFound));
  RecordedEvent removed = EventOf("A", 1, "");
  removed.removed = true;
  EXPECT_THAT(catalog->Decode(removed), StatusIs(StatusCode::kDataLoss, HasSubstr("removed")));
}

TEST_F(SchemaCatalogTest, DamagedRowsAreNamed) {
  const std::pair<std::string, std::string> cases[] = {
      {"x", ""},  {std::string("s\0\0\x01", 4), "\xff"}, {std::string("sA\0\0\x01", 5), ""},
      {"sA", ""}, {"f" + std::string(32, 'd'), ""},      {"f", "\xff"},
  };
  for (const auto& [key, value] : cases) {
    store_ = *OpenMemoryStore();
    PutRow(key, value);
    const auto catalog = SchemaCatalog::Load(*store_);
    EXPECT_THAT(catalog, StatusIs(StatusCode::kDataLoss, HasSubstr("$schemas"))) << key;
    EXPECT_EQ(ErrorPayload<v1::Damage>(catalog.status())->what(), "row");
  }
}

TEST_F(SchemaCatalogTest, ThreadsDecodeAtOnce) {
  ASSERT_THAT(
      SchemaCatalog::Register(store_.get(), {{"A", 1, v1::VersionConflict::descriptor()},
                                             {"B", 1, google::protobuf::Type::descriptor()}}),
      IsOk());
  const auto catalog = Load();
  v1::VersionConflict conflict;
  conflict.set_stream("s");
  google::protobuf::Type type;
  type.set_name("n");
  const std::string a = EncodeMessage(conflict), b = EncodeMessage(type);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 50; ++j) {
        EXPECT_THAT(catalog->DecodeToJson(EventOf("A", 1, a)), IsOkAndHolds(R"({"stream":"s"})"));
        EXPECT_THAT(catalog->DecodeToJson(EventOf("B", 1, b)), IsOkAndHolds(R"({"name":"n"})"));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace daybook
