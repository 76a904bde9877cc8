// What a plan's integers make of the float values of a tensor: each quantizer's
// values rounded to its grid and cut to its range. A simulation in float32 that
// repairs and sensitivity studies run thousands of times; only the integer
// engine says what an artifact computes. Tested by fake_quant_test.cc.
//
// Left out, for they are far below a step: the 1/128 step of a sum's terms, the
// 16-bit probabilities of attention and the engine's tables.
#ifndef EDGE_INT8_SRC_QUANTIZE_CALIBRATE_FAKE_QUANT_H_
#define EDGE_INT8_SRC_QUANTIZE_CALIBRATE_FAKE_QUANT_H_

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "src/graph/model.h"
#include "src/qgraph/plan.h"
#include "src/qgraph/qgraph.h"

namespace edge_int8 {

class FakeQuantizer {
 public:
  FakeQuantizer(const Graph& folded, const QGraph& qgraph, const Plan& plan);

  // In place, a batch of a tensor's values; tensors without a quantizer stay.
  void Apply(TensorId tensor, std::span<float> values) const;

  // In place, any values of a tensor with at most one scale.
  void Round(TensorId tensor, std::span<float> values) const;

 private:
  void AddRuns(const Graph& folded, const Quantizer& quantizer,
               const QuantizerPlan& planned, TensorId tensor);

  struct Run {  // values [begin, end) of one window, and their grid
    std::size_t begin = 0;
    std::size_t end = 0;
    float scale = 1;
    float inverse = 1;
    float offset = 0;  // added to x / scale, so that the lowest code is 0
    float top = 255;   // the highest code, so counted

    float Round(float value) const {
      const float code = value * inverse + offset + 0.5f;
      // Not negative once it is cut, so truncation is floor.
      const auto whole = static_cast<float>(
          static_cast<int32_t>(std::clamp(code, 0.0f, top + 0.5f)));
      return (whole - offset) * scale;
    }
  };
  std::vector<std::vector<Run>> runs_;  // by tensor
  std::vector<std::size_t> sizes_;
};

// The folded model with each weight on its plan's grid, as lowering rounds it.
Model OnWeightGrid(const Model& folded, const Plan& plan);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_QUANTIZE_CALIBRATE_FAKE_QUANT_H_
