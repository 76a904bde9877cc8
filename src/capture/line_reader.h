// Lines of a text of any size in bounded memory. Tested by line_reader_test.cc.
#ifndef EDGE_INT8_SRC_CAPTURE_LINE_READER_H_
#define EDGE_INT8_SRC_CAPTURE_LINE_READER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "src/capture/byte_stream.h"

namespace edge_int8 {

// A packet of 384 decoded subcarriers takes 16 kB of text.
inline constexpr std::size_t kLongestLine = std::size_t{1} << 20;

class LineReader {
 public:
  explicit LineReader(ByteStream& bytes) : bytes_(&bytes) {}
  // The next line without its end ("\n" or "\r\n"), valid until the next call.
  // What is longer than kLongestLine is skipped and counted.
  std::optional<std::string_view> Next();

  int64_t line() const { return line_; }  // of the last one, from 1
  int64_t too_long() const { return too_long_; }

 private:
  bool Fill();

  ByteStream* bytes_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0, end_ = 0;  // what is not given out yet
  bool at_end_ = false;
  bool skipping_ = false;
  int64_t line_ = 0;
  int64_t too_long_ = 0;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_CAPTURE_LINE_READER_H_
