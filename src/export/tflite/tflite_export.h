// The state of one TFLite export: tflite_model.cc has the ends, the landings
// and the WiFlow family's operators, tflite_general.cc the others. Private to
// them.
#ifndef EDGE_INT8_SRC_EXPORT_TFLITE_TFLITE_EXPORT_H_
#define EDGE_INT8_SRC_EXPORT_TFLITE_TFLITE_EXPORT_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/container/integer_graph.h"
#include "src/base/as_size.h"
#include "src/base/error.h"
#include "src/export/move_forms.h"
#include "src/export/real_scales.h"
#include "src/export/tflite/tflite_attention.h"
#include "src/export/tflite/tflite_conv.h"
#include "src/export/tflite/tflite_model.h"

namespace edge_int8 {

class TfliteExport {
 public:
  TfliteExport(const core::IntegerGraph& graph, const RealScales& scales,
               const TfliteOptions& options)
      : graph_(graph), scales_(scales), options_(options) {}

  TfliteModel Run();

 private:
  const core::TensorSpec& Spec(int32_t id) const {
    return graph_.tensors[AsSize(id)];
  }
  Extent ExtentOf(int32_t id) const {
    return {Spec(id).channels, Spec(id).height, Spec(id).width};
  }
  const std::string& Name(int32_t id) const { return Spec(id).name; }
  // One step of a tensor with one scale.
  double Step(int32_t id) const { return scales_.tensor[AsSize(id)].at(0); }

  TfGrid GridOf(int32_t id) const;
  TfGrid PreGrid(std::size_t i, const core::Activation& a,
                 int32_t output) const;
  // From a value on PreGrid(), or wider, to the stored tensor.
  void Land(const core::Activation& a, int32_t output, const TfValue& pre);
  // Without a table: what the offset and the two ends of a line ask for.
  double OffsetOf(const core::Activation& a, int32_t output) const;
  TfValue Shifted(const core::Activation& a, int32_t output, const TfValue& x);
  TfValue Cut(const core::Activation& a, int32_t output, TfValue x);
  // x * factor in 16 bits; x where that is 1 but for a multiplier's rounding.
  TfValue Times(const TfValue& x, double factor, const TfGrid& grid,
                const std::string& name);

  void Visit(std::size_t i, const core::ConvOp& op);
  TfGrid WidestGrid(int32_t tensor, const TfConvRequest& request) const;
  void Visit(std::size_t i, const core::AddOp& op);
  void Visit(std::size_t i, const core::AttentionOp& op);
  void Visit(std::size_t i, const core::PoolOp& op);
  std::vector<int> BinMeans(const TfValue& x, int bins,
                            const std::string& name);
  void Visit(std::size_t i, const core::TransposeOp& op);

  void Visit(std::size_t i, const core::RequantizeOp& op);
  void Visit(std::size_t i, const core::MultiplyOp& op);
  void Visit(std::size_t i, const core::MatMulOp& op);
  void Visit(std::size_t i, const core::SoftmaxOp& op);
  void Visit(std::size_t i, const core::WindowPoolOp& op);
  TfValue Pooled(const TfValue& x, bool largest,
                 const std::vector<core::PlaceRange>& rows,
                 const std::vector<core::PlaceRange>& cols, const TfGrid& grid,
                 const std::string& name);
  TfValue Piecewise(const TfValue& x, bool largest, int axis,
                    const std::vector<core::PlaceRange>& ranges,
                    const TfGrid& grid, const std::string& name);
  void Visit(std::size_t i, const core::MoveOp& op);
  TfValue Gathered(const core::MoveOp& op,
                   const std::vector<std::vector<MovedValue>>& values,
                   std::map<int32_t, TfValue>& inputs);
  void Visit(std::size_t i, const core::ResizeOp& op);
  void Visit(std::size_t i, const core::ConstantOp& op);
  // CheckTflite() let none of them through.
  void Visit(std::size_t, const core::NormalizeOp&) { NoForm(); }
  void Visit(std::size_t, const core::RecurrentOp&) { NoForm(); }
  static void NoForm() { Check(false, "an operator without a TFLite form"); }

  int Output();

  const core::IntegerGraph& graph_;
  const RealScales& scales_;
  const TfliteOptions& options_;
  TfliteValues values_;
  std::map<int32_t, TfValue> value_;  // by tensor
  std::map<int32_t, TfQkv> qkv_;      // by tensor
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_EXPORT_TFLITE_TFLITE_EXPORT_H_
