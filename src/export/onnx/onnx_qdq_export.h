// The state of one quantized export: onnx_qdq.cc has the ends, the roundings
// and the WiFlow family's operators, onnx_qdq_general.cc the others. Private to
// them.
#ifndef EDGE_INT8_SRC_EXPORT_ONNX_ONNX_QDQ_EXPORT_H_
#define EDGE_INT8_SRC_EXPORT_ONNX_ONNX_QDQ_EXPORT_H_

#include <span>
#include <string>
#include <vector>

#include "core/container/integer_graph.h"
#include "src/base/as_size.h"
#include "src/export/onnx/onnx_moves.h"
#include "src/export/onnx/onnx_writer.h"
#include "src/export/real_scales.h"
#include "src/graph/ops.h"

namespace edge_int8 {

// Quantization parameters in ONNX's terms.
struct OnnxGrid {
  std::vector<float> scales;  // one, or one per channel
  int32_t zero = 0;
  core::Type type = core::Type::kU8;
};

class QdqExport {
 public:
  QdqExport(const core::IntegerGraph& graph, const RealScales& scales);
  std::string Run(const std::string& source_sha256);

 private:
  const core::TensorSpec& Spec(int32_t id) const {
    return graph_.tensors[AsSize(id)];
  }
  Extent ExtentOf(int32_t id) const {
    const core::TensorSpec& s = Spec(id);
    return {s.channels, s.height, s.width};
  }
  // Unique, and never one of the model's own names.
  std::string Name(int32_t id) const;
  // One step of a tensor with one scale.
  double Step(int32_t id) const { return scales_.tensor[AsSize(id)].at(0); }

  OnnxGrid GridOf(int32_t id) const;
  std::vector<std::string> GridInputs(const std::string& x,
                                      const std::string& name,
                                      const OnnxGrid& grid);
  std::string Quantize(const std::string& x, const std::string& name,
                       const OnnxGrid& grid);
  std::string Dequantize(const std::string& q, const std::string& name,
                         const OnnxGrid& grid, int64_t axis = 1);

  // The real value of a tensor, dequantized once for all readers, and its
  // integers; moves and maxima have the former first, everything else the
  // latter.
  std::string Real(int32_t id);
  std::string Stored(int32_t id);
  // With the batch's extent, although no window changes it.
  std::string Batched(int32_t id);
  OnnxTensor RealTensor(int32_t id) { return {Real(id), ExtentOf(id)}; }

  void Input();
  OnnxGrid PreGrid(const core::Activation& a, double scale) const;
  std::string ClipTo(const std::string& x, const core::Activation& a,
                     double scale, const std::string& name);
  std::string Function(const core::Activation& a, const std::string& x,
                       const std::string& name);
  std::string CutLine(const core::Activation& a, int32_t output, std::string x);
  // From a real result to a stored tensor.
  void Land(std::size_t op_index, const core::Activation& activation,
            int32_t output, std::string real);
  // x * factor; x where that is 1 but for a multiplier's rounding.
  std::string Times(const std::string& x, double factor,
                    const std::string& name);

  void Visit(std::size_t i, const core::ConvOp& op);
  void Visit(std::size_t i, const core::AddOp& op);
  void Visit(std::size_t i, const core::AttentionOp& op);
  std::string MixBias(const core::AttentionOp& op, const std::string& name);
  void Visit(std::size_t i, const core::PoolOp& op);
  void Visit(std::size_t i, const core::TransposeOp& op);

  void Visit(std::size_t i, const core::RequantizeOp& op);
  void Visit(std::size_t i, const core::MultiplyOp& op);
  void Visit(std::size_t i, const core::MatMulOp& op);
  void Visit(std::size_t i, const core::SoftmaxOp& op);
  void Visit(std::size_t i, const core::NormalizeOp& op);
  void Visit(std::size_t i, const core::WindowPoolOp& op);
  std::string Mean(std::size_t i, const core::WindowPoolOp& op,
                   const Pool& pool);
  void Visit(std::size_t i, const core::MoveOp& op);
  void Visit(std::size_t i, const core::ResizeOp& op);
  void Visit(std::size_t i, const core::RecurrentOp& op);
  std::string GateWeights(const core::RecurrentOp& op, const std::string& name,
                          std::span<const int8_t> weights,
                          std::span<const float> row_scales);
  void Visit(std::size_t i, const core::ConstantOp& op);

  const core::IntegerGraph& graph_;
  const RealScales& scales_;
  OnnxWriter onnx_;
  std::vector<std::string> stored_;  // by tensor: the integers
  std::vector<std::string> real_;    // by tensor: what they mean
  std::vector<char> fixed_;          // by tensor: no window changes it
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_EXPORT_ONNX_ONNX_QDQ_EXPORT_H_
