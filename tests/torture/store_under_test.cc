#include "store_under_test.h"

#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "differences.h"

namespace daybook {

StoreUnderTest::StoreUnderTest(Engine engine, std::string directory,
                               std::unique_ptr<ReferenceModel> model)
    : engine_(engine),
      directory_(std::move(directory)),
      model_(std::move(model)),
      path_(directory_ + "/store-0") {
  if (engine_ == Engine::kRocks) std::filesystem::create_directories(directory_);
}

StoreUnderTest::~StoreUnderTest() {
  followed_.clear();
  kept_.clear();
  store_.reset();
  std::error_code ignored;
  if (engine_ == Engine::kRocks) std::filesystem::remove_all(directory_, ignored);
}

std::string StoreUnderTest::Run(const operation::Operation& operation) {
  if (store_ == nullptr) {
    if (std::string wrong = Open(); !wrong.empty()) return wrong;
  }
  return std::visit([this](const auto& o) { return Do(o); }, operation);
}

StoreOptions StoreUnderTest::Options() {
  StoreOptions options;
  options.clock = &clock_;
  options.witness_bytes = size_t{1} << 20;
  options.block_cache_bytes = size_t{1} << 20;
  return options;
}

std::string StoreUnderTest::Open() {
  auto opened =
      engine_ == Engine::kMemory ? OpenMemoryStore(Options()) : OpenStore(path_, Options());
  if (!opened.ok()) return absl::StrCat("opening: ", opened.status().ToString());
  store_ = *std::move(opened);
  return "";
}

StoreUnderTest::Seen StoreUnderTest::By(int reader) {
  const auto kept = kept_.find(reader);
  if (kept == kept_.end()) return {store_->Reader(), model_->Newest(Now()), &model_->rows()};
  return {kept->second.reader, kept->second.view.moment, &kept->second.view.rows};
}

std::string StoreUnderTest::NameOf(TableId table) {
  return absl::StrCat("table-", table);
}

std::string StoreUnderTest::Do(const operation::OpenTable& o) {
  const absl::StatusOr<TableId> number = store_->OpenTable(NameOf(o.table));
  if (!number.ok()) return number.status().ToString();
  model_->OpenTable(o.table);
  const auto [known, is_new] = tables_.emplace(o.table, *number);
  return Differ("number of the table", *number, known->second);
}

std::string StoreUnderTest::Do(const operation::KeepReader& o) {
  kept_[o.reader] = {store_->Reader(), {model_->Newest(Now()), model_->rows()}};
  return Differ("tip of the reader", kept_[o.reader].reader->tip().sequence(), model_->tip());
}

std::string StoreUnderTest::Do(const operation::MoveClock& o) {
  clock_.Set(clock_.Now() + absl::Microseconds(o.micros));
  return "";
}

}  // namespace daybook
