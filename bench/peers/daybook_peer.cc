// Daybook, in process, as it is opened by default: all clients share one store.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "daybook/core/open.h"
#include "daybook/core/status_macros.h"
#include "peer.h"

namespace daybook::peers {
namespace {

class DaybookClient : public Client {
 public:
  explicit DaybookClient(EventStore* store) : store_(store) {}

  absl::Status Append(const std::string& stream, uint64_t version,
                      const std::string& payload) override {
    std::vector<Event> events(1);
    events[0].type = kEventType;
    events[0].payload = payload;
    const ExpectedVersion expected =
        version == 0 ? ExpectedVersion::NoStream() : ExpectedVersion::Exactly(version - 1);
    const absl::StatusOr<AppendResult> result = store_->Append(stream, expected, std::move(events));
    DAYBOOK_RETURN_IF_ERROR(result.status());
    if (result->streams.size() != 1 || result->streams[0].last_version != version) {
      return absl::InternalError("acknowledged something else");
    }
    return absl::OkStatus();
  }

  absl::Status ReadStream(const std::string& stream, Visit visit) override {
    const std::shared_ptr<const StoreReader> reader = store_->Reader();
    ReadStreamOptions options;
    options.limit = kPageEvents;
    options.from = 0;
    while (true) {
      DAYBOOK_ASSIGN_OR_RETURN(const EventBatch batch, reader->ReadStream(stream, options));
      for (const RecordedEvent& event : batch) DAYBOOK_RETURN_IF_ERROR(visit(event.payload));
      if (batch.at_end() || batch.empty()) return absl::OkStatus();
      options.from = batch.back().version + 1;
    }
  }

  absl::Status ReadAll(uint64_t limit, Visit visit) override {
    const std::shared_ptr<const StoreReader> reader = store_->Reader();
    ReadLogOptions options;
    while (limit > 0) {
      options.limit = std::min<uint64_t>(limit, kPageEvents);
      DAYBOOK_ASSIGN_OR_RETURN(const EventBatch batch, reader->ReadLog(options));
      for (const RecordedEvent& event : batch) DAYBOOK_RETURN_IF_ERROR(visit(event.payload));
      if (batch.at_end()) break;
      limit -= batch.size();
      options.from = batch.next();
    }
    return absl::OkStatus();
  }

  absl::StatusOr<uint64_t> Count() override { return store_->Tip().sequence(); }

 private:
  EventStore* const store_;
};

class DaybookPeer : public Peer {
 public:
  explicit DaybookPeer(std::unique_ptr<EventStore> store) : store_(std::move(store)) {}

  std::string name() const override { return "Daybook"; }
  std::string durability() const override {
    return "synced twice before the acknowledgement: RocksDB's log and the witness";
  }
  absl::StatusOr<std::unique_ptr<Client>> Connect() override {
    return std::make_unique<DaybookClient>(store_.get());
  }

 private:
  const std::unique_ptr<EventStore> store_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Peer>> OpenDaybook(const std::string& directory) {
  DAYBOOK_ASSIGN_OR_RETURN(std::unique_ptr<EventStore> store,
                           OpenStore(absl::StrCat(directory, "/daybook")));
  return std::make_unique<DaybookPeer>(std::move(store));
}

}  // namespace daybook::peers
