// Matrix products, norms and recurrent layers as ONNX operators. Tested by
// onnx_operators_test.cc and tests/peers.
#ifndef EDGE_INT8_SRC_EXPORT_ONNX_ONNX_LAYERS_H_
#define EDGE_INT8_SRC_EXPORT_ONNX_ONNX_LAYERS_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "src/export/onnx/onnx_moves.h"
#include "src/export/onnx/onnx_writer.h"
#include "src/graph/ops.h"

namespace edge_int8 {

// a [K][B][M] and b [K][B or 1][N] to [N][B][M].
std::string OnnxMatMul(OnnxWriter& onnx, const std::string& a,
                       const std::string& b, const std::string& output);

// x normalized; scale and bias [C] are float constants, or empty: 1 and 0.
std::string OnnxNormalize(OnnxWriter& onnx, const Normalize& normalize,
                          const OnnxTensor& x, std::span<const float> scale,
                          std::span<const float> bias,
                          const std::string& output);

// Rows of gates in PyTorch's order, `row_size` values each, in ONNX's: a GRU's
// z, r, n; an LSTM's i, o, f, g.
template <class T>
std::vector<T> InOnnxGateOrder(RecurrentKind kind, std::span<const T> rows,
                               std::size_t row_size, std::size_t hidden) {
  std::vector<std::size_t> order = {0};
  if (kind == RecurrentKind::kGru) order = {1, 0, 2};
  if (kind == RecurrentKind::kLstm) order = {0, 3, 1, 2};
  std::vector<T> ordered;
  for (const std::size_t gate : order) {
    const auto part = rows.subspan(gate * hidden * row_size, hidden * row_size);
    ordered.insert(ordered.end(), part.begin(), part.end());
  }
  return ordered;
}

// x [F][1][T] to [hidden][1][T]. The weights are tensors [1][gates * hidden][F]
// and [.][hidden] of the export, the biases [1][2 * gates * hidden], all in
// ONNX's order of gates.
struct OnnxGates {
  std::string input_weight, recurrent_weight, biases;
};
std::string OnnxRecurrent(OnnxWriter& onnx, RecurrentKind kind, int hidden,
                          bool reverse, const std::string& x,
                          const OnnxGates& gates, const std::string& output);

// A tensor without a batch, [1][C][H][W], repeated for each window of `like`.
std::string OnnxRepeated(OnnxWriter& onnx, const std::string& x,
                         const std::string& like, const std::string& output);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_EXPORT_ONNX_ONNX_LAYERS_H_
