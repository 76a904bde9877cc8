// Landing's elementwise loops over a piece of one channel's row, forward in
// exact integers and backward straight through. No LibTorch here. Tested by
// integer_simulation_test.cc and qat_gradient_test.cc.
#ifndef EDGE_INT8_TRAIN_KERNELS_LANDING_KERNELS_H_
#define EDGE_INT8_TRAIN_KERNELS_LANDING_KERNELS_H_

#include <cstdint>

#include "core/arith/fixed_point.h"
#include "core/arith/softmax.h"

namespace edge_int8::train {

// One channel of a Landing.
struct LandingRow {
  core::Multiplier scale;
  int32_t bias = 0;
  float ratio = 1;
  int32_t zero = 0, low = 0, high = 255;
  const float* table = nullptr;  // null: the code is stored as it is
  const float* slope = nullptr;
  const float* out_error = nullptr;
  const float* out_clipped = nullptr;
};

// acc holds integers whose sum with the bias fits int32.
void LandRow(const float* acc, const LandingRow& row, int64_t n, float* out);
void LandRow(const double* acc, const LandingRow& row, int64_t n, float* out);

// Sums over the row of what landing.h says.
struct LandingSums {
  double acc = 0;  // of dacc, for the bias
  double target_error = 0, target_clipped = 0;
  double out_error = 0, out_clipped = 0;
};
LandingSums LandRowBackward(const float* acc, const float* dout,
                            const LandingRow& row, int64_t n, float* dacc);
LandingSums LandRowBackward(const double* acc, const float* dout,
                            const LandingRow& row, int64_t n, float* dacc);

// docs/arithmetic.md, "Softmax", for `rows` rows of `width` logits in
// accumulator units; p holds integers in [0, 32767].
void IntegerSoftmaxRows(const float* acc, const core::ExpTables& tables,
                        core::Multiplier logit, int64_t rows, int64_t width,
                        float* p);
// The gradient through a real softmax whose result is p / 32767; `unit` is the
// logit's real value per accumulator unit.
void IntegerSoftmaxRowsBackward(const float* p, const float* dp, float unit,
                                int64_t rows, int64_t width, float* dacc);

// codes = w rounded to scale; the gradient of w, and returns LSQ's sum for the
// scale. `limit` is the largest code.
double WeightRowBackward(const float* weights, const float* codes,
                         const float* dcodes, float scale, float limit,
                         int64_t n, float* dweights);

}  // namespace edge_int8::train

#endif  // EDGE_INT8_TRAIN_KERNELS_LANDING_KERNELS_H_
