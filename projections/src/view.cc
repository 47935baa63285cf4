#include "view.h"

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "daybook/core/codec.h"

namespace daybook::internal {

std::string Generation::Checkpoint(Position position, bool in_commits) const {
  v1::ViewCheckpoint checkpoint;
  checkpoint.set_generation(number);
  const absl::string_view fingerprint = definition->fingerprint().bytes();
  checkpoint.set_fingerprint(fingerprint.data(), fingerprint.size());
  checkpoint.set_position(position.sequence());
  checkpoint.set_in_commits(in_commits);
  if (failures.ByteSizeLong() > 0) *checkpoint.mutable_failures() = failures;
  return EncodeMessage(checkpoint);
}

absl::Status AtEvent(absl::string_view view, absl::string_view verb, const RecordedEvent& event,
                     const absl::Status& status) {
  absl::Status result(status.code(), absl::StrCat("view ", view, " ", verb, " ", event.type, " of ",
                                                  event.stream, ": ", status.message()));
  status.ForEachPayload([&result](absl::string_view url, const absl::Cord& payload) {
    result.SetPayload(url, payload);
  });
  return result;
}

}  // namespace daybook::internal
