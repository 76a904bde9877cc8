// The memory of PyTorch tensors, as typed bytes that become floats. Used by
// state_dict.cc. Tested by torch_storage_test.cc.
#ifndef EDGE_INT8_SRC_FORMATS_TORCH_STORAGE_H_
#define EDGE_INT8_SRC_FORMATS_TORCH_STORAGE_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "src/formats/pickle_names.h"

namespace edge_int8 {

int64_t StorageItemSize(StorageType type);  // bytes
bool IsIntegerStorage(StorageType type);

// IEEE 754 binary16; exact, also for subnormals, infinities and NaN.
float HalfToFloat(uint16_t half);
// The nearest one, ties to even; infinity from 65,520 on.
uint16_t FloatToHalf(float value);

// Element `index` of a storage; the caller has checked that it is inside.
float StorageElement(StorageType type, std::span<const std::byte> bytes,
                     int64_t index);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_FORMATS_TORCH_STORAGE_H_
