// The lives of streams: half of the streams are never cut short by these, and few get a tombstone,
// so that enough goes on.
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "daybook/core/limits.h"
#include "daybook/core/stream_metadata.h"
#include "daybook/v1/stream_metadata.pb.h"
#include "random_operations.h"

namespace daybook {

std::string RandomOperations::DrawMortal() {
  if (OneIn(5)) return absl::StrCat("fresh-", 1 + Below(streams_ + 1));
  return Of({"account-1", "order-1", "order", "käse-ü"});
}

StreamLimits RandomOperations::DrawLimits(uint64_t next_version) {
  StreamLimits limits;
  if (OneIn(3)) return limits;
  if (OneIn(3)) limits.max_age = absl::Microseconds(1 + Below(3'000'000));
  if (OneIn(3)) limits.max_count = OneIn(4) ? 1 + Below(200) : 1 + Below(6);
  if (OneIn(4)) limits.truncate_before = Below(next_version + 3);
  if (OneIn(12)) limits.max_count = 0;
  if (OneIn(40)) limits.max_age = absl::ZeroDuration();
  if (OneIn(40)) limits.truncate_before = kMaxVersion + Below(2);
  return limits;
}

operation::Operation RandomOperations::DrawLife(const ReferenceModel& model) {
  const std::string stream = DrawMortal();
  const uint64_t next = model.StreamVersion(model.tip(), stream).value_or(0) + 1;
  const uint64_t kind = Below(20);
  if (kind < 9) return operation::SetLimits{OneIn(60) ? "$own" : stream, DrawLimits(next)};
  if (kind < 14) {
    // Mostly as one does who has looked.
    const bool looked = !OneIn(4);
    return operation::DeleteStream{stream,
                                   looked ? ExpectedVersion::Any() : DrawExpected(model, stream)};
  }
  if (kind < 15) {
    const std::string doomed = OneIn(5) ? stream : absl::StrCat("fresh-", 1 + Below(streams_ + 1));
    return operation::TombstoneStream{
        doomed, OneIn(4) ? DrawExpected(model, doomed) : ExpectedVersion::Any()};
  }
  return operation::Scavenge{OneIn(2) ? 1 + Below(3) : 0, OneIn(10)};
}

std::string RandomOperations::DrawMetadataPayload(uint64_t next_version) {
  if (OneIn(10)) return "\xff";  // no message
  v1::StreamMetadata metadata;
  if (OneIn(3)) {
    metadata.mutable_max_age()->set_seconds(static_cast<int64_t>(Below(3)));
    metadata.mutable_max_age()->set_nanos(static_cast<int32_t>(Below(3) * 499'999'500));
  }
  if (OneIn(20)) metadata.mutable_max_age()->set_seconds(-1);
  if (OneIn(3)) metadata.set_max_count(Below(6));
  if (OneIn(3)) metadata.set_truncate_before(Below(next_version + 2));
  // What was deleted may so be there again, and what is there be deleted.
  if (OneIn(3)) metadata.set_deleted_before(Below(next_version + 2));
  if (OneIn(12)) metadata.set_deleted_before(next_version + Below(2));
  if (OneIn(20)) metadata.set_truncate_before(kMaxVersion + Below(2));
  if (OneIn(20)) metadata.set_deleted_before(kMaxVersion + 1);
  if (OneIn(60)) metadata.set_tombstoned(true);
  return metadata.SerializeAsString();
}

StreamAppend RandomOperations::DrawMetadata(const ReferenceModel& model) {
  const std::string stream = DrawMortal();
  const std::optional<uint64_t> last = model.StreamVersion(model.tip(), stream);
  const uint64_t next =
      last.has_value() ? *last + 1 : model.FindStart(model.Newest(0), stream).began;
  StreamAppend append;
  append.stream = MetadataStreamOf(stream);
  append.expected = DrawExpected(model, append.stream);
  for (uint64_t left = OneIn(8) ? 2 : 1; left > 0; --left) {
    Event& event = append.events.emplace_back(DrawEvent());
    event.type = OneIn(20) ? "Noted" : "$metadata";
    event.payload = DrawMetadataPayload(next);
  }
  // Elsewhere such events are refused.
  if (OneIn(15)) append.stream = stream;
  if (OneIn(30)) append.stream = absl::StrCat("$", stream);
  if (OneIn(30)) append.stream = MetadataStreamOf(append.stream);
  return append;
}

}  // namespace daybook
