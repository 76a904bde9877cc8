#include <numeric>

#include "core/container/packed_weights.h"
#include "src/export/c/c_tables.h"

namespace edge_int8 {
namespace {

void AppendRow(const std::vector<int8_t>& row, CWeights& packed) {
  const std::size_t before = packed.bytes.size();
  if (packed.bits == 8) {
    packed.bytes.insert(packed.bytes.end(), row.begin(), row.end());
  } else {
    const std::vector<uint8_t> stream = core::PackWeights(row, packed.bits);
    packed.bytes.insert(packed.bytes.end(), stream.begin(), stream.end());
  }
  packed.row_values = static_cast<int64_t>(row.size());
  packed.row_bytes = static_cast<int64_t>(packed.bytes.size() - before);
}

}  // namespace

CWeights PackCWeights(const core::IntegerGraph& graph, const core::ConvOp& op) {
  const core::ConvGeometry& g = op.geometry;
  const core::TensorSpec& in =
      graph.tensors[static_cast<std::size_t>(op.input)];
  const auto channels = static_cast<std::size_t>(in.channels / g.groups);
  const auto taps = static_cast<std::size_t>(g.kernel_h * g.kernel_w);
  CWeights packed;
  packed.bits = op.weight_bits;
  if (IsDepthwise(graph, op)) {
    for (std::size_t tap = 0; tap < taps; ++tap) {
      std::vector<int8_t> row;
      for (std::size_t o = 0; o < op.bias.size(); ++o) {
        row.push_back(op.weights[o * taps + tap]);
      }
      AppendRow(row, packed);
    }
    return packed;
  }
  for (std::size_t o = 0; o < op.bias.size(); ++o) {
    std::vector<int8_t> row;
    for (std::size_t tap = 0; tap < taps; ++tap) {
      for (std::size_t c = 0; c < channels; ++c) {
        row.push_back(op.weights[(o * channels + c) * taps + tap]);
      }
    }
    AppendRow(row, packed);
  }
  return packed;
}

std::vector<int64_t> PackWordWeights(const core::IntegerGraph& graph,
                                     const core::ConvOp& op) {
  // Rows as the plain kernel has them, one weight a byte.
  core::ConvOp bytes = op;
  bytes.weight_bits = 8;
  const CWeights rows = PackCWeights(graph, bytes);
  const auto each = std::size_t{op.weight_bits == 8 ? 4u : 8u};
  const auto tap = static_cast<std::size_t>(4 * TargetTapGroups(graph, op));
  const auto length = static_cast<std::size_t>(rows.row_values);
  const auto taps =
      static_cast<std::size_t>(op.geometry.kernel_h * op.geometry.kernel_w);
  const auto words = static_cast<std::size_t>(TargetRowWords(graph, op));
  std::vector<int64_t> packed;
  for (std::size_t row = 0; row < op.bias.size(); ++row) {
    std::vector<uint32_t> values(words * each);
    for (std::size_t i = 0; i < length; ++i) {
      const std::size_t channels = length / taps;
      const std::size_t to = tap > 0 ? i / channels * tap + i % channels : i;
      values[to] = static_cast<uint32_t>(rows.bytes[row * length + i]);
    }
    for (std::size_t first = 0; first < values.size(); first += each) {
      uint32_t word = 0;
      for (std::size_t i = 0; i < each; ++i) {
        word |= each == 4 ? (values[first + i] & 255) << (8 * i)
                          : (values[first + i] & 15)
                                << (8 * (i % 4) + (i < 4 ? 4 : 0));
      }
      packed.push_back(word);
    }
  }
  return packed;
}

CWeights PackCRows(const std::vector<int8_t>& weights, std::size_t rows,
                   int weight_bits) {
  const std::size_t each = weights.size() / rows;
  CWeights packed;
  packed.bits = weight_bits;
  for (std::size_t row = 0; row < rows; ++row) {
    const auto first =
        weights.begin() + static_cast<std::ptrdiff_t>(row * each);
    AppendRow({first, first + static_cast<std::ptrdiff_t>(each)}, packed);
  }
  return packed;
}

std::vector<int64_t> FoldedBias(const core::IntegerGraph& graph,
                                const core::ConvOp& op, int32_t moved) {
  const int64_t zero =
      graph.tensors[static_cast<std::size_t>(op.input)].zero_point - moved;
  const auto each =
      static_cast<std::ptrdiff_t>(op.weights.size() / op.bias.size());
  std::vector<int64_t> folded;
  for (std::size_t o = 0; o < op.bias.size(); ++o) {
    const auto first =
        op.weights.begin() + static_cast<std::ptrdiff_t>(o) * each;
    const int64_t sum = std::accumulate(first, first + each, int64_t{0});
    folded.push_back(
        static_cast<int32_t>(static_cast<uint32_t>(op.bias[o] - zero * sum)));
  }
  return folded;
}

}  // namespace edge_int8
