#include "local_calendar.h"

#include "absl/time/civil_time.h"
#include "absl/time/time.h"

namespace loans {
namespace {

absl::CivilSecond OnClock(int64_t unix_ms, int utc_offset_minutes) {
  return absl::ToCivilSecond(absl::FromUnixMillis(unix_ms),
                             absl::FixedTimeZone(utc_offset_minutes * 60));
}

}  // namespace

std::string LocalDay(int64_t unix_ms, int utc_offset_minutes) {
  return absl::FormatCivilTime(absl::CivilDay(OnClock(unix_ms, utc_offset_minutes)));
}

std::string LocalMonth(int64_t unix_ms, int utc_offset_minutes) {
  return absl::FormatCivilTime(absl::CivilMonth(OnClock(unix_ms, utc_offset_minutes)));
}

}  // namespace loans
