// What fuzz targets of checkpoint formats expect of an opened file.
#ifndef EDGE_INT8_TESTS_FUZZ_EXPECT_TENSORS_H_
#define EDGE_INT8_TESTS_FUZZ_EXPECT_TENSORS_H_

#include <cstddef>

#include "src/formats/stored_tensor.h"
#include "tests/fuzz/refusal.h"

namespace edge_int8 {

// Reads every readable tensor of a file of `bytes` bytes: each is as large as
// its shape.
template <class File>
void ExpectWholeTensors(File& file, std::size_t bytes) {
  TensorBudget budget("x", bytes);
  for (const StoredTensor& tensor : file.found().tensors) {
    if (!tensor.unreadable.empty()) continue;
    const Tensor read =
        ReadStoredTensor(tensor, file.Storage(tensor, budget), budget);
    Expect(ElementCount(read.shape) == read.size());
  }
}

}  // namespace edge_int8

#endif  // EDGE_INT8_TESTS_FUZZ_EXPECT_TENSORS_H_
