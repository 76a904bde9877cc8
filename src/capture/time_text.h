// Time stamps of captures and cameras, as integers of nanoseconds. Tested by
// time_text_test.cc.
//
// Numbers (seconds, milliseconds, microseconds or nanoseconds) and dates
// ("2026-01-31 12:00:00.25", with T, Z or an offset). Decimal digits are taken
// as they stand: an epoch with microseconds does not fit into a double's 53
// bits with a resolution of nanoseconds.
#ifndef EDGE_INT8_SRC_CAPTURE_TIME_TEXT_H_
#define EDGE_INT8_SRC_CAPTURE_TIME_TEXT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace edge_int8 {

inline constexpr int64_t kSecond = 1'000'000'000;  // nanoseconds

// How many nanoseconds the unit of a column is; 0: to be told from its values.
// By the name's end: "_us", "_ms", "_ns", "_s"; `local_timestamp` is in
// microseconds.
int64_t UnitOfColumn(std::string_view name);
// By the size of a value: 1.7e9 is seconds of now, 1.7e12 milliseconds, ...
int64_t UnitOfValue(std::string_view text);

// A number times the unit, or a date (then the unit does not matter). Nothing
// when it is neither, or beyond 292 years from 1970.
std::optional<int64_t> ParseTime(std::string_view text, int64_t unit);

// "1786700249.04" of nanoseconds, for messages.
std::string SecondsText(int64_t time_ns);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_CAPTURE_TIME_TEXT_H_
