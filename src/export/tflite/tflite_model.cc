#include "src/export/tflite/tflite_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "core/container/op_tensors.h"
#include "src/export/tflite/tflite_export.h"
#include "src/export/tflite/tflite_functions.h"

namespace edge_int8 {
namespace {

// Of a table; version 1 has no other function than SiLU and does not name it.
std::string TableFunction(const core::Activation& a) {
  if (a.kind == core::TableKind::kNone) return "identity";
  return a.function.empty() ? "silu" : a.function;
}
std::string FunctionOf(const core::IntegerOp& any) {
  return std::visit(
      [](const auto& op) -> std::string {
        if constexpr (requires { op.activation; }) {
          return TableFunction(op.activation);
        }
        return "identity";
      },
      any);
}

}  // namespace

TfliteModel TfliteExport::Run() {
  const Extent e = ExtentOf(0);
  const TfGrid grid = GridOf(0);
  TfShape shape = e.height == 1 ? TfShape{1, e.channels, e.width}
                                : TfShape{1, e.channels, e.height, e.width};
  if (!graph_.input_shape.empty()) {
    shape.assign(graph_.input_shape.begin(), graph_.input_shape.end());
    shape.insert(shape.begin(), 1);
  }
  TfValue input{values_.writer().Tensor("csi", shape, TfType::kInt8, grid.scale,
                                        grid.zero),
                kChannelsFirst, e, grid};
  const int input_tensor = input.tensor;
  value_[0] = input;
  for (std::size_t i = 0; i < graph_.ops.size(); ++i) {
    std::visit([&](const auto& op) { Visit(i, op); }, graph_.ops[i]);
  }
  const int output = Output();
  return {values_.writer().Bytes(graph_.name, options_.description,
                                 input_tensor, output),
          values_.writer().operators()};
}

TfGrid TfliteExport::GridOf(int32_t id) const {
  const double scale = scales_.tensor[AsSize(id)].at(0);
  switch (Spec(id).type) {
    case core::Type::kU8:
      return {false, scale, Spec(id).zero_point - 128};
    case core::Type::kS8:
      return {false, scale, 0};
    default:
      return {true, scale, 0};
  }
}
// Before a table: 8 bits as they are, 12 and 16 bits around 0.
TfGrid TfliteExport::PreGrid(std::size_t i, const core::Activation& a,
                             int32_t output) const {
  if (a.kind == core::TableKind::kNone) return GridOf(output);
  if (a.low >= 0 && a.high <= 255) {
    return {false, scales_.pre[i], a.zero - 128};
  }
  return {true, scales_.pre[i], 0};
}
double TfliteExport::OffsetOf(const core::Activation& a, int32_t output) const {
  if (a.kind != core::TableKind::kNone) return 0;
  return (a.zero - Spec(output).zero_point) * Step(output);
}

TfValue TfliteExport::Shifted(const core::Activation& a, int32_t output,
                              const TfValue& x) {
  const double offset = OffsetOf(a, output);
  if (offset == 0) return x;
  const TfValue wide = values_.Wide(x, Name(output) + ".wide");
  return values_.Binary(TfAdd{}, wide, values_.Number(offset, Name(output)),
                        FinerGrid(GridOf(output)), Name(output) + ".shifted");
}

// The stored integers' ends, where they are not the type's.
TfValue TfliteExport::Cut(const core::Activation& a, int32_t output,
                          TfValue x) {
  if (scales_.tensor[AsSize(output)].size() > 1) return x;
  const core::TensorSpec& out = Spec(output);
  const auto end = [&](TfOp op, int32_t code, const char* name) {
    const int32_t stored = out.type == core::Type::kU8 ? code - 128 : code;
    const TfValue limit =
        values_.Fixed({1, 1, 1}, std::span<const int32_t>(&stored, 1), x.grid,
                      Name(output) + name);
    x = values_.Binary(std::move(op), x, limit, x.grid, Name(output));
  };
  if (a.low > std::max(LowestOf(out.type), -32767)) {
    end(TfMaximum{}, a.low, ".low");
  }
  if (a.high < HighestOf(out.type)) end(TfMinimum{}, a.high, ".high");
  return x;
}

TfValue TfliteExport::Times(const TfValue& x, double factor, const TfGrid& grid,
                            const std::string& name) {
  if (std::abs(factor - 1) < 1e-6) return x;
  return values_.Binary(TfMul{}, values_.Wide(x, name + ".wide"),
                        values_.Number(factor, name), FinerGrid(grid), name);
}

void TfliteExport::Land(const core::Activation& a, int32_t output,
                        const TfValue& pre) {
  const TfGrid grid = GridOf(output);
  if (a.kind != core::TableKind::kNone) {
    value_[output] =
        TfliteFunction(values_, ParseFunction(TableFunction(a)).value(), pre,
                       grid, Name(output));
    return;
  }
  TfValue y = Shifted(a, output, pre);
  const bool cuts = a.low > std::max(LowestOf(Spec(output).type), -32767) ||
                    a.high < HighestOf(Spec(output).type);
  // Wider values are as good, but for their ends.
  if (y.grid.wide && (!grid.wide || (cuts && y.grid.scale != grid.scale))) {
    y = values_.Requantized(y, grid, Name(output));
  }
  value_[output] = Cut(a, output, y);
}

void TfliteExport::Visit(std::size_t i, const core::ConvOp& op) {
  const std::vector<double> scales = RealWeightScales(graph_, scales_, i);
  TfConvRequest request;
  request.op = &op;
  request.weight_scales = scales;
  request.count = static_cast<int>(op.bias.size());
  request.split_groups = options_.split_groups;
  request.name = Name(op.output);
  const TfValue& x = value_.at(op.input);
  if (scales_.tensor[AsSize(op.output)].size() == 1) {
    const TfGrid grid = PreGrid(i, op.activation, op.output);
    // The bias takes a line's offset.
    request.offset = OffsetOf(op.activation, op.output);
    core::Activation rest = op.activation;
    if (request.offset != 0) rest.zero = Spec(op.output).zero_point;
    Land(rest, op.output, TfliteConvolution(values_, request, x, grid));
    return;
  }
  if (op.geometry.groups != 1) {
    FailInput(graph_.name,
              fmt::format("the TFLite export has no grouped convolution "
                          "before attention, as {} is",
                          request.name));
  }
  request.count /= 3;
  TfQkv qkv;
  int part = 0;
  for (TfValue* value : {&qkv.q, &qkv.k, &qkv.v}) {
    request.first = part * request.count;
    request.name = fmt::format("{}.{}", Name(op.output), "qkv"[part++]);
    *value =
        TfliteConvolution(values_, request, x, WidestGrid(op.output, request));
  }
  qkv_[op.output] = qkv;
}

// 16 bits for 127 steps of the channel whose steps are largest.
TfGrid TfliteExport::WidestGrid(int32_t tensor,
                                const TfConvRequest& request) const {
  const auto first = scales_.tensor[AsSize(tensor)].begin() + request.first;
  const double most = *std::max_element(first, first + request.count);
  return {true, most * 127 / 32767, 0};
}

void TfliteExport::Visit(std::size_t i, const core::AddOp& op) {
  const TfGrid unit{true, std::ldexp(scales_.pre[i], -op.fraction_bits), 0};
  const std::string& name = Name(op.output);
  std::optional<TfValue> sum;
  for (const core::AddTerm& term : op.terms) {
    const TfValue x = values_.Wide(value_.at(term.tensor), Name(term.tensor));
    if (!sum) {
      sum = term.negate ? values_.Binary(TfSub{}, values_.Number(0, name), x,
                                         x.grid, name + ".negative")
                        : x;
    } else if (term.negate) {
      sum = values_.Binary(TfSub{}, *sum, x, unit, name + ".sum");
    } else {
      sum = values_.Sum(*sum, x, unit, name);
    }
  }
  Land(op.activation, op.output, *sum);
}

void TfliteExport::Visit(std::size_t i, const core::AttentionOp& op) {
  const auto found = qkv_.find(op.input);
  if (found == qkv_.end()) {
    FailInput(graph_.name, "attention that no convolution feeds");
  }
  const std::vector<double>& scales = scales_.tensor[AsSize(op.input)];
  const TfGrid grid = FinerGrid(PreGrid(i, op.activation, op.output));
  Land(op.activation, op.output,
       TfliteAttention(values_, op, found->second,
                       std::span(scales).last(op.bias.size()), grid,
                       Name(op.output)));
}

void TfliteExport::Visit(std::size_t, const core::PoolOp& op) {
  TfValue x = values_.InOrder(value_.at(op.input), kChannelsLast);
  const std::string& name = Name(op.output);
  // A mean of 8-bit steps needs finer ones.
  if (!x.grid.wide) x = values_.Requantized(x, FinerGrid(x.grid), name);
  const int rows = x.extent.height;
  const BinRange first = PoolBin(0, op.bins, rows);
  const int step = op.bins > 1 ? PoolBin(1, op.bins, rows).begin : 1;
  bool uniform = true;
  for (int bin = 0; bin < op.bins; ++bin) {
    const BinRange range = PoolBin(bin, op.bins, rows);
    uniform = uniform && range.begin == bin * step &&
              range.end - range.begin == first.end;
  }
  const Extent extent = {x.extent.channels, op.bins, 1};
  value_[op.output] = values_.New(name, extent, x.grid);
  const int y = value_[op.output].tensor;
  if (uniform) {
    values_.writer().Op(TfAveragePool{first.end, x.extent.width, step, 1},
                        {x.tensor}, {y});
  } else {
    values_.writer().Op(TfConcatenate{1}, BinMeans(x, op.bins, name), {y});
  }
}

std::vector<int> TfliteExport::BinMeans(const TfValue& x, int bins,
                                        const std::string& name) {
  std::vector<int> means;
  const int axes = values_.List({1, 2});
  for (int bin = 0; bin < bins; ++bin) {
    const BinRange range = PoolBin(bin, bins, x.extent.height);
    Extent e = x.extent;
    e.height = range.end - range.begin;
    const TfValue rows = values_.New(name + ".rows", e, x.grid);
    const TfValue mean =
        values_.New(name + ".mean", {e.channels, 1, 1}, x.grid);
    const int begin = values_.List({0, range.begin, 0, 0});
    const int size = values_.List({1, e.height, e.width, e.channels});
    values_.writer().Op(TfSlice{}, {x.tensor, begin, size}, {rows.tensor});
    values_.writer().Op(TfMean{}, {rows.tensor, axes}, {mean.tensor});
    means.push_back(mean.tensor);
  }
  return means;
}

// Only a change of names: the memory stays, the axes are called otherwise.
void TfliteExport::Visit(std::size_t, const core::TransposeOp& op) {
  TfValue y = value_.at(op.input);
  for (int& axis : y.order) {
    axis =
        static_cast<int>(std::ranges::find(op.order, axis) - op.order.begin());
  }
  y.extent = ExtentOf(op.output);
  value_[op.output] = y;
}

int TfliteExport::Output() {
  const TfValue y = values_.InOrder(value_.at(graph_.output), kChannelsFirst);
  const Extent& e = y.extent;
  TfShape shape = e.width == 1 ? TfShape{1, e.channels, e.height}
                               : TfShape{1, e.channels, e.height, e.width};
  if (!graph_.output_shape.empty()) {
    shape.assign(graph_.output_shape.begin(), graph_.output_shape.end());
    shape.insert(shape.begin(), 1);
  }
  return values_.Reshape(y, shape, "pose").tensor;
}

namespace {

// Throws kBadInput naming an operator or a function without a TFLite form.
void CheckTflite(const core::IntegerGraph& graph) {
  for (const core::IntegerOp& any : graph.ops) {
    std::string obstacle;
    if (std::holds_alternative<core::NormalizeOp>(any)) {
      obstacle = "a normalization";
    } else if (std::holds_alternative<core::RecurrentOp>(any)) {
      obstacle = "a recurrent layer";
    } else {
      const std::string text = FunctionOf(any);
      const std::optional<Function> function = ParseFunction(text);
      if (!function || !HasTfliteFunction(*function)) {
        obstacle = fmt::format("the function {}", text);
      }
    }
    if (obstacle.empty()) continue;
    FailInput(
        fmt::format("graph {}", graph.name),
        fmt::format("TFLite has no builtin operator for {} ({}); the "
                    "other formats and the engine run this model "
                    "(docs/export.md)",
                    obstacle, graph.tensors[AsSize(core::OutputOf(any))].name));
  }
}

}  // namespace

TfliteModel MakeTfliteModel(const core::IntegerGraph& graph,
                            const RealScales& scales,
                            const TfliteOptions& options) {
  CheckTflite(graph);
  return TfliteExport(graph, scales, options).Run();
}

}  // namespace edge_int8
