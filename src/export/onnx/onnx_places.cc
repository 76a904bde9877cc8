#include "src/export/onnx/onnx_places.h"

#include <fmt/format.h>

#include <algorithm>

#include "src/base/as_size.h"

namespace edge_int8 {
namespace {

using List = std::vector<int64_t>;

// Weights [places of the input] for each place of the output.
struct AxisWeights {
  int inputs = 0;
  std::vector<std::vector<float>> rows;

  bool IsIdentity() const {
    if (static_cast<int>(rows.size()) != inputs) return false;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      for (std::size_t j = 0; j < rows.size(); ++j) {
        if (rows[i][j] != (i == j ? 1.0f : 0.0f)) return false;
      }
    }
    return true;
  }
};

AxisWeights SumWeights(const std::vector<PoolRange>& ranges, int extent,
                       bool divide) {
  AxisWeights weights{extent, {}};
  for (const PoolRange& r : ranges) {
    std::vector<float>& row = weights.rows.emplace_back(AsSize(extent));
    for (int i = r.begin; i < r.end; ++i) {
      row[AsSize(i)] = divide ? 1.0f / static_cast<float>(r.divisor) : 1.0f;
    }
  }
  return weights;
}

AxisWeights TapWeights(const std::vector<ResizeTap>& taps, int extent) {
  AxisWeights weights{extent, {}};
  for (const ResizeTap& t : taps) {
    std::vector<float>& row = weights.rows.emplace_back(AsSize(extent));
    row[AsSize(t.first)] += 1 - t.weight;
    row[AsSize(t.second)] += t.weight;
  }
  return weights;
}

// rows * x * cols^T of each image.
std::string BothSides(OnnxWriter& onnx, const AxisWeights& rows,
                      const AxisWeights& cols, std::string x,
                      const std::string& output) {
  if (!rows.IsIdentity()) {
    std::vector<float> matrix;  // [out][in]
    for (const auto& row : rows.rows) {
      matrix.insert(matrix.end(), row.begin(), row.end());
    }
    const std::string left =
        onnx.Constant(output + ".row_weights",
                      {static_cast<int64_t>(rows.rows.size()), rows.inputs},
                      std::span<const float>(matrix));
    x = onnx.Node("MatMul", {left, x}, output + ".rows");
  }
  if (!cols.IsIdentity()) {
    std::vector<float> matrix;  // [in][out]
    for (int i = 0; i < cols.inputs; ++i) {
      for (const auto& row : cols.rows) matrix.push_back(row[AsSize(i)]);
    }
    const std::string right =
        onnx.Constant(output + ".column_weights",
                      {cols.inputs, static_cast<int64_t>(cols.rows.size())},
                      std::span<const float>(matrix));
    x = onnx.Node("MatMul", {x, right}, output + ".columns");
  }
  return onnx.Node("Identity", {x}, output);
}

OnnxAttributes WindowAttributes(const RegularWindows& rows,
                                const RegularWindows& cols) {
  return {{"kernel_shape", List{rows.kernel, cols.kernel}},
          {"strides", List{rows.stride, cols.stride}},
          {"pads",
           List{rows.pad_begin, cols.pad_begin, rows.pad_end, cols.pad_end}}};
}

bool DivisorsAre(const std::vector<PoolRange>& ranges,
                 std::optional<int> divisor) {
  return std::ranges::all_of(ranges, [&](const PoolRange& r) {
    return r.divisor == divisor.value_or(r.end - r.begin);
  });
}

// The largest of irregular ranges along one axis (2 rows, 3 columns).
std::string LargestAlong(OnnxWriter& onnx, const std::vector<PoolRange>& ranges,
                         int64_t axis, const std::string& x,
                         const std::string& output) {
  List begin, end;
  std::vector<std::string> pieces;
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    const std::string name = fmt::format("{}.piece{}", output, i);
    const std::string part =
        onnx.Node("Slice",
                  {x, onnx.List(name + ".begin", {ranges[i].begin}),
                   onnx.List(name + ".end", {ranges[i].end}),
                   onnx.List(name + ".axis", {axis})},
                  name + ".places");
    const int64_t length = ranges[i].end - ranges[i].begin;
    pieces.push_back(onnx.Node(
        "MaxPool", {part}, name,
        {{"kernel_shape", axis == 2 ? List{length, 1} : List{1, length}}}));
  }
  return onnx.Node("Concat", pieces, output, {{"axis", axis}});
}

}  // namespace

std::string OnnxWindowPool(OnnxWriter& onnx, const Pool& pool,
                           const OnnxTensor& x, const std::string& output) {
  const auto rows = FindWindows(pool.rows, x.extent.height);
  const auto cols = FindWindows(pool.cols, x.extent.width);
  if (pool.kind == PoolKind::kMax) {
    if (rows && cols) {
      return onnx.Node("MaxPool", {x.name}, output,
                       WindowAttributes(*rows, *cols));
    }
    const std::string across =
        LargestAlong(onnx, pool.rows, 2, x.name, output + ".by_row");
    return LargestAlong(onnx, pool.cols, 3, across, output);
  }
  if (rows && cols) {
    const bool cut = DivisorsAre(pool.rows, {}) && DivisorsAre(pool.cols, {});
    const bool padded = DivisorsAre(pool.rows, rows->kernel) &&
                        DivisorsAre(pool.cols, cols->kernel);
    OnnxAttributes attributes = WindowAttributes(*rows, *cols);
    if (!cut) attributes.push_back({"count_include_pad", int64_t{1}});
    if (cut || padded) {
      return onnx.Node("AveragePool", {x.name}, output, attributes);
    }
  }
  return BothSides(onnx, SumWeights(pool.rows, x.extent.height, true),
                   SumWeights(pool.cols, x.extent.width, true), x.name, output);
}

std::string OnnxWindowSums(OnnxWriter& onnx, const std::vector<PoolRange>& rows,
                           const std::vector<PoolRange>& cols,
                           const OnnxTensor& x, const std::string& output) {
  return BothSides(onnx, SumWeights(rows, x.extent.height, false),
                   SumWeights(cols, x.extent.width, false), x.name, output);
}

std::string OnnxResize(OnnxWriter& onnx, const Resize& resize,
                       const OnnxTensor& x, const std::string& output) {
  return BothSides(onnx, TapWeights(resize.rows, x.extent.height),
                   TapWeights(resize.cols, x.extent.width), x.name, output);
}

}  // namespace edge_int8
