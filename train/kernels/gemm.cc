#include "train/kernels/gemm.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include "src/base/error.h"

#ifdef EDGE_INT8_TRAIN_ONEDNN
#include <dnnl.h>
#endif

namespace edge_int8::train {
namespace {

at::Tensor View(const Matrix& x, int64_t rows, int64_t columns) {
  // from_blob takes a mutable pointer; the product only reads.
  float* data = const_cast<float*>(x.data);
  return x.transposed ? at::from_blob(data, {rows, columns}, {1, x.stride})
                      : at::from_blob(data, {rows, columns}, {x.stride, 1});
}

void TorchMatMul(int64_t m, int64_t n, int64_t k, const Matrix& a,
                 const Matrix& b, float* c, int64_t c_stride) {
  at::NoGradGuard no_grad;
  at::Tensor out = at::from_blob(c, {m, n}, {c_stride, 1});
  out.copy_(at::mm(View(a, m, k), View(b, k, n)));
}

}  // namespace

void MatMul(int64_t m, int64_t n, int64_t k, const Matrix& a, const Matrix& b,
            float* c, int64_t c_stride) {
  // Gives this thread LibTorch's thread count, one, which oneDNN reads too.
  at::internal::lazy_init_num_threads();
#ifdef EDGE_INT8_TRAIN_ONEDNN
  static const bool torch_has_mkl = at::hasMKL();
  if (!torch_has_mkl) {
    const dnnl_status_t status =
        dnnl_sgemm(a.transposed ? 'T' : 'N', b.transposed ? 'T' : 'N', m, n, k,
                   1.0f, a.data, a.stride, b.data, b.stride, 0.0f, c, c_stride);
    Check(status == dnnl_success, "oneDNN refused a matrix product");
    return;
  }
#endif
  TorchMatMul(m, n, k, a, b, c, c_stride);
}

}  // namespace edge_int8::train
