// A model graph as a differentiable LibTorch computation. Walks any Graph and
// knows no network; a batch norm, the SiLU and the dropout after it run as one
// operator, and so do a sum and its SiLU. Tested by torch_graph_test.cc:
// outputs of all variants against PyTorch's, gradients against LibTorch's
// own operators.
#ifndef EDGE_INT8_TRAIN_SIMULATION_TORCH_GRAPH_H_
#define EDGE_INT8_TRAIN_SIMULATION_TORCH_GRAPH_H_

#include <ATen/ATen.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "src/formats/state_dict_writer.h"
#include "src/graph/graph.h"
#include "src/graph/model.h"
#include "train/simulation/operators.h"

namespace edge_int8::train {

// Takes part in a pass: gives a parameter by name instead of the network's own,
// and says what becomes of a tensor once it is computed.
struct PassHooks {
  std::function<at::Tensor(const std::string& name)> parameter;
  std::function<at::Tensor(TensorId id, const at::Tensor& value)> computed;
};

class TorchGraph {
 public:
  // Not `fused`: a sum and the SiLU behind it are two steps, each with a tensor
  // that hooks see.
  TorchGraph(Graph graph, at::Device device, const Operators& operators,
             bool fused = true);
  // For another part of a batch: the same parameters and statistics, gradients
  // of its own. `of` must outlive it.
  explicit TorchGraph(const TorchGraph* of);

  const Graph& graph() const { return graph_; }

  // PyTorch's default initialisation, from `seed`.
  void Initialize(uint64_t seed);
  void Load(const Model& model);
  // Every tensor under its upstream name, num_batches_tracked included.
  std::vector<StateDictEntry> StateDict() const;

  // x is [channels][windows][height][width]. A training pass uses the batch's
  // statistics and drops values by `dropout_seed`; an evaluation pass uses the
  // running statistics and builds no gradient.
  // On a part of a batch, `meeting` is where its other parts are.
  at::Tensor TrainingPass(const at::Tensor& x, uint64_t dropout_seed,
                          BatchMeeting* meeting = nullptr);
  at::Tensor EvaluationPass(const at::Tensor& x);
  // An evaluation or a training pass that hooks take part in; with gradients.
  at::Tensor HookedPass(const at::Tensor& x, const PassHooks& hooks,
                        bool training = false, uint64_t dropout_seed = 0);
  // Moves the running statistics by those of the last training pass. Separate
  // so that a batch that is skipped leaves no trace.
  void CommitStatistics();

  // All trainable values, their gradients, and the running statistics, each as
  // one vector; the named parameters are views of it.
  const at::Tensor& parameters() const { return parameters_; }
  const at::Tensor& gradients() const { return gradients_; }
  const at::Tensor& statistics() const { return statistics_; }
  // One of them, or of the running statistics, by its name.
  const at::Tensor& Parameter(const std::string& name) const;
  int64_t batches_tracked() const { return batches_tracked_; }
  void set_batches_tracked(int64_t batches) { batches_tracked_ = batches; }

 private:
  // A node with what is fused behind it.
  struct Step {
    std::size_t node = 0;
    bool silu = false;
    double dropout = 0;
    TensorId output = 0;
  };
  struct PendingStatistics {
    at::Tensor running, batch;
  };

  void Plan(bool fused);
  void Allocate(const TorchGraph* of);
  at::Tensor Walk(const at::Tensor& x, bool training, uint64_t dropout_seed);
  at::Tensor Run(const Step& step, const std::vector<at::Tensor>& values,
                 bool training, uint64_t dropout_seed);
  at::Tensor RunNorm(const Step& step, const BatchNorm& norm,
                     const at::Tensor& x, bool training, uint64_t dropout_seed);
  ConvShape ShapeOf(const Node& node, int64_t windows) const;
  at::Tensor RunValues(const Node& node,
                       const std::vector<at::Tensor>& inputs) const;
  at::Tensor Named(const std::string& name) const;
  // Undefined for a parameter that an operator does not have.
  at::Tensor NamedOrNone(const std::string& name) const;

  const Graph graph_;
  const at::Device device_;
  const Operators& operators_;
  std::vector<Step> steps_;
  std::vector<int> uses_;  // by TensorId: steps that read it
  at::Tensor parameters_, gradients_, statistics_;
  std::map<std::string, at::Tensor> named_;
  std::vector<PendingStatistics> pending_;
  BatchMeeting* meeting_ = nullptr;
  int64_t batches_tracked_ = 0;
  const PassHooks* hooks_ = nullptr;  // of the running pass
};

}  // namespace edge_int8::train

#endif  // EDGE_INT8_TRAIN_SIMULATION_TORCH_GRAPH_H_
