// Which bytes of its input a product of bytes reads. Internal linkage and
// nothing of the standard library, so that no copy compiled for one instruction
// set is linked into another. Tested by kernels_test.cc.
#ifndef EDGE_INT8_CORE_KERNELS_GEMM_INPUT_H_
#define EDGE_INT8_CORE_KERNELS_GEMM_INPUT_H_

#include "core/kernels/kernel_table.h"

namespace edge_int8::core {
namespace {

struct LeastAndMost {
  int32_t least, most;

  LeastAndMost(const int32_t* values, int count)
      : least(values[0]), most(least) {
    for (int i = 1; i < count; ++i) {
      least = values[i] < least ? values[i] : least;
      most = values[i] > most ? values[i] : most;
    }
  }
};

// Bytes [first, first + size) of a.x; there is a position and a step.
struct GemmInput {
  int64_t first, size;

  explicit GemmInput(const GemmArgs& a) {
    const LeastAndMost positions(a.position, a.positions);
    const LeastAndMost steps(a.step, a.steps);
    first = int64_t{positions.least} + steps.least;
    size = int64_t{positions.most} + steps.most + kStepBytes - first;
  }
};

}  // namespace
}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_KERNELS_GEMM_INPUT_H_
