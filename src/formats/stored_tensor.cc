#include "src/formats/stored_tensor.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "src/base/error.h"
#include "src/formats/byte_reader.h"

namespace edge_int8 {
namespace {

constexpr uint64_t kFreeBytes = uint64_t{64} << 20;
constexpr uint64_t kBytesPerFileByte = 8;

}  // namespace

TensorBudget::TensorBudget(std::string where, std::size_t file_bytes)
    : where_(std::move(where)),
      file_bytes_(file_bytes),
      left_(kFreeBytes + kBytesPerFileByte * file_bytes) {}

void TensorBudget::Spend(uint64_t bytes, const std::string& tensor) {
  if (bytes > left_) {
    FailInput(where_, fmt::format("tensor '{}' asks for more memory than a "
                                  "file of {} bytes justifies",
                                  tensor, file_bytes_));
  }
  left_ -= bytes;
}

void CheckBounds(const std::string& where, const StoredTensor& tensor) {
  const std::optional<int64_t> count = CheckedElementCount(tensor.shape);
  bool inside = count && tensor.strides.size() == tensor.shape.size() &&
                tensor.offset >= 0 && tensor.storage_size >= 0;
  // Room left between the furthest element and the storage's end.
  int64_t room = inside ? tensor.storage_size - tensor.offset : 0;
  inside = inside && room >= (*count > 0 ? 1 : 0);
  for (std::size_t axis = 0; inside && axis < tensor.shape.size(); ++axis) {
    const int64_t steps = std::max<int64_t>(tensor.shape[axis] - 1, 0);
    const int64_t stride = tensor.strides[axis];
    if (*count == 0) {
      inside = stride >= 0;
      continue;
    }
    inside = stride >= 0 && (stride == 0 || steps <= (room - 1) / stride);
    if (inside) room -= steps * stride;
  }
  if (inside) return;
  FailInput(where,
            fmt::format("tensor '{}' of sizes ({}), strides ({}) and offset {} "
                        "leaves its storage of {} elements",
                        tensor.name, fmt::join(tensor.shape, ", "),
                        fmt::join(tensor.strides, ", "), tensor.offset,
                        tensor.storage_size));
}

Tensor ReadStoredTensor(const StoredTensor& stored,
                        std::span<const std::byte> bytes,
                        TensorBudget& budget) {
  CheckBounds(budget.where(), stored);
  const int64_t item = StorageItemSize(stored.type);
  const auto found = static_cast<int64_t>(bytes.size());
  // Two tensors may name one storage with different types or sizes.
  if (found % item != 0 || found / item != stored.storage_size) {
    FailInput(budget.where(),
              fmt::format("storage '{}' has {} bytes, expected {} elements of "
                          "{} bytes",
                          stored.storage, found, stored.storage_size, item));
  }
  budget.Spend(
      static_cast<uint64_t>(*CheckedElementCount(stored.shape)) * sizeof(float),
      stored.name);
  Tensor tensor(stored.shape);
  Shape index(stored.shape.size(), 0);
  Shape strides = stored.strides;
  for (std::size_t axis = 0; axis < index.size(); ++axis) {
    // Along an axis of one element any stride is allowed and none is used.
    if (stored.shape[axis] == 1) strides[axis] = 0;
  }
  int64_t element = stored.offset;
  for (float& value : tensor.data) {
    value = StorageElement(stored.type, bytes, element);
    // Counts `index` up like an odometer, last axis fastest.
    for (std::size_t axis = index.size(); axis-- > 0;) {
      element += strides[axis];
      if (++index[axis] < stored.shape[axis]) break;
      element -= strides[axis] * stored.shape[axis];
      index[axis] = 0;
    }
  }
  return tensor;
}

}  // namespace edge_int8
