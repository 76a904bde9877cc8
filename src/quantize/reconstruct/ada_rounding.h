// AdaRound (Nagel et al. 2020, arXiv:2004.10568) for one layer: learns for each
// weight whether it is rounded down or up. Tested by ada_rounding_test.cc
// against finite differences and against rounding to nearest.
//
//   q = floor(w / s) + h(v),  h(v) = clamp(1.2 sigmoid(v) - 0.1, 0, 1)
//   loss = (w - s q)^T H (w - s q) / s^2 + strength * sum of 1 - |2 h - 1|^beta
//
// H holds all that the layer's output error depends on, so the gradient is a
// product with H and no data is run again: 2 H (s q - w) / s * h'(v), and Adam
// follows it. beta falls from 20 to 2, so that h ends at 0 or 1.
#ifndef EDGE_INT8_SRC_QUANTIZE_RECONSTRUCT_ADA_ROUNDING_H_
#define EDGE_INT8_SRC_QUANTIZE_RECONSTRUCT_ADA_ROUNDING_H_

#include <Eigen/Core>
#include <cstdint>
#include <span>

namespace edge_int8 {

struct AdaOptions {
  int steps = 300;
  double rate = 0.03;      // Adam's, for v
  double strength = 0.02;  // of the pull to 0 or 1, H's mean diagonal being 1
};

// weights: one output channel a row; scales: one per row; h: symmetric. Returns
// codes in [-limit, limit], each floor(w / s) or one more, cut.
Eigen::MatrixXd AdaRound(const Eigen::MatrixXd& weights,
                         const Eigen::MatrixXd& h,
                         std::span<const double> scales, int32_t limit,
                         const AdaOptions& options = {});

// Loss and gradient in v at one point, for one row in units of its scale.
struct AdaLoss {
  double loss = 0;
  Eigen::VectorXd gradient;
};
AdaLoss AdaLossAt(const Eigen::VectorXd& weights, const Eigen::MatrixXd& h,
                  const Eigen::VectorXd& v, double strength, double beta);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_QUANTIZE_RECONSTRUCT_ADA_ROUNDING_H_
