#include "src/export/tflite/tflite_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace edge_int8 {
namespace {

int AxisExtent(const Extent& e, int axis) {
  return axis == 0 ? e.channels : axis == 1 ? e.height : e.width;
}

TfShape ShapeOf(const Extent& e, const AxisOrder& order) {
  TfShape shape = {1};
  for (const int axis : order) shape.push_back(AxisExtent(e, axis));
  return shape;
}

// The axes that matter in memory: those longer than 1.
std::vector<int> LongAxes(const Extent& e, const AxisOrder& order) {
  std::vector<int> axes;
  for (const int axis : order) {
    if (AxisExtent(e, axis) > 1) axes.push_back(axis);
  }
  return axes;
}

TfType TypeOf(const TfGrid& grid) {
  return grid.wide ? TfType::kInt16 : TfType::kInt8;
}

}  // namespace

TfGrid FinerGrid(const TfGrid& grid) {
  return grid.wide ? grid : TfGrid{true, grid.scale / 128, 0};
}

std::string TfliteValues::Unique(const std::string& name) {
  return fmt::format("{};{}", name, count_++);
}

TfValue TfliteValues::New(const std::string& name, const Extent& extent,
                          const TfGrid& grid, const AxisOrder& order) {
  const int tensor = writer_.Tensor(Unique(name), ShapeOf(extent, order),
                                    TypeOf(grid), grid.scale, grid.zero);
  return {tensor, order, extent, grid};
}

int TfliteValues::List(const TfShape& values) {
  return writer_.Constant(Unique("list"), {static_cast<int32_t>(values.size())},
                          std::span<const int32_t>(values));
}

TfValue TfliteValues::Reshape(const TfValue& x, const TfShape& shape,
                              const std::string& name) {
  TfValue y = x;
  y.tensor = writer_.Tensor(Unique(name), shape, TypeOf(x.grid), x.grid.scale,
                            x.grid.zero);
  writer_.Op(TfReshape{shape}, {x.tensor, List(shape)}, {y.tensor});
  return y;
}

int TfliteValues::Transposed(int tensor, const TfShape& order,
                             const TfGrid& grid, const std::string& name) {
  TfShape shape;
  for (const int32_t axis : order) {
    shape.push_back(writer_.shape(tensor)[static_cast<std::size_t>(axis)]);
  }
  const int y =
      writer_.Tensor(Unique(name), shape, TypeOf(grid), grid.scale, grid.zero);
  writer_.Op(TfTranspose{}, {tensor, List(order)}, {y});
  return y;
}

TfValue TfliteValues::InOrder(const TfValue& x, const AxisOrder& order) {
  const TfShape wanted = ShapeOf(x.extent, order);
  if (LongAxes(x.extent, x.order) == LongAxes(x.extent, order)) {
    if (writer_.shape(x.tensor) == wanted) return x;
    TfValue y = Reshape(x, wanted, "reshape");
    y.order = order;
    return y;
  }
  TfValue from = x;
  const TfShape have = ShapeOf(x.extent, x.order);
  if (writer_.shape(x.tensor) != have) from = Reshape(x, have, "reshape");
  TfShape perm = {0};
  for (const int axis : order) {
    const auto at = std::ranges::find(x.order, axis) - x.order.begin();
    perm.push_back(static_cast<int32_t>(at) + 1);
  }
  TfValue y = from;
  y.order = order;
  y.tensor = Transposed(from.tensor, perm, x.grid, "transpose");
  return y;
}

TfValue TfliteValues::Requantized(const TfValue& x, const TfGrid& grid,
                                  const std::string& name) {
  TfValue y = x;
  y.grid = grid;
  y.tensor = writer_.Tensor(Unique(name), writer_.shape(x.tensor), TypeOf(grid),
                            grid.scale, grid.zero);
  writer_.Op(TfQuantize{}, {x.tensor}, {y.tensor});
  return y;
}

TfValue TfliteValues::Wide(const TfValue& x, const std::string& name) {
  if (x.grid.wide) return x;
  const auto found = wide_.find(x.tensor);
  if (found != wide_.end()) {
    TfValue known = found->second;
    known.order = x.order;
    known.extent = x.extent;
    return known;
  }
  const TfValue y = Requantized(x, {true, x.grid.scale, 0}, name + ".wide");
  wide_[x.tensor] = y;
  return y;
}

TfValue TfliteValues::Silu(const TfValue& x, const TfGrid& grid,
                           const std::string& name) {
  const TfValue pre = Wide(x, name + ".pre");
  TfValue gate = pre;
  gate.grid = {true, 1.0 / 32768, 0};  // what LOGISTIC writes
  gate.tensor =
      writer_.Tensor(Unique(name + ".logistic"), writer_.shape(pre.tensor),
                     TfType::kInt16, gate.grid.scale, 0);
  writer_.Op(TfLogistic{}, {pre.tensor}, {gate.tensor});
  TfValue product = pre;
  product.grid = FinerGrid(grid);
  product.tensor =
      writer_.Tensor(Unique(name + ".silu"), writer_.shape(pre.tensor),
                     TfType::kInt16, product.grid.scale, 0);
  writer_.Op(TfMul{}, {pre.tensor, gate.tensor}, {product.tensor});
  return grid.wide ? product : Requantized(product, grid, name);
}

TfValue TfliteValues::Unary(TfOp op, const TfValue& x, const TfGrid& grid,
                            const std::string& name) {
  TfValue y = x;
  y.grid = grid;
  y.tensor = writer_.Tensor(Unique(name), writer_.shape(x.tensor), TypeOf(grid),
                            grid.scale, grid.zero);
  writer_.Op(std::move(op), {x.tensor}, {y.tensor});
  return y;
}

TfValue TfliteValues::Binary(TfOp op, const TfValue& a, const TfValue& b,
                             const TfGrid& grid, const std::string& name) {
  const TfValue first = InOrder(a, a.order);
  const TfValue second = InOrder(b, a.order);
  const Extent e = {std::max(a.extent.channels, b.extent.channels),
                    std::max(a.extent.height, b.extent.height),
                    std::max(a.extent.width, b.extent.width)};
  const TfValue y = New(name, e, grid, a.order);
  writer_.Op(std::move(op), {first.tensor, second.tensor}, {y.tensor});
  return y;
}

TfValue TfliteValues::Number(double value, const std::string& name) {
  const double scale = value == 0 ? 1 : std::abs(value) / 32767;
  const int32_t code = value == 0 ? 0 : value > 0 ? 32767 : -32767;
  return Fixed({1, 1, 1}, std::span<const int32_t>(&code, 1), {true, scale, 0},
               name);
}

TfValue TfliteValues::Fixed(const Extent& extent,
                            std::span<const int32_t> stored, const TfGrid& grid,
                            const std::string& name) {
  const auto scale = static_cast<float>(grid.scale);
  const TfShape shape = ShapeOf(extent, kChannelsFirst);
  int tensor = 0;
  if (grid.wide) {
    const std::vector<int16_t> values(stored.begin(), stored.end());
    tensor = writer_.Constant(Unique(name), shape,
                              std::span<const int16_t>(values), {scale});
  } else {
    const std::vector<int8_t> values(stored.begin(), stored.end());
    tensor =
        writer_.Constant(Unique(name), shape, std::span<const int8_t>(values),
                         {scale}, 0, grid.zero);
  }
  return {tensor, kChannelsFirst, extent, grid};
}

TfValue TfliteValues::Sum(const TfValue& a, const TfValue& b,
                          const TfGrid& grid, const std::string& name) {
  const TfValue second = InOrder(b, a.order);
  TfValue y = a;
  y.grid = grid;
  y.tensor = writer_.Tensor(Unique(name + ".sum"), writer_.shape(a.tensor),
                            TypeOf(grid), grid.scale, grid.zero);
  writer_.Op(TfAdd{}, {a.tensor, second.tensor}, {y.tensor});
  return y;
}

}  // namespace edge_int8
