// A folder in memory for fuzz targets whose readers want paths; one for the
// life of the process, which is removed at its end.
#ifndef EDGE_INT8_TESTS_FUZZ_SCRATCH_FOLDER_H_
#define EDGE_INT8_TESTS_FUZZ_SCRATCH_FOLDER_H_

#include <stdlib.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace edge_int8 {

class ScratchFolder {
 public:
  ScratchFolder() {
    const bool memory = std::filesystem::is_directory("/dev/shm");
    std::string name =
        (memory ? "/dev/shm"
                : std::filesystem::temp_directory_path().string()) +
        "/edge_int8_fuzz_XXXXXX";
    if (mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  std::filesystem::path operator/(std::string_view name) const {
    return path_ / name;
  }
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path Write(std::string_view name,
                              std::string_view bytes) const {
    std::ofstream(path_ / name, std::ios::binary | std::ios::trunc) << bytes;
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_TESTS_FUZZ_SCRATCH_FOLDER_H_
