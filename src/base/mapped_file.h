// A file mapped read-only into memory: a 15.5 GB window file costs address
// space and page cache, not private memory. Tested by mapped_file_test.cc.
#ifndef EDGE_INT8_SRC_BASE_MAPPED_FILE_H_
#define EDGE_INT8_SRC_BASE_MAPPED_FILE_H_

#include <cstddef>
#include <filesystem>
#include <span>
#include <utility>

namespace edge_int8 {

class MappedFile {
 public:
  // Throws kBadInput when the path is not a readable regular file.
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept
      : path_(std::move(other.path_)),
        bytes_(std::exchange(other.bytes_, {})) {}
  MappedFile& operator=(MappedFile&&) = delete;

  std::span<const std::byte> bytes() const { return bytes_; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  std::span<const std::byte> bytes_;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_BASE_MAPPED_FILE_H_
