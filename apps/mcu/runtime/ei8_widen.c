// The output as the caller gets it: int32, whatever its stored type.
#include "ei8_operators.h"

void ei8_widen(const ei8_order* order, const ei8_tensor* from,
               const ei8_memory* memory, int32_t* to) {
  const void* source = ei8_at(from, memory);
  for (int32_t i = 0; i < order->extent[0]; ++i) {
    for (int32_t j = 0; j < order->extent[1]; ++j) {
      for (int32_t k = 0; k < order->extent[2]; ++k) {
        *to++ = ei8_load(
            source, from->type,
            i * order->step[0] + j * order->step[1] + k * order->step[2]);
      }
    }
  }
}
