// The trainer's elementwise loops over one row (or a piece of one): batch norm
// with what follows it, softmax, and the masks of dropout. No LibTorch here;
// rows are independent, so results do not depend on the thread count. Tested
// by torch_graph_test.cc against LibTorch's own operators.
#ifndef EDGE_INT8_TRAIN_KERNELS_ROW_KERNELS_H_
#define EDGE_INT8_TRAIN_KERNELS_ROW_KERNELS_H_

#include <cstdint>

namespace edge_int8::train {

// Dropout keeps element i of a tensor when Keep(seed, i) is true: the masks are
// a function of the step and the place, so nothing is stored and backward makes
// them again.
struct DropoutMask {
  uint32_t seed = 0;
  uint32_t threshold = 0;  // drops when the hash is below; probability * 2^32
  float scale = 1;         // 1 / (1 - probability)
  bool active() const { return threshold != 0; }
};
// "lowbias32" of Chris Wellons' hash prospector.
constexpr uint32_t MaskHash(uint32_t seed, uint32_t index) {
  uint32_t h = index ^ seed;
  h ^= h >> 16;
  h *= 0x7feb352du;
  h ^= h >> 15;
  h *= 0x846ca68bu;
  h ^= h >> 16;
  return h;
}

// What follows a normalization in one pass.
struct PostNorm {
  bool silu = false;
  DropoutMask dropout = {};
};

struct Moments {
  double mean = 0;
  double sum_squared_deviations = 0;
};
Moments RowMoments(const float* x, int64_t n);

// y = post(x * scale + shift); `first` is the row's first element's place in
// its tensor, for the mask.
void NormRow(const float* x, float scale, float shift, const PostNorm& post,
             int64_t first, int64_t n, float* y);

// First half of backward: dz = gradient before `post`, with the sums of dz and
// of dz * xhat, xhat = (x - mean) * inverse_deviation.
struct NormConstants {
  float scale = 1, shift = 0;
  float mean = 0, inverse_deviation = 1;
};
struct GradientSums {
  double dz = 0;
  double dz_xhat = 0;
};
GradientSums NormRowBackward(const float* x, const float* dy,
                             const NormConstants& c, const PostNorm& post,
                             int64_t first, int64_t n, float* dz);
// Second half, in place: dx = scale * (dz - mean_dz - xhat * mean_dz_xhat).
void CenterRowGradient(const float* x, const NormConstants& c, float mean_dz,
                       float mean_dz_xhat, int64_t n, float* dz);

void AddRow(const float* x, int64_t n, float* sum);

// y = silu(a + b), and the gradient of a + b.
void AddSiluRow(const float* a, const float* b, int64_t n, float* y);
void AddSiluRowBackward(const float* a, const float* b, const float* dy,
                        int64_t n, float* dx);

// Softmax of `rows` rows of `width` values, and its gradient.
void SoftmaxRows(const float* x, int64_t rows, int64_t width, float* y);
void SoftmaxRowsBackward(const float* y, const float* dy, int64_t rows,
                         int64_t width, float* dx);

double RowSum(const float* x, int64_t n);

}  // namespace edge_int8::train

#endif  // EDGE_INT8_TRAIN_KERNELS_ROW_KERNELS_H_
