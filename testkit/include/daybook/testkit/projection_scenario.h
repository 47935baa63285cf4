// The checks behind GivenEvents (given_events.h), without the types of the projection. No promise:
// use GivenEvents.
#ifndef DAYBOOK_TESTKIT_PROJECTION_SCENARIO_H_
#define DAYBOOK_TESTKIT_PROJECTION_SCENARIO_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "daybook/core/event.h"
#include "daybook/core/metadata.h"
#include "daybook/core/past_event.h"
#include "daybook/projections/projection.h"
#include "daybook/testkit/call_site.h"
#include "daybook/testkit/fake_clock.h"
#include "google/protobuf/message.h"

namespace daybook::internal {

// The rows of a view, encoded, by their keys.
using Rows = std::map<std::string, std::string>;

// Events that were recorded, and the rows that a projection makes of them. Failures are reported
// to GoogleTest at the call site.
class ProjectionScenario {
 public:
  ProjectionScenario(std::shared_ptr<const ProjectionDefinition> definition,
                     const google::protobuf::Message* default_row)
      : definition_(std::move(definition)), default_row_(default_row) {}

  // What holds for the events added from now on.
  void SetStream(absl::string_view stream) { stream_ = std::string(stream); }
  void SetRecordedTime(absl::Time time) { recorded_time_ = time; }
  void SetMetadata(Metadata metadata) { metadata_ = std::move(metadata); }

  void AddEvent(std::shared_ptr<const google::protobuf::Message> message, absl::string_view type,
                uint32_t schema_version, std::vector<std::string> tags);

  // Folds the events, and checks what must be so of every projection. Once, after the last event.
  void Fold();

  // The encoded row of `key`, nullptr when there is none or the fold broke; both are reported.
  const std::string* ThenRow(absl::string_view key, CallSite at) const;
  void ThenNoRow(absl::string_view key, CallSite at) const;
  // What On returned for the last event; OK is reported.
  absl::Status ThenFails(CallSite at) const;

  // Fails with `what`, followed by the story so far.
  void Fail(absl::string_view what, CallSite at) const;

 private:
  struct Stored {
    std::string stream;
    uint64_t version;
    uint64_t stream_id;
    std::string type;
    uint32_t schema_version;
    absl::Time recorded_time;
    std::string payload;
    std::string metadata;
    std::shared_ptr<const google::protobuf::Message> message;
  };

  RecordedEvent Recorded(size_t i) const;
  // What the projection sees of the event.
  absl::StatusOr<std::vector<TodaysEvent>> Todays(const RecordedEvent& event) const;
  absl::Status Apply(RowFold& fold, size_t i, const Rows& stored) const;
  void Break(absl::string_view why);
  bool Holds(CallSite at) const;
  std::string Difference(const Rows& expected, const Rows& actual) const;
  std::string Story() const;

  std::shared_ptr<const ProjectionDefinition> definition_;
  const google::protobuf::Message* default_row_;
  std::string stream_;
  absl::Time recorded_time_ = FakeClock::DefaultStart();
  Metadata metadata_;
  std::vector<Stored> events_;
  std::map<std::string, std::pair<uint64_t, uint64_t>> streams_;  // number, next version

  std::string broken_;   // why no row can be trusted
  absl::Status failed_;  // what On returned
  Rows rows_;
};

}  // namespace daybook::internal

#endif  // DAYBOOK_TESTKIT_PROJECTION_SCENARIO_H_
