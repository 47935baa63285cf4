// The fixture of the tests of views: a store on each engine, and views on it.
#ifndef DAYBOOK_TESTS_PROJECTIONS_VIEWS_TEST_H_
#define DAYBOOK_TESTS_PROJECTIONS_VIEWS_TEST_H_

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "daybook/core/open.h"
#include "daybook/projections/projection_engine.h"
#include "shop.h"

namespace daybook {

struct StoreKind {
  const char* name;
  bool on_disk;
};
std::vector<StoreKind> StoreKinds();

// Held in a fold by who passes it; one for all rows of a projection.
class Gate {
 public:
  void Close() {
    held_ = false;
    closed_ = true;
  }
  void Open() {
    closed_ = false;
    closed_.notify_all();
  }
  void Pass() {
    if (!closed_.load()) return;
    held_ = true;
    held_.notify_all();
    closed_.wait(true);
  }
  // Until somebody is held.
  void Await() const { held_.wait(false); }

 private:
  std::atomic<bool> closed_{false};
  std::atomic<bool> held_{false};
};

class ViewsTest : public testing::TestWithParam<StoreKind> {
 protected:
  using Rows = shop::Rows;

  void SetUp() override {
    if (GetParam().on_disk) {
      const auto* test = testing::UnitTest::GetInstance()->current_test_info();
      std::string name = absl::StrCat(test->test_suite_name(), "_", test->name());
      for (char& c : name) c = c == '/' ? '_' : c;
      path_ = std::filesystem::path(testing::TempDir()) / name;
      std::filesystem::remove_all(path_);
    }
    OpenTheStore();
  }
  void TearDown() override {
    views_.reset();
    store_.reset();
    if (!path_.empty()) std::filesystem::remove_all(path_);
  }

  void OpenTheStore() {
    absl::StatusOr<std::unique_ptr<EventStore>> store =
        GetParam().on_disk ? OpenStore(path_.string(), {.witness_bytes = size_t{1} << 20})
                           : OpenMemoryStore();
    ASSERT_THAT(store, IsOk());
    store_ = *std::move(store);
  }
  // On disk closes and opens the store too.
  void Restart() {
    views_.reset();
    if (!GetParam().on_disk) return;
    store_.reset();
    OpenTheStore();
  }

  void OpenViews(std::vector<ProjectionRegistration> projections,
                 const ProjectionOptions& options = {}) {
    views_.reset();
    auto views = ProjectionEngine::Open(store_.get(), std::move(projections), options);
    ASSERT_THAT(views, IsOk());
    views_ = *std::move(views);
  }

  // The token of the append.
  Token Append(absl::string_view stream, std::vector<Event> events) {
    absl::StatusOr<AppendResult> result =
        store_->Append(stream, ExpectedVersion::Any(), std::move(events));
    EXPECT_THAT(result, IsOk());
    return result.ok() ? Token(result->last) : Token();
  }
  absl::Status TryAppend(absl::string_view stream, std::vector<Event> events) {
    return store_->Append(stream, ExpectedVersion::Any(), std::move(events)).status();
  }
  Token Tip() { return Token(store_->Tip()); }

  template <typename P>
  Rows RowsOf(std::optional<Token> at_least = std::nullopt) {
    auto rows = views_->Range<P>({.at_least = at_least});
    EXPECT_THAT(rows, IsOk());
    Rows encoded;
    if (rows.ok()) {
      for (const auto& [key, row] : *rows) encoded[key] = EncodeMessage(row);
    }
    return encoded;
  }
  template <typename P>
  ViewStatus StatusOf() {
    auto status = views_->StatusOf<P>();
    EXPECT_THAT(status, IsOk());
    return status.ok() ? *status : ViewStatus();
  }

  std::filesystem::path path_;
  std::unique_ptr<EventStore> store_;
  std::unique_ptr<ProjectionEngine> views_;
};

}  // namespace daybook

#endif  // DAYBOOK_TESTS_PROJECTIONS_VIEWS_TEST_H_
