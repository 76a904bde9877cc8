#include "src/export/tflite/tflite_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <vector>

#include "src/base/as_size.h"
#include "src/base/error.h"
#include "src/export/export_operators.h"
#include "src/export/tflite/tflite_attention.h"
#include "src/export/tflite/tflite_conv.h"

namespace edge_int8 {
namespace {

class TfliteExport {
 public:
  TfliteExport(const core::IntegerGraph& graph, const RealScales& scales,
               const TfliteOptions& options)
      : graph_(graph), scales_(scales), options_(options) {}

  TfliteModel Run() {
    const Extent e = ExtentOf(0);
    const TfGrid grid = GridOf(0);
    const TfShape shape = e.height == 1
                              ? TfShape{1, e.channels, e.width}
                              : TfShape{1, e.channels, e.height, e.width};
    TfValue input{values_.writer().Tensor("csi", shape, TfType::kInt8,
                                          grid.scale, grid.zero),
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

 private:
  // CheckExportable() let none of them through.
  template <GeneralOp T>
  void Visit(std::size_t, const T&) {
    Check(false, "an operator without a TFLite form");
  }

  const core::TensorSpec& Spec(int32_t id) const {
    return graph_.tensors[AsSize(id)];
  }
  Extent ExtentOf(int32_t id) const {
    return {Spec(id).channels, Spec(id).height, Spec(id).width};
  }
  const std::string& Name(int32_t id) const { return Spec(id).name; }

  // --- Grids ----------------------------------------------------------------

  TfGrid GridOf(int32_t id) const {
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
  TfGrid PreGrid(std::size_t i, const core::Activation& a,
                 int32_t output) const {
    if (a.kind == core::TableKind::kNone) return GridOf(output);
    if (a.low >= 0 && a.high <= 255) {
      return {false, scales_.pre[i], a.zero - 128};
    }
    return {true, scales_.pre[i], 0};
  }
  // From a value on PreGrid(), or wider, to the stored tensor.
  void Land(const core::Activation& a, int32_t output, const TfValue& pre) {
    const TfGrid grid = GridOf(output);
    if (a.kind != core::TableKind::kNone) {
      value_[output] = values_.Silu(pre, grid, Name(output));
    } else if (pre.grid.wide && !grid.wide) {
      value_[output] = values_.Requantized(pre, grid, Name(output));
    } else {
      value_[output] = pre;
    }
  }

  // --- Operators ------------------------------------------------------------

  void Visit(std::size_t i, const core::ConvOp& op) {
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
      Land(op.activation, op.output,
           TfliteConvolution(values_, request, x, grid));
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
      *value = TfliteConvolution(values_, request, x,
                                 WidestGrid(op.output, request));
    }
    qkv_[op.output] = qkv;
  }

  // 16 bits for 127 steps of the channel whose steps are largest.
  TfGrid WidestGrid(int32_t tensor, const TfConvRequest& request) const {
    const auto first = scales_.tensor[AsSize(tensor)].begin() + request.first;
    const double most = *std::max_element(first, first + request.count);
    return {true, most * 127 / 32767, 0};
  }

  void Visit(std::size_t i, const core::AddOp& op) {
    const TfGrid unit{true, std::ldexp(scales_.pre[i], -op.fraction_bits), 0};
    std::optional<TfValue> sum;
    for (const core::AddTerm& term : op.terms) {
      const TfValue x = values_.Wide(value_.at(term.tensor), Name(term.tensor));
      sum = sum ? values_.Sum(*sum, x, unit, Name(op.output)) : x;
    }
    Land(op.activation, op.output, *sum);
  }

  void Visit(std::size_t i, const core::AttentionOp& op) {
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

  void Visit(std::size_t, const core::PoolOp& op) {
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

  std::vector<int> BinMeans(const TfValue& x, int bins,
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
  void Visit(std::size_t, const core::TransposeOp& op) {
    TfValue y = value_.at(op.input);
    for (int& axis : y.order) {
      axis = static_cast<int>(std::ranges::find(op.order, axis) -
                              op.order.begin());
    }
    y.extent = ExtentOf(op.output);
    value_[op.output] = y;
  }

  int Output() {
    const TfValue y = values_.InOrder(value_.at(graph_.output), kChannelsFirst);
    const Extent& e = y.extent;
    const TfShape shape = e.width == 1
                              ? TfShape{1, e.channels, e.height}
                              : TfShape{1, e.channels, e.height, e.width};
    return values_.Reshape(y, shape, "pose").tensor;
  }

  const core::IntegerGraph& graph_;
  const RealScales& scales_;
  const TfliteOptions& options_;
  TfliteValues values_;
  std::map<int32_t, TfValue> value_;  // by tensor
  std::map<int32_t, TfQkv> qkv_;      // by tensor
};

}  // namespace

TfliteModel MakeTfliteModel(const core::IntegerGraph& graph,
                            const RealScales& scales,
                            const TfliteOptions& options) {
  CheckExportable(graph, "export tflite");
  return TfliteExport(graph, scales, options).Run();
}

}  // namespace edge_int8
