// The state of one lowering, and what its operators share: where a result goes
// and with which integers. Of lower*.cc alone.
#ifndef EDGE_INT8_SRC_QGRAPH_LOWERING_H_
#define EDGE_INT8_SRC_QGRAPH_LOWERING_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/container/integer_graph.h"
#include "src/base/as_size.h"
#include "src/graph/model.h"
#include "src/qgraph/plan.h"
#include "src/qgraph/qgraph.h"

namespace edge_int8 {

class Lowering {
 public:
  Lowering(const Model& model, const Plan& plan);
  core::IntegerGraph Run();

 private:
  // Scale, zero point and limits of one tensor, ready for arithmetic.
  struct Qparams {
    std::vector<double> scales;
    int32_t zero = 0;
    int32_t low = 0;
    int32_t high = 255;
    int bits = 8;
    core::Type type = core::Type::kU8;

    double scale() const { return scales[0]; }
  };

  // What becomes of an accumulator: the scale it is rounded to, the clamp and
  // table it passes, and the tensor it is written to.
  struct Target {
    std::vector<double> scales;  // one, or one per output channel
    core::Activation activation;
    int32_t tensor = 0;

    double scale(std::size_t channel = 0) const {
      return scales.size() == 1 ? scales[0] : scales[channel];
    }
  };

  // lower.cc
  Qparams OfQuantizer(int quantizer) const;
  Qparams OfInput(const QNode& node, std::size_t index) const;
  Qparams OfOutput(const QNode& node) const;
  double SumUnit(int quantizer) const;
  int32_t At(TensorId id) const;
  const Extent& InExtent(const QNode& node) const {
    return model_.graph.extent(node.inputs[0]);
  }
  int32_t AddTensor(const std::string& name, const Extent& extent,
                    const Qparams& qparams);
  int32_t AddOutput(const QNode& node, const Qparams& qparams);
  Target Land(const QNode& node);
  core::Activation CutLine(const QNode& node, const Qparams& out) const;
  core::Activation Table(const QNode& node, const Qparams& pre,
                         const Qparams& out) const;
  double Ratio(const QNode& node, std::size_t channel, double real) const;
  core::Multiplier Scale(const QNode& node, std::size_t channel,
                         double real) const;
  [[noreturn]] void Fail(const QNode& node, const std::string& why) const;
  std::vector<float> ParameterOr(const std::string& name, std::size_t count,
                                 float otherwise) const;
  void SetOutput();

  // lower_products.cc: weights, and products of tensors
  struct Rows;
  Rows QuantizeRows(const std::string& weight, std::span<const float> bias,
                    double in_scale) const;
  Target LandQkv(const QNode& node);
  std::vector<double> QkvScales(TensorId qkv, int part) const;
  const QAttention& AttentionOf(TensorId qkv) const;
  void Lower(const QNode& node, const QConv& op);
  void Lower(const QNode& node, const QMatMul& op);
  void Lower(const QNode& node, const QMultiply& op);
  void Lower(const QNode& node, const QAttention& op);
  void Lower(const QNode& node, const QRecurrent& op);

  // lower_sums.cc: sums, means and norms
  void LowerToOutput(const QNode& node, const Pool& pool);
  void Lower(const QNode& node, const QSum& op);
  void Lower(const QNode& node, const QPool& op);
  void Lower(const QNode& node, const QSoftmax& op);
  void Lower(const QNode& node, const QNormalize& op);
  void Lower(const QNode& node, const QResize& op);

  // lower_values.cc: values one by one, and moves
  int32_t Converted(const QNode& node, std::size_t input);
  void Lower(const QNode& node, const QElementwise& op);
  void Lower(const QNode& node, const QTranspose& op);
  void Lower(const QNode& node, const QMove& op);
  void Lower(const QNode& node, const QConstant& op);

  const Model& model_;
  const Plan& plan_;
  const QGraph qgraph_;
  std::vector<int64_t> limits_;     // CodeLimits()
  std::vector<int32_t> tensor_of_;  // integer tensor by TensorId
  double exact_scale_ = 0;          // of an exact pool
  core::IntegerGraph out_;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_QGRAPH_LOWERING_H_
