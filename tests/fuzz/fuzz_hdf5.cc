// HDF5 files (try_arrays.h); the corpus is what makes it another target.
#include <cstdint>

#include "tests/fuzz/try_arrays.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  edge_int8::TryArrays({reinterpret_cast<const char*>(data), size});
  return 0;
}
