#include "src/capture/byte_stream.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "src/base/error.h"

namespace edge_int8 {

FileStream::FileStream(std::filesystem::path path, bool hashed)
    : path_(std::move(path)), hashed_(hashed) {
  file_ = open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  if (file_ < 0) {
    FailInput(path_.string(),
              fmt::format("can't be opened: {}", std::strerror(errno)));
  }
  struct stat status = {};
  if (fstat(file_, &status) != 0 || !S_ISREG(status.st_mode)) {
    close(std::exchange(file_, -1));
    FailInput(path_.string(), "is no regular file; a capture is read twice");
  }
  posix_fadvise(file_, 0, 0, POSIX_FADV_SEQUENTIAL);
}

FileStream::~FileStream() {
  if (file_ >= 0) close(file_);
}

std::size_t FileStream::Read(std::span<char> room) {
  std::size_t filled = 0;
  while (filled < room.size()) {
    const ssize_t got = read(file_, room.data() + filled, room.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      FailInput(path_.string(),
                fmt::format("can't be read: {}", std::strerror(errno)));
    }
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  if (hashed_) hash_.Add(std::as_bytes(room.first(filled)));
  bytes_read_ += static_cast<int64_t>(filled);
  return filled;
}

std::string FileStream::Hex() {
  std::vector<char> rest(std::size_t{1} << 18);
  while (Read(rest) > 0) {
  }
  return hash_.Hex();
}

std::size_t MemoryStream::Read(std::span<char> room) {
  const std::size_t count = std::min(room.size(), bytes_.size());
  if (count > 0) std::memcpy(room.data(), bytes_.data(), count);
  bytes_ = bytes_.subspan(count);
  return count;
}

}  // namespace edge_int8
