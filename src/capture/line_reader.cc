#include "src/capture/line_reader.h"

#include <cstring>

namespace edge_int8 {
namespace {

constexpr std::size_t kPiece = std::size_t{1} << 20;

}  // namespace

// Moves what is left to the front and reads behind it.
bool LineReader::Fill() {
  if (at_end_) return false;
  if (buffer_.empty()) buffer_.resize(kLongestLine + kPiece);
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  const std::size_t got =
      bytes_->Read(std::span(buffer_).subspan(end_, kPiece));
  end_ += got;
  at_end_ = got == 0;
  return got > 0;
}

std::optional<std::string_view> LineReader::Next() {
  std::size_t searched = 0;  // bytes after begin_ without a line's end
  while (true) {
    const char* const first = buffer_.data() + begin_;
    const std::size_t have = end_ - begin_;
    const void* const found =
        have > searched ? std::memchr(first + searched, '\n', have - searched)
                        : nullptr;
    if (found == nullptr && have <= kLongestLine && Fill()) {
      searched = have;
      continue;
    }
    if (found == nullptr && have > kLongestLine) {  // No end of it in sight.
      if (!skipping_) ++too_long_;
      skipping_ = true;
      begin_ = end_;
      searched = 0;
      continue;
    }
    if (found == nullptr && have == 0) return std::nullopt;
    std::size_t size =
        found == nullptr
            ? have
            : static_cast<std::size_t>(static_cast<const char*>(found) - first);
    begin_ += size + (found == nullptr ? 0 : 1);
    ++line_;
    searched = 0;
    if (skipping_) {  // The rest of a long one.
      skipping_ = false;
      continue;
    }
    if (size > 0 && first[size - 1] == '\r') --size;
    return std::string_view(first, size);
  }
}

}  // namespace edge_int8
