// A tensor of a checkpoint as the file describes it, before its values are
// read: a strided view of one storage. Tested by state_dict_test.cc.
//
// Whatever a file says of sizes, strides and offsets is checked here once, and
// all that is read of one file shares one budget of memory: views may share or
// repeat a storage, so a small file could otherwise ask for any amount.
#ifndef EDGE_INT8_SRC_FORMATS_STORED_TENSOR_H_
#define EDGE_INT8_SRC_FORMATS_STORED_TENSOR_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "src/base/tensor.h"
#include "src/formats/torch_storage.h"

namespace edge_int8 {

struct StoredTensor {
  // Where it lies: the keys of the dicts around it, with dots between them, and
  // its own. "state_dict" and "model.conv.weight".
  std::string dict;
  std::string name;
  StorageType type = StorageType::kFloat32;
  std::string storage;       // key
  int64_t storage_size = 0;  // elements, as the file says
  int64_t offset = 0;        // elements
  Shape shape;
  Shape strides;  // elements
  // What it is instead of a tensor of numbers ("torch.QInt8Storage"); then the
  // rest of this is empty, but for the names.
  std::string unreadable;

  std::string FullName() const {
    return dict.empty() ? name : dict + "." + name;
  }
};

// What may still be allocated for one file's tensors.
class TensorBudget {
 public:
  TensorBudget(std::string where, std::size_t file_bytes);
  // Throws kBadInput when the file's size does not justify these bytes.
  void Spend(uint64_t bytes, const std::string& tensor);
  const std::string& where() const { return where_; }

 private:
  std::string where_;
  std::size_t file_bytes_;
  uint64_t left_;
};

// Throws kBadInput unless every element that the strides reach is inside the
// storage.
void CheckBounds(const std::string& where, const StoredTensor& tensor);
// The values, as floats; `bytes` is the whole storage. Checks bounds and size.
Tensor ReadStoredTensor(const StoredTensor& tensor,
                        std::span<const std::byte> bytes, TensorBudget& budget);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_FORMATS_STORED_TENSOR_H_
