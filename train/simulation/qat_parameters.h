// Everything that quantization-aware training learns, as one vector: weights
// and biases of a folded model, the scales of its plan and its zero points.
// Tested by qat_parameters_test.cc.
//
//   scale      = start * exp(kScaleRate * theta)
//   zero point = round(start + kZeroRate * theta), within the grid
//
// theta is 0 at first. Steps of AdamW have the size of the learning rate
// whatever a gradient's, so the rates say how far a scale and a zero point may
// go while weights move by their own size. LSQ's gradient scale 1 / sqrt(n *
// qmax), n the values of one window that share the scale, keeps them from
// filling the clipped gradient norm.
#ifndef EDGE_INT8_TRAIN_SIMULATION_QAT_PARAMETERS_H_
#define EDGE_INT8_TRAIN_SIMULATION_QAT_PARAMETERS_H_

#include <ATen/ATen.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "src/graph/model.h"
#include "src/qgraph/plan.h"
#include "train/simulation/integer_simulation.h"

namespace edge_int8::train {

inline constexpr double kScaleRate = 10;
inline constexpr double kZeroRate = 250;

class QatParameters {
 public:
  QatParameters(const Model& folded, const Plan& start, at::Device device);

  // One vector each; the leaves are views of them.
  const at::Tensor& values() const { return values_; }
  const at::Tensor& gradients() const { return gradients_; }

  // Of a parameter, in its shape.
  at::Tensor GradientOf(const std::string& parameter) const;

  // What the present values mean. The plan's recipe is the start's.
  Model CurrentModel() const;
  Plan CurrentPlan() const;
  // Weights of few bits, by a share of the way; 8 bits are fine enough for a
  // gradient's noise.
  void DrawToIntegers(double share);
  // Functions of the leaves, so made anew for each pass.
  SimulationLeaves Leaves() const;

 private:
  enum class Kind { kParameter, kWeightScale, kQuantizerScale, kZeroPoint };
  struct Slot {
    Kind kind = Kind::kParameter;
    std::string name;
    Shape shape;
    double factor = 1;  // of its gradient: rate and LSQ's scale
    int top = 0;        // of a zero point
    int64_t offset = 0;
    at::Tensor leaf = {};
  };
  void AddParameter(const Model& folded, const std::string& name);
  void AddSlots(const Model& folded);
  void Allocate(const Model& folded);

  Model start_model_;
  Plan start_plan_;
  std::vector<Slot> slots_;
  at::Tensor values_, gradients_;
};

}  // namespace edge_int8::train

#endif  // EDGE_INT8_TRAIN_SIMULATION_QAT_PARAMETERS_H_
