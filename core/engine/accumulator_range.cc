#include "core/engine/accumulator_range.h"

#include <algorithm>
#include <cstdlib>

namespace edge_int8::core {

std::vector<int64_t> LargestAccumulators(const ConvOp& op,
                                         const TensorLayout& in) {
  const bool words = in.type == Type::kS16;
  const int64_t least = (words ? -32768 : 0) - int64_t{in.zero};
  const int64_t most = (words ? 32767 : 255) - int64_t{in.zero};
  const std::size_t row = op.weights.size() / op.bias.size();
  std::vector<int64_t> largest;
  for (std::size_t o = 0; o < op.bias.size(); ++o) {
    int64_t low = op.bias[o], high = op.bias[o];
    for (std::size_t i = o * row; i < (o + 1) * row; ++i) {
      const int64_t first = op.weights[i] * least;
      const int64_t last = op.weights[i] * most;
      // A tap outside the image adds nothing.
      low += std::min({first, last, int64_t{0}});
      high += std::max({first, last, int64_t{0}});
    }
    largest.push_back(std::max(std::abs(low), std::abs(high)));
  }
  return largest;
}

std::vector<int64_t> LargestAccumulators(const AttentionOp& op,
                                         int32_t length) {
  // Each is rounded: together at most half a unit a key above one.
  const int64_t probabilities = 32767 + length;
  std::vector<int64_t> largest;
  for (const int32_t bias : op.bias) {
    largest.push_back(std::abs(int64_t{bias}) + 128 * probabilities);
  }
  return largest;
}

int64_t LargestCentered(const TensorLayout& layout) {
  if (layout.type == Type::kS16) return int64_t{1} << 15;
  return std::max(layout.zero, 255 - layout.zero);
}

}  // namespace edge_int8::core
