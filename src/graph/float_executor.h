// Runs a graph in float32: the baseline every integer result is compared with.
// Tested by float_executor_test.cc against PyTorch's outputs.
#ifndef EDGE_INT8_SRC_GRAPH_FLOAT_EXECUTOR_H_
#define EDGE_INT8_SRC_GRAPH_FLOAT_EXECUTOR_H_

#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "src/graph/model.h"

namespace edge_int8 {

// Instruction sets this machine runs, fastest first: of "avx512", "avx2",
// "generic". Results differ between them in the last bits.
std::vector<std::string_view> FloatIsas();

// Plans once (weights packed, buffers laid out), then runs one window after the
// other. Not thread-safe: one executor, or one Workspace, per thread.
class FloatExecutor {
 public:
  // `isa` is one of FloatIsas(); empty means the first, the fastest.
  explicit FloatExecutor(const Model& model, std::string_view isa = {});
  ~FloatExecutor();
  FloatExecutor(FloatExecutor&&) noexcept;

  // Scratch memory of one thread. The executor itself is const while running,
  // so any number of threads may share it, each with its own workspace.
  class Workspace {
   private:
    friend class FloatExecutor;
    std::vector<float> memory_;
  };
  std::unique_ptr<Workspace> MakeWorkspace() const;

  // input: batch x [C][H][W] of the graph's input; output: batch x extent of
  // the graph's output. The result for a window does not depend on its batch.
  void Run(std::span<const float> input, int batch, std::span<float> output,
           Workspace& workspace) const;

  // Called with each tensor of one window as it becomes known: calibration and
  // `explain` look at activations through it. May also overwrite the values,
  // and later nodes then see what it wrote.
  using Observer =
      std::function<void(TensorId tensor, std::span<float> values)>;
  // Runs one window unfused, node by node, in the graph's own layout.
  void RunObserved(std::span<const float> input, std::span<float> output,
                   const Observer& observer) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_GRAPH_FLOAT_EXECUTOR_H_
