// The columns of what ESP32 tools print: by a header, or of the lines that are
// known by their number of columns. Tested by esp32_source_test.cc.
#ifndef EDGE_INT8_SRC_CAPTURE_ESP32_LAYOUT_H_
#define EDGE_INT8_SRC_CAPTURE_ESP32_LAYOUT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace edge_int8 {

// Places of columns, from 0; -1: there is none.
struct Esp32Layout {
  std::vector<std::string> names;  // of a header; empty without one
  int mac = -1;
  int time = -1;
  int64_t time_unit = 0;     // nanoseconds; 0: by its values
  bool local_clock = false;  // `time` is the chip's, 32 bits of microseconds
  int data = -1;             // the list of imaginary and real parts
  int amplitude = -1;        // or decoded ones
  int phase = -1;
  int length = -1;               // how many values the list has
  bool length_of_pairs = false;  // how many subcarriers instead
  int first_word = -1;           // 1: its first four values are invalid
};

// The columns before the list of a `CSI_DATA` line without a header. Where
// their number is not a known one only the address can be found.
Esp32Layout LayoutOfLine(const std::vector<std::string_view>& cells);

// Of a header line; nothing when it is none: no column of values. `time`, if
// not empty, is the column the user chose.
std::optional<Esp32Layout> LayoutOfHeader(std::string_view line,
                                          std::string_view time);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_CAPTURE_ESP32_LAYOUT_H_
