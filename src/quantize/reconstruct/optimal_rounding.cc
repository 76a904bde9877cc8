#include "src/quantize/reconstruct/optimal_rounding.h"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <numeric>

#include "src/base/error.h"
#include "src/qgraph/multiplier.h"

namespace edge_int8 {
namespace {

constexpr int kMaxPasses = 20;  // of coordinate descent; 3 to 6 are usual

// Fractions of the given scale that are tried beside it. With few codes the
// best scale moves far once rounding is no longer to nearest.
std::vector<double> ScaleFractions(int32_t limit) {
  if (limit > 63) return {0.98, 0.96, 0.94, 0.92, 0.9, 0.86, 0.82};
  return {1.15, 1.1, 1.05, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7};
}

Eigen::VectorXd ToVector(std::span<const double> weights) {
  return Eigen::Map<const Eigen::VectorXd>(
      weights.data(), static_cast<Eigen::Index>(weights.size()));
}

int8_t Nearest(double weight, double scale, int32_t limit) {
  return static_cast<int8_t>(RoundToInt(weight / scale, -limit, limit));
}

std::vector<int8_t> NearestCodes(const Eigen::VectorXd& weights, double scale,
                                 int32_t limit) {
  std::vector<int8_t> codes;
  for (const double w : weights) codes.push_back(Nearest(w, scale, limit));
  return codes;
}

}  // namespace

// With the rows and columns reversed, H = L L^T; reversed back L is an upper
// matrix R with H = R R^T, so U = R^-1 has U^T U = H^-1. This needs no explicit
// inverse of H, which loses digits where H is nearly singular.
OptimalRounding::OptimalRounding(const Eigen::MatrixXd& h)
    : h_(h), order_(static_cast<std::size_t>(h.rows())) {
  std::iota(order_.begin(), order_.end(), Eigen::Index{0});
  std::ranges::stable_sort(order_, [&](Eigen::Index a, Eigen::Index b) {
    return h(a, a) > h(b, b);
  });
  std::vector<Eigen::Index> backwards(order_.rbegin(), order_.rend());
  const Eigen::MatrixXd reversed = h(backwards, backwards);
  const Eigen::LLT<Eigen::MatrixXd> llt(reversed);
  if (llt.info() == Eigen::Success) {
    const Eigen::MatrixXd lower = llt.matrixL();
    const Eigen::MatrixXd upper = lower.reverse();
    factor_ = upper.triangularView<Eigen::Upper>().solve(
        Eigen::MatrixXd::Identity(h.rows(), h.cols()));
  }
  usable_ = llt.info() == Eigen::Success && factor_.allFinite() &&
            (factor_.diagonal().array() > 0).all();
  // With this one no weight makes up for another.
  if (!usable_) factor_ = RowMajor::Identity(h.rows(), h.cols());
}

std::vector<int8_t> OptimalRounding::Sequential(const Eigen::VectorXd& weights,
                                                double scale,
                                                int32_t limit) const {
  const Eigen::Index n = weights.size();
  Eigen::VectorXd left = weights(order_);
  std::vector<int8_t> codes(order_.size());
  for (Eigen::Index j = 0; j < n; ++j) {
    const int8_t code = Nearest(left[j], scale, limit);
    codes[static_cast<std::size_t>(order_[static_cast<std::size_t>(j)])] = code;
    const double error = (left[j] - code * scale) / factor_(j, j);
    left.tail(n - j) -= error * factor_.row(j).tail(n - j).transpose();
  }
  return codes;
}

// The error is a parabola in each single code with its least value where
// H_jj (w_j - s q_j) + the pull of the others is 0. In the order of their
// energy, so that it does not matter how channels are numbered.
OptimalRounding::Rounded OptimalRounding::Descend(
    const Eigen::VectorXd& weights, double scale, int32_t limit,
    std::vector<int8_t> codes) const {
  const Eigen::Index n = weights.size();
  Eigen::VectorXd off = weights;
  for (Eigen::Index j = 0; j < n; ++j) {
    off[j] -= scale * codes[static_cast<std::size_t>(j)];
  }
  Eigen::VectorXd pull = h_ * off;
  bool changed = true;
  for (int pass = 0; pass < kMaxPasses && changed; ++pass) {
    changed = false;
    for (const Eigen::Index j : order_) {
      int8_t& code = codes[static_cast<std::size_t>(j)];
      if (!(h_(j, j) > 0)) continue;  // An input that moves nothing.
      const double best = code + pull[j] / (h_(j, j) * scale);
      const int32_t next = RoundToInt(best, -limit, limit);
      // A tie must not swing back and forth.
      if (next == code || std::abs(best - next) >= std::abs(best - code)) {
        continue;
      }
      const double step = scale * (next - code);
      pull -= step * h_.row(j).transpose();
      off[j] -= step;
      code = static_cast<int8_t>(next);
      changed = true;
    }
  }
  return {scale, std::move(codes), off.dot(pull)};
}

double OptimalRounding::Error(std::span<const double> weights, double scale,
                              std::span<const int8_t> codes) const {
  Eigen::VectorXd off = ToVector(weights);
  for (std::size_t j = 0; j < codes.size(); ++j) {
    off[static_cast<Eigen::Index>(j)] -= scale * codes[j];
  }
  return off.dot(h_ * off);
}

OptimalRounding::Rounded OptimalRounding::RoundAtScale(
    std::span<const double> weights, double scale, int32_t limit) const {
  const Eigen::VectorXd w = ToVector(weights);
  Rounded sequential = Descend(w, scale, limit, Sequential(w, scale, limit));
  Rounded nearest = Descend(w, scale, limit, NearestCodes(w, scale, limit));
  return nearest.error < sequential.error ? nearest : sequential;
}

OptimalRounding::Rounded OptimalRounding::Round(std::span<const double> weights,
                                                double scale,
                                                int32_t limit) const {
  const Eigen::VectorXd w = ToVector(weights);
  Rounded best = RoundAtScale(weights, scale, limit);
  for (const double fraction : ScaleFractions(limit)) {
    const double tried = scale * fraction;
    Rounded next = Descend(w, tried, limit, Sequential(w, tried, limit));
    if (next.error < best.error) best = std::move(next);
  }
  return best;
}

}  // namespace edge_int8
