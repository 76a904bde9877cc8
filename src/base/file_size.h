// Sizes as all reports give them: MiB of 1,048,576 bytes, of files on disk; and
// sizes in messages, in the unit that says most. Tested by file_size_test.cc.
#ifndef EDGE_INT8_SRC_BASE_FILE_SIZE_H_
#define EDGE_INT8_SRC_BASE_FILE_SIZE_H_

#include <fmt/format.h>

#include <filesystem>
#include <string>

namespace edge_int8 {

template <class Bytes>
constexpr double Mib(Bytes bytes) {
  return static_cast<double>(bytes) / 1048576.0;
}

inline double FileMib(const std::filesystem::path& path) {
  return Mib(std::filesystem::file_size(path));
}

// "12 bytes", "1.5 kB", "3.2 GB": three digits of the largest unit that leaves
// a digit before the point; thousands, as disks are sold.
inline std::string BytesText(double bytes) {
  if (bytes < 1000) return fmt::format("{:.0f} bytes", bytes);
  const char* unit = "kB";
  double value = bytes / 1e3;
  for (const char* larger : {"MB", "GB", "TB", "PB"}) {
    if (value < 999.5) break;
    value /= 1e3;
    unit = larger;
  }
  return fmt::format("{:.{}f} {}", value,
                     value < 9.995   ? 2
                     : value < 99.95 ? 1
                                     : 0,
                     unit);
}

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_BASE_FILE_SIZE_H_
