// A cursor over bytes that came from outside: every read first checks that the
// bytes are there, and every failure names the file and the byte. Tested by
// byte_reader_test.cc.
#ifndef EDGE_INT8_SRC_FORMATS_BYTE_READER_H_
#define EDGE_INT8_SRC_FORMATS_BYTE_READER_H_

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "src/base/tensor.h"

namespace edge_int8 {

// Values are copied from little-endian files as they stand.
static_assert(std::endian::native == std::endian::little,
              "this project runs on little-endian machines");

inline std::string_view AsText(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Product of the extents, or nothing when one is negative or the product is
// above 2^62: extents from a file multiply to anything.
std::optional<int64_t> CheckedElementCount(const Shape& shape);

class ByteReader {
 public:
  // `where` opens every message: "data/x.npy". `first` is the position of
  // bytes[0] in that file.
  ByteReader(std::string where, std::span<const std::byte> bytes,
             std::size_t first = 0)
      : where_(std::move(where)), bytes_(bytes), first_(first) {}

  const std::string& where() const { return where_; }
  std::size_t position() const { return first_ + next_; }
  std::size_t remaining() const { return bytes_.size() - next_; }
  bool AtEnd() const { return remaining() == 0; }

  // The next `count` bytes; `what` says what they were to be. `count` is taken
  // as the file states it, so it may be far larger than memory.
  std::span<const std::byte> Take(uint64_t count, std::string_view what);

  template <std::unsigned_integral T>
  T Little(std::string_view what) {
    T value;
    std::memcpy(&value, Take(sizeof value, what).data(), sizeof value);
    return value;
  }

  // The next byte as a character, or '\0' at the end.
  char Peek() const {
    return AtEnd() ? '\0' : static_cast<char>(bytes_[next_]);
  }
  // Steps over `text` if it comes next.
  bool Consume(std::string_view text);
  // Steps over bytes that are in `set`.
  void Skip(std::string_view set);
  // A reader of the next `count` bytes only, with the same positions.
  ByteReader Sub(uint64_t count, std::string_view what);

  [[noreturn]] void Fail(std::string_view what) const {
    FailAt(position(), what);
  }
  [[noreturn]] void FailAt(std::size_t position, std::string_view what) const;

 private:
  std::string where_;
  std::span<const std::byte> bytes_;
  std::size_t first_;
  std::size_t next_ = 0;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_FORMATS_BYTE_READER_H_
