// The contract that every event store keeps: a suite that runs against each backend.
#ifndef DAYBOOK_TESTS_CORE_STORE_CONTRACT_H_
#define DAYBOOK_TESTS_CORE_STORE_CONTRACT_H_

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "daybook/core/event_store.h"
#include "daybook/core/open.h"
#include "daybook/testkit/status_matchers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace daybook {

// A way to make a new, empty store.
struct Backend {
  std::string name;
  std::function<absl::StatusOr<std::unique_ptr<EventStore>>(const StoreOptions&)> open;
};

inline void PrintTo(const Backend& backend, std::ostream* os) {
  *os << backend.name;
}

std::vector<Backend> Backends();

class StoreContract : public testing::TestWithParam<Backend> {
 protected:
  void SetUp() override { Open(); }

  void Open(const StoreOptions& options = {}) {
    store_.reset();
    absl::StatusOr<std::unique_ptr<EventStore>> store = GetParam().open(options);
    ASSERT_THAT(store, IsOk());
    store_ = *std::move(store);
  }

  static Event Make(absl::string_view type, absl::string_view payload = "") {
    Event event;
    event.type = std::string(type);
    event.payload = std::string(payload);
    return event;
  }
  // As many events of type `Noted` as there are payloads.
  static std::vector<Event> Notes(const std::vector<std::string>& payloads) {
    std::vector<Event> events;
    for (const std::string& payload : payloads) events.push_back(Make("Noted", payload));
    return events;
  }
  absl::StatusOr<AppendResult> Append(absl::string_view stream,
                                      const std::vector<std::string>& payloads,
                                      ExpectedVersion expected = ExpectedVersion::Any()) {
    return store_->Append(stream, expected, Notes(payloads));
  }
  static std::vector<std::string> Payloads(const EventBatch& batch) {
    std::vector<std::string> payloads;
    for (const RecordedEvent& event : batch) payloads.emplace_back(event.payload);
    return payloads;
  }
  std::vector<std::string> ReadStream(absl::string_view stream,
                                      const ReadStreamOptions& options = {}) {
    absl::StatusOr<EventBatch> batch = store_->Reader()->ReadStream(stream, options);
    EXPECT_THAT(batch, IsOk());
    return batch.ok() ? Payloads(*batch) : std::vector<std::string>();
  }
  std::vector<std::string> ReadLog(const ReadLogOptions& options = {}) {
    absl::StatusOr<EventBatch> batch = store_->Reader()->ReadLog(options);
    EXPECT_THAT(batch, IsOk());
    return batch.ok() ? Payloads(*batch) : std::vector<std::string>();
  }

  std::unique_ptr<EventStore> store_;
};

// In place of INSTANTIATE_TEST_SUITE_P's generator, the same for every part of the suite.
inline std::string BackendName(const testing::TestParamInfo<Backend>& info) {
  return info.param.name;
}

}  // namespace daybook

#endif  // DAYBOOK_TESTS_CORE_STORE_CONTRACT_H_
