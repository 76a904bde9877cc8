// Moves values to another order of axes: transposes, and both ends of a run,
// where callers hold [channels][height][width].
#include "ei8_runtime.h"

void ei8_reorder(const ei8_order* order, const void* from, void* to) {
  const uint8_t* source = (const uint8_t*)from;
  uint8_t* target = (uint8_t*)to;
  for (int32_t i = 0; i < order->extent[0]; ++i) {
    for (int32_t j = 0; j < order->extent[1]; ++j) {
      for (int32_t k = 0; k < order->extent[2]; ++k) {
        const int32_t n =
            i * order->step[0] + j * order->step[1] + k * order->step[2];
        for (int32_t b = 0; b < order->bytes; ++b) {
          *target++ = source[n * order->bytes + b];
        }
      }
    }
  }
}

void ei8_run_transpose(const void* op, const ei8_memory* memory) {
  const ei8_transpose* t = (const ei8_transpose*)op;
  ei8_reorder(&t->order, ei8_at(t->in, memory), ei8_at(t->out, memory));
}
