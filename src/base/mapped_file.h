// A file mapped read-only into memory: a 15.5 GB window file costs address
// space and page cache, not private memory. Tested by mapped_file_test.cc and,
// under the programs, by lost_file_test.cc.
//
// A file that somebody shortens while it is read, or whose disk fails, has no
// bytes to give: the kernel sends SIGBUS from wherever they are looked at. No
// reader can check for that, so the program ends there as if it had: exit 3
// with the file's name (EndOnLostMappings).
#ifndef EDGE_INT8_SRC_BASE_MAPPED_FILE_H_
#define EDGE_INT8_SRC_BASE_MAPPED_FILE_H_

#include <cstddef>
#include <filesystem>
#include <span>
#include <utility>

#include "src/base/published_paths.h"

namespace edge_int8 {

class MappedFile {
 public:
  // Throws kBadInput when the path is not a readable regular file. "-" is
  // standard input, whatever it comes from: a pipe is read to its end the first
  // time and kept, so that it can be mapped again.
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept
      : path_(std::move(other.path_)),
        bytes_(std::exchange(other.bytes_, {})),
        published_(std::exchange(other.published_, nullptr)) {}
  MappedFile& operator=(MappedFile&&) = delete;

  std::span<const std::byte> bytes() const { return bytes_; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  std::span<const std::byte> bytes_;
  PublishedPaths::Entry* published_ = nullptr;
};

// From here on a SIGBUS inside a mapped file ends the program with a message
// and exit code 3, without destructors: temporary outputs are removed, folders
// half built are by the next run. Any other SIGBUS is what it was. main() calls
// it once.
void EndOnLostMappings();

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_BASE_MAPPED_FILE_H_
