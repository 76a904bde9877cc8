// Rounds the weights of a layer so that its output, not each weight, changes
// least. Tested by optimal_rounding_test.cc against rounding to nearest and
// against every combination of codes.
//
// For one output channel with weights w, inputs x and H = sum of x x^T, the
// squared error of the output is (w - s q)^T H (w - s q). GPTQ (Frantar et al.
// 2022, arXiv:2210.17323) rounds one weight after the other and lets those that
// are still free make up for each error; coordinate descent then changes single
// codes while that lowers the error. The scale is tried at several fractions
// of the given one, each rounded anew.
#ifndef EDGE_INT8_SRC_QUANTIZE_RECONSTRUCT_OPTIMAL_ROUNDING_H_
#define EDGE_INT8_SRC_QUANTIZE_RECONSTRUCT_OPTIMAL_ROUNDING_H_

#include <Eigen/Core>
#include <cstdint>
#include <span>
#include <vector>

namespace edge_int8 {

// Several output channels see the same inputs: what depends on H alone is
// worked out once.
class OptimalRounding {
 public:
  // H is symmetric and positive definite: damped (see DampInputs). Where it is
  // not, each weight begins at its nearest code, and usable() says so.
  explicit OptimalRounding(const Eigen::MatrixXd& h);
  bool usable() const { return usable_; }

  struct Rounded {
    double scale = 1;
    std::vector<int8_t> codes;
    double error = 0;  // (w - s q)^T H (w - s q)
  };
  // Codes in [-limit, limit]. Never worse than rounding to nearest at `scale`.
  Rounded Round(std::span<const double> weights, double scale,
                int32_t limit) const;
  // With the scale as it is.
  Rounded RoundAtScale(std::span<const double> weights, double scale,
                       int32_t limit) const;

  double Error(std::span<const double> weights, double scale,
               std::span<const int8_t> codes) const;

 private:
  using RowMajor =
      Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  std::vector<int8_t> Sequential(const Eigen::VectorXd& weights, double scale,
                                 int32_t limit) const;
  // Improves the codes and returns with their error.
  Rounded Descend(const Eigen::VectorXd& weights, double scale, int32_t limit,
                  std::vector<int8_t> codes) const;

  RowMajor h_;
  RowMajor factor_;  // upper U with H^-1 = U^T U, in the order of order_
  std::vector<Eigen::Index> order_;  // inputs by falling energy
  bool usable_ = true;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_QUANTIZE_RECONSTRUCT_OPTIMAL_ROUNDING_H_
