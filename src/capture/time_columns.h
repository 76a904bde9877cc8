// Which column of a table holds its time stamps. Tested by
// pose_track_test.cc.
#ifndef EDGE_INT8_SRC_CAPTURE_TIME_COLUMNS_H_
#define EDGE_INT8_SRC_CAPTURE_TIME_COLUMNS_H_

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace edge_int8 {

// A header's cell as names are compared: lower case, without blanks and quotes.
std::string ColumnName(std::string_view cell);

// The place of the column that is the time by its name, the clock of a host
// before one that counts from an unknown start.
std::optional<std::size_t> FindTimeColumn(std::span<const std::string> names);

// The best one that both tables have: times of one clock.
std::optional<std::string> CommonTimeColumn(
    std::span<const std::string> first, std::span<const std::string> second);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_CAPTURE_TIME_COLUMNS_H_
