// The integer model as LibTorch computes it: docs/arithmetic.md on tensors of
// whole numbers, whole batches at a time and differentiable. Walks a folded
// graph of the WiFlow family's operators with a plan. It is written from the
// contract, beside lowering and the engine and not on top of them: convolutions
// and products are LibTorch's (or oneDNN's), and shared are only scalar
// arithmetic and table builders, so that equal outputs mean that both do what
// the contract says. Tested by integer_simulation_test.cc: every output equal
// to the engine's.
#ifndef EDGE_INT8_TRAIN_SIMULATION_INTEGER_SIMULATION_H_
#define EDGE_INT8_TRAIN_SIMULATION_INTEGER_SIMULATION_H_

#include <ATen/ATen.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "src/graph/model.h"
#include "src/qgraph/plan.h"
#include "src/qgraph/qgraph.h"
#include "train/simulation/sim_functions.h"
#include "train/simulation/simulation_step.h"

namespace edge_int8::train {

// What learns, by name; a tensor that is not here does not.
struct SimulationLeaves {
  std::map<std::string, at::Tensor> parameters;   // weights and biases
  std::map<std::string, at::Tensor> log_scales;   // by weight or quantizer
  std::map<std::string, at::Tensor> zero_points;  // by quantizer
};

class IntegerSimulation {
 public:
  IntegerSimulation(const Graph& folded, at::Device device,
                    const SimOperators& operators);

  // Whether it has every operator of this folded graph, as it stands there.
  static bool Knows(const Graph& folded);

  // Works out every integer of this model under this plan. Throws kBadInput
  // when the plan does not fit or an accumulator could leave int32.
  void Prepare(const Model& folded, const Plan& plan);

  // x holds CSI values, [channels][windows][height][width]; the result is the
  // output tensor's integers as float32 or, where they need it, float64.
  at::Tensor Run(const at::Tensor& x, const SimulationLeaves& leaves) const;
  at::Tensor Run(const at::Tensor& x) const;  // builds no gradient
  // The output's integers as poses, float32.
  at::Tensor Poses(const at::Tensor& codes) const;

  // Layers of the last Prepare() that float32 can't hold exactly.
  int wide_layers() const;

 private:
  void FindSteps();
  CodeGrid GridOf(TensorId tensor) const;
  CodeGrid GridOfQuantizer(const Quantizer& quantizer) const;
  void QuantizeWeights(const Tensor& weight, const std::vector<float>& bias,
                       const WeightPlan& plan, const CodeGrid& in,
                       SimulationStep& step, std::vector<double>& l1) const;
  CodeGrid QkvGrid(const Model& model, const SimulationStep& step) const;
  void PrepareConv(const Model& model, SimulationStep& step);
  void PrepareAdd(SimulationStep& step);
  void PrepareMix(const Model& model, SimulationStep& step);
  void PreparePool(SimulationStep& step);
  void LandStep(const std::vector<double>& units, SimulationStep& step);
  const Quantizer* QuantizerOf(TensorId tensor) const;
  std::vector<double> ValueScales(const Model& model, TensorId qkv) const;
  LandingLeaves LeavesOf(const SimulationStep& step, const std::string& bias,
                         const SimulationLeaves& leaves) const;
  at::Tensor QuantizeInput(const at::Tensor& x) const;
  at::Tensor RunConv(const SimulationStep& step, const at::Tensor& x,
                     const SimulationLeaves& leaves) const;
  at::Tensor RunAdd(const SimulationStep& step,
                    const std::vector<at::Tensor>& values,
                    const SimulationLeaves& leaves) const;
  at::Tensor RunSoftmax(const Node& node, const at::Tensor& acc) const;
  at::Tensor RunPool(const SimulationStep& step, const at::Tensor& x) const;
  at::Tensor RunStep(const SimulationStep& step,
                     const std::vector<at::Tensor>& values,
                     const SimulationLeaves& leaves) const;

  const Graph graph_;
  const QGraph map_;
  const at::Device device_;
  const SimOperators& operators_;
  Plan plan_;
  std::vector<SimulationStep> steps_;
  std::vector<int> uses_;
  double output_scale_ = 0;
};

}  // namespace edge_int8::train

#endif  // EDGE_INT8_TRAIN_SIMULATION_INTEGER_SIMULATION_H_
