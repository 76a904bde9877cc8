// What the reader of one checkpoint format gives: the tensors that it found,
// and the bytes of their storages. Tested with each format.
#ifndef EDGE_INT8_SRC_FORMATS_TENSOR_FILE_H_
#define EDGE_INT8_SRC_FORMATS_TENSOR_FILE_H_

#include <cstddef>
#include <span>
#include <string>

#include "src/formats/pickled_tensors.h"
#include "src/formats/stored_tensor.h"

namespace edge_int8 {

class TensorFile {
 public:
  virtual ~TensorFile() = default;

  const FoundTensors& found() const { return found_; }
  // What the user should know of a file that is read all the same; or empty.
  const std::string& warning() const { return warning_; }
  // All of the storage of `tensor`, which is one of found().tensors and can be
  // read. Throws kBadInput.
  virtual std::span<const std::byte> Storage(const StoredTensor& tensor,
                                             TensorBudget& budget) = 0;

 protected:
  FoundTensors found_;
  std::string warning_;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_FORMATS_TENSOR_FILE_H_
