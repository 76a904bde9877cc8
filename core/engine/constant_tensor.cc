#include "core/engine/constant_tensor.h"

#include <cstring>

#include "core/kernels/kernel_table.h"

namespace edge_int8::core {

AlignedBuffer PlaceConstant(const ConstantOp& op, const TensorLayout& layout) {
  AlignedBuffer buffer(static_cast<std::size_t>(layout.bytes()) + kSlack);
  const int32_t stored = layout.type == Type::kS8 ? 128 : 0;
  const auto size = static_cast<std::size_t>(TypeBytes(layout.type));
  const int16_t* value = op.values.data();
  for (int32_t c = 0; c < layout.channels; ++c) {
    for (int32_t h = 0; h < layout.height; ++h) {
      for (int32_t w = 0; w < layout.width; ++w) {
        // Of every type the low bytes come first (little-endian).
        const int32_t as_stored = *value++ + stored;
        std::memcpy(
            buffer.data() + layout.At(h, w) + c * static_cast<int32_t>(size),
            &as_stored, size);
      }
    }
  }
  FillMargins(layout, buffer.data());
  return buffer;
}

}  // namespace edge_int8::core
