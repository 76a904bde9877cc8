// Serial float matrix products for the trainer's parallel loops. Debian's
// LibTorch multiplies with the reference BLAS (a few GFLOP/s); its oneDNN runs
// at the core's peak even for the small products of grouped convolutions, so
// that is called directly. A LibTorch with MKL uses its own. Tested by
// torch_graph_test.cc.
#ifndef EDGE_INT8_TRAIN_KERNELS_GEMM_H_
#define EDGE_INT8_TRAIN_KERNELS_GEMM_H_

#include <cstdint>

namespace edge_int8::train {

struct Matrix {
  const float* data;
  int64_t stride;           // between stored rows
  bool transposed = false;  // the product sees stored columns as rows
};

// c[m][n] = a[m][k] * b[k][n], row-major, on the calling thread alone.
void MatMul(int64_t m, int64_t n, int64_t k, const Matrix& a, const Matrix& b,
            float* c, int64_t c_stride);

}  // namespace edge_int8::train

#endif  // EDGE_INT8_TRAIN_KERNELS_GEMM_H_
