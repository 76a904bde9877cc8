// Sizes as all reports give them: MiB of 1,048,576 bytes, of files on disk.
#ifndef EDGE_INT8_SRC_BASE_FILE_SIZE_H_
#define EDGE_INT8_SRC_BASE_FILE_SIZE_H_

#include <filesystem>

namespace edge_int8 {

template <class Bytes>
constexpr double Mib(Bytes bytes) {
  return static_cast<double>(bytes) / 1048576.0;
}

inline double FileMib(const std::filesystem::path& path) {
  return Mib(std::filesystem::file_size(path));
}

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_BASE_FILE_SIZE_H_
