// Whatever the bytes, the library that reads them may die, and the program
// refuses the file or lists its arrays and extracts each.
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>

#include "src/capture/array_file.h"
#include "tests/fuzz/refusal.h"

namespace edge_int8 {
namespace {

void Try(const uint8_t* data, std::size_t size) {
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() /
      ("fuzz_hdf5_" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  const std::filesystem::path file = folder / "x";
  std::ofstream(file, std::ios::binary)
      .write(reinterpret_cast<const char*>(data),
             static_cast<std::streamsize>(size));
  ReadOrRefuse([&] {
    int left = 3;  // a process each
    for (const ArrayInfo& array : ListArrays(file)) {
      Expect(!array.shape.empty() && ElementCount(array.shape) > 0);
      if (left-- == 0) break;
      std::filesystem::remove(folder / "y");
      ReadOrRefuse([&] {
        ExtractArray(file, array.name, WindowAxis::kLast, folder / "y");
      });
    }
  });
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace edge_int8

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  edge_int8::Try(data, size);
  return 0;
}
