// The lives of streams: limits, deletions, tombstones, scavenges.
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "daybook/core/moment.h"
#include "daybook/core/stream_metadata.h"
#include "differences.h"
#include "store_under_test.h"

namespace daybook {
namespace {

std::string OrNone(const std::optional<uint64_t>& value) {
  return value.has_value() ? absl::StrCat(*value) : "none";
}

std::string LimitsText(const StreamLimits& limits) {
  return absl::StrCat(
      "age ", limits.max_age.has_value() ? absl::FormatDuration(*limits.max_age) : "none",
      ", count ", OrNone(limits.max_count), ", before ", OrNone(limits.truncate_before));
}

StreamLimits LimitsIn(const v1::StreamMetadata& metadata) {
  StreamLimits limits;
  if (metadata.has_max_age()) {
    limits.max_age =
        absl::Seconds(metadata.max_age().seconds()) + absl::Nanoseconds(metadata.max_age().nanos());
  }
  if (metadata.has_max_count()) limits.max_count = metadata.max_count();
  if (metadata.has_truncate_before()) limits.truncate_before = metadata.truncate_before();
  return limits;
}

std::string ProgressText(const ScavengeProgress& progress) {
  return absl::StrCat("at ", progress.stream, " of ", progress.streams, " streams ",
                      progress.events, " events of ", progress.bytes, " bytes; ");
}

}  // namespace

std::string StoreUnderTest::Do(const operation::SetLimits& o) {
  const auto found = SetStreamLimits(*store_, o.stream, o.limits);
  if (found.ok()) ++outcomes_["limits set"];
  CountOutcome(found);
  return CompareAppend({}, found, model_->SetStreamLimits(o.stream, o.limits, Now()));
}

std::string StoreUnderTest::Do(const operation::DeleteStream& o) {
  const auto found = DeleteStream(*store_, o.stream, o.expected);
  if (found.ok()) ++outcomes_["deleted"];
  CountOutcome(found);
  return CompareAppend({}, found, model_->DeleteStream(o.stream, o.expected, Now()));
}

std::string StoreUnderTest::Do(const operation::TombstoneStream& o) {
  const auto found = TombstoneStream(*store_, o.stream, o.expected);
  if (found.ok()) ++outcomes_["tombstone set"];
  CountOutcome(found);
  return CompareAppend({}, found, model_->TombstoneStream(o.stream, o.expected, Now()));
}

std::string StoreUnderTest::Do(const operation::LookAtStream& o) {
  const Seen seen = By(o.reader);
  const auto limits = ReadStreamLimits(*seen.reader, o.stream);
  if (!limits.ok()) return limits.status().ToString();
  const auto start = seen.reader->FindStart(o.stream);
  if (!start.ok()) return start.status().ToString();
  const auto version = VersionOf(*seen.reader, o.stream, o.then);
  const StreamLimits expected_limits = LimitsIn(model_->MetadataOf(seen.moment.tip, o.stream));
  const StreamStart expected_start = model_->FindStart(seen.moment, o.stream);
  const auto expected_version = model_->VersionAt(seen.moment, o.stream, o.then);
  if (start->began > 0) ++outcomes_["life after a deletion"];
  if (start->first > start->began) ++outcomes_["stream cut short"];
  std::string wrong = First({Differ("limits", LimitsText(*limits), LimitsText(expected_limits)),
                             Differ("began", start->began, expected_start.began),
                             Differ("first", start->first, expected_start.first),
                             CompareStatus(version.status(), expected_version.status())});
  if (!wrong.empty() || !version.ok()) return wrong;
  return Differ("version", OrNone(*version), OrNone(*expected_version));
}

std::string StoreUnderTest::Do(const operation::Scavenge& o) {
  const std::string chain = store_->Stats().chain_hex;
  std::string found;
  uint64_t steps = 0;
  ScavengeOptions options;
  options.compact = o.compact;
  options.progress = [&](const ScavengeProgress& progress) {
    absl::StrAppend(&found, ProgressText(progress));
    return ++steps != o.stop_after;
  };
  const auto report = store_->Scavenge(options);
  if (!report.ok()) return report.status().ToString();
  const ReferenceModel::Scavenged expected = model_->Scavenge(o.stop_after, Now());
  ++outcomes_[report->finished ? "scavenge finished" : "scavenge stopped"];
  std::string expected_steps;
  for (const ScavengeProgress& step : expected.steps) {
    absl::StrAppend(&expected_steps, ProgressText(step));
  }
  return First({Differ("steps", found, expected_steps),
                Differ("done", ProgressText(report->done), ProgressText(expected.done)),
                Differ("finished", report->finished, expected.finished),
                Differ("tip", store_->Tip().sequence(), model_->tip()),
                Differ("chain", store_->Stats().chain_hex, chain)});
}

}  // namespace daybook
