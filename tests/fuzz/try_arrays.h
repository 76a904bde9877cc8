// What fuzz targets of array files do with the bytes of one.
#ifndef EDGE_INT8_TESTS_FUZZ_TRY_ARRAYS_H_
#define EDGE_INT8_TESTS_FUZZ_TRY_ARRAYS_H_

#include <filesystem>
#include <string_view>

#include "src/capture/array_file.h"
#include "tests/fuzz/refusal.h"
#include "tests/fuzz/scratch_folder.h"

namespace edge_int8 {

// Whatever the bytes, the library that reads them may die, and the program
// refuses the file or lists its arrays and extracts each.
inline void TryArrays(std::string_view bytes) {
  static const ScratchFolder folder;
  const std::filesystem::path file = folder.Write("x", bytes);
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
}

}  // namespace edge_int8

#endif  // EDGE_INT8_TESTS_FUZZ_TRY_ARRAYS_H_
