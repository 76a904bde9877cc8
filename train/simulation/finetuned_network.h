// What fine-tuning trains: a network with all of its learned numbers in one
// vector. Two kinds: quantized ones, simulated here or lowered
// (lowered_network.h), and as a control the same folded network in float.
// Tested by finetune_test.cc.
#ifndef EDGE_INT8_TRAIN_SIMULATION_FINETUNED_NETWORK_H_
#define EDGE_INT8_TRAIN_SIMULATION_FINETUNED_NETWORK_H_

#include <ATen/ATen.h>

#include "core/container/integer_graph.h"
#include "train/simulation/integer_simulation.h"
#include "train/simulation/qat_parameters.h"
#include "train/simulation/torch_graph.h"

namespace edge_int8::train {

class FinetunedNetwork {
 public:
  virtual ~FinetunedNetwork() = default;
  // Once for each step, before its passes: the parameters have changed.
  virtual void BeginStep() {}
  // x is [subcarriers][windows][1][frames], the result the graph's output in
  // real numbers, with its gradient.
  virtual at::Tensor TrainingPass(const at::Tensor& x) = 0;
  virtual const at::Tensor& values() const = 0;
  virtual const at::Tensor& gradients() const = 0;
  // Moves each weight by this share of the way to what it is rounded to.
  virtual void DrawToIntegers(double share) = 0;
};

class QuantizedNetwork : public FinetunedNetwork {
 public:
  QuantizedNetwork(const Model& folded, const Plan& start, at::Device device)
      : parameters_(folded, start, device) {}

  const at::Tensor& values() const override { return parameters_.values(); }
  const at::Tensor& gradients() const override {
    return parameters_.gradients();
  }
  void DrawToIntegers(double share) override {
    parameters_.DrawToIntegers(share);
  }
  const QatParameters& parameters() const { return parameters_; }

  // Makes Codes() those of the present parameters, which lower to `graph`.
  virtual void PrepareCodes(const core::IntegerGraph& graph) = 0;
  // The output tensor's integers, [channels][windows][height][width].
  virtual at::Tensor Codes(const at::Tensor& x) = 0;

 private:
  QatParameters parameters_;
};

class SimulatedNetwork : public QuantizedNetwork {
 public:
  SimulatedNetwork(const Model& folded, const Plan& start, at::Device device)
      : QuantizedNetwork(folded, start, device),
        simulation_(folded.graph, device, SimFor(device)) {}

  void BeginStep() override { Prepare(); }
  at::Tensor TrainingPass(const at::Tensor& x) override {
    return simulation_.Poses(simulation_.Run(x, parameters().Leaves()));
  }
  // Not from the graph: this is another way to the same integers.
  void PrepareCodes(const core::IntegerGraph&) override { Prepare(); }
  at::Tensor Codes(const at::Tensor& x) override { return simulation_.Run(x); }

  // Of the present parameters, ready to Run().
  const IntegerSimulation& Prepare() {
    simulation_.Prepare(parameters().CurrentModel(),
                        parameters().CurrentPlan());
    return simulation_;
  }

 private:
  static const SimOperators& SimFor(at::Device device) {
    return device == at::kCPU ? FusedSim() : ComposedSim();
  }

  IntegerSimulation simulation_;
};

class FloatNetwork : public FinetunedNetwork {
 public:
  FloatNetwork(const Model& folded, at::Device device)
      : model_(folded),
        network_(folded.graph, device,
                 device == at::kCPU ? Fused() : Composed()) {
    network_.Load(folded);
  }

  // A folded network has neither norms nor dropout, so no seed matters.
  at::Tensor TrainingPass(const at::Tensor& x) override {
    return network_.TrainingPass(x, 0);
  }
  const at::Tensor& values() const override { return network_.parameters(); }
  const at::Tensor& gradients() const override { return network_.gradients(); }
  void DrawToIntegers(double) override {}

  at::Tensor EvaluationPass(const at::Tensor& x) {
    return network_.EvaluationPass(x);
  }
  Model CurrentModel() const;

 private:
  Model model_;
  TorchGraph network_;
};

}  // namespace edge_int8::train

#endif  // EDGE_INT8_TRAIN_SIMULATION_FINETUNED_NETWORK_H_
