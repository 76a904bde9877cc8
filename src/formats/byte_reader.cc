#include "src/formats/byte_reader.h"

#include <fmt/format.h>

#include "src/base/error.h"

namespace edge_int8 {

std::optional<int64_t> CheckedElementCount(const Shape& shape) {
  constexpr int64_t kMost = int64_t{1} << 62;
  if (std::ranges::any_of(shape, [](int64_t extent) { return extent < 0; })) {
    return std::nullopt;
  }
  // Before any product: (2^60, 2^60, 0) is empty, not an overflow.
  if (std::ranges::find(shape, 0) != shape.end()) return 0;
  int64_t count = 1;
  for (const int64_t extent : shape) {
    if (extent > kMost / count) return std::nullopt;
    count *= extent;
  }
  return count;
}

std::span<const std::byte> ByteReader::Take(uint64_t count,
                                            std::string_view what) {
  if (count > remaining()) {
    Fail(
        fmt::format("ends in the middle of {}: expected {} more bytes, found "
                    "{}",
                    what, count, remaining()));
  }
  const auto taken = bytes_.subspan(next_, static_cast<std::size_t>(count));
  next_ += taken.size();
  return taken;
}

bool ByteReader::Consume(std::string_view text) {
  if (!AsText(bytes_.subspan(next_)).starts_with(text)) return false;
  next_ += text.size();
  return true;
}

void ByteReader::Skip(std::string_view set) {
  while (!AtEnd() && set.find(Peek()) != std::string_view::npos) ++next_;
}

ByteReader ByteReader::Sub(uint64_t count, std::string_view what) {
  const std::size_t first = position();
  return {where_, Take(count, what), first};
}

void ByteReader::FailAt(std::size_t position, std::string_view what) const {
  FailInput(fmt::format("{} at byte {}", where_, position), what);
}

}  // namespace edge_int8
