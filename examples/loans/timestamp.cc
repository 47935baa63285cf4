#include "timestamp.h"

#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"

namespace loans {
namespace {

// Takes `count` digits off the front of `text`; -1 where there are fewer.
int TakeNumber(absl::string_view* text, size_t count) {
  if (text->size() < count) return -1;
  int number = 0;
  for (size_t i = 0; i < count; ++i) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>((*text)[i]))) return -1;
    number = number * 10 + ((*text)[i] - '0');
  }
  text->remove_prefix(count);
  return number;
}

bool TakeChar(absl::string_view* text, char c) {
  if (text->empty() || text->front() != c) return false;
  text->remove_prefix(1);
  return true;
}

// A number of two digits up to `most`, with `before` in front of it; -1 otherwise.
int TakePart(absl::string_view* text, char before, int most) {
  if (!TakeChar(text, before)) return -1;
  const int number = TakeNumber(text, 2);
  return number <= most ? number : -1;
}

// The milliseconds of a fraction of any length.
bool TakeFraction(absl::string_view* text, int* milliseconds) {
  size_t digits = 0;
  for (; digits < text->size(); ++digits) {
    const auto c = static_cast<unsigned char>((*text)[digits]);
    if (!absl::ascii_isdigit(c)) break;
    if (digits < 3) *milliseconds = *milliseconds * 10 + (c - '0');
  }
  for (size_t i = digits; i < 3; ++i) *milliseconds *= 10;
  text->remove_prefix(digits);
  return digits > 0;
}

bool TakeOffset(absl::string_view* text, int* minutes) {
  if (TakeChar(text, 'Z')) return true;
  if (text->empty()) return false;
  const char sign = text->front();
  if (sign != '+' && sign != '-') return false;
  const int hour = TakePart(text, sign, 18);
  const int minute = TakePart(text, ':', 59);
  if (hour < 0 || minute < 0 || hour * 60 + minute > 18 * 60) return false;
  *minutes = (sign == '-' ? -1 : 1) * (hour * 60 + minute);
  return true;
}

}  // namespace

std::optional<Timestamp> ParseTimestamp(absl::string_view text) {
  const int year = TakeNumber(&text, 4);
  const int month = TakePart(&text, '-', 12);
  const int day = TakePart(&text, '-', 31);
  const int hour = TakePart(&text, 'T', 23);
  const int minute = TakePart(&text, ':', 59);
  const int second = TakePart(&text, ':', 59);
  if (year < 1 || month < 1 || day < 1 || hour < 0 || minute < 0 || second < 0) return {};
  const absl::CivilDay date(year, month, day);
  if (date.day() != day) return {};  // 30 February
  int milliseconds = 0;
  if (TakeChar(&text, '.') && !TakeFraction(&text, &milliseconds)) return {};
  Timestamp time;
  if (!TakeOffset(&text, &time.utc_offset_minutes) || !text.empty()) return {};
  const int64_t seconds = (date - absl::CivilDay(1970, 1, 1)) * 86'400 + hour * 3600 + minute * 60 +
                          second - time.utc_offset_minutes * 60;
  time.unix_ms = seconds * 1000 + milliseconds;
  return time;
}

std::string FormatTimestamp(Timestamp time) {
  const absl::TimeZone zone = absl::FixedTimeZone(time.utc_offset_minutes * 60);
  return absl::FormatTime("%Y-%m-%d%ET%H:%M:%E3S%Ez", absl::FromUnixMillis(time.unix_ms), zone);
}

}  // namespace loans
