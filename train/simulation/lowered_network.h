// Any network that can be quantized, as training sees it: each step lowers the
// present weights and plan to the integer graph that would be deployed and its
// passes run that on the batch (integer_batch.h); gradients are those of the
// float graph at the integers' real values, rounding passed straight through.
// So what is learned from is what is deployed, and there is no second program
// that could say something else. Slower than SimulatedNetwork, which knows the
// WiFlow family's operators and trains those. Tested by
// lowered_network_test.cc.
#ifndef EDGE_INT8_TRAIN_SIMULATION_LOWERED_NETWORK_H_
#define EDGE_INT8_TRAIN_SIMULATION_LOWERED_NETWORK_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/container/integer_graph.h"
#include "train/simulation/finetuned_network.h"
#include "train/simulation/integer_batch.h"
#include "train/simulation/straight_through.h"

namespace edge_int8::train {

class LoweredNetwork : public QuantizedNetwork {
 public:
  LoweredNetwork(const Model& folded, const Plan& start, at::Device device);

  void BeginStep() override;
  at::Tensor TrainingPass(const at::Tensor& x) override;
  void PrepareCodes(const core::IntegerGraph& graph) override;
  at::Tensor Codes(const at::Tensor& x) override;

 private:
  // What the passes of one step have in common.
  struct Step {
    Plan plan;
    core::IntegerGraph graph;
    std::map<std::string, int32_t> tensor_of;  // integer tensor by its name
  };
  // One pass: the tensors that learn, and what the integers are.
  struct Pass;
  at::Tensor Parameter(const Pass& pass, const std::string& name) const;
  at::Tensor Computed(const Pass& pass, TensorId id,
                      const at::Tensor& value) const;
  at::Tensor Rounded(const Pass& pass, int quantizer, const at::Tensor& value,
                     const at::Tensor& rounded) const;

  const at::Device device_;
  const Graph graph_;
  const QGraph qgraph_;
  TorchGraph float_graph_;
  // By TensorId: the quantizer that rounds what is computed there, or -1.
  std::vector<int> rounds_;
  std::optional<Step> step_;  // since the first BeginStep()
  core::IntegerGraph prepared_;
};

// The faster one of those that know the network.
std::unique_ptr<QuantizedNetwork> MakeQuantizedNetwork(const Model& folded,
                                                       const Plan& start,
                                                       at::Device device);

}  // namespace edge_int8::train

#endif  // EDGE_INT8_TRAIN_SIMULATION_LOWERED_NETWORK_H_
