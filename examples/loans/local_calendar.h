// The day and month that a clock showed.
#ifndef DAYBOOK_EXAMPLES_LOANS_LOCAL_CALENDAR_H_
#define DAYBOOK_EXAMPLES_LOANS_LOCAL_CALENDAR_H_

#include <cstdint>
#include <string>

namespace loans {

// "2011-10-01", on a clock that is `utc_offset_minutes` ahead of UTC.
std::string LocalDay(int64_t unix_ms, int utc_offset_minutes);
// "2011-10".
std::string LocalMonth(int64_t unix_ms, int utc_offset_minutes);

}  // namespace loans

#endif  // DAYBOOK_EXAMPLES_LOANS_LOCAL_CALENDAR_H_
