// One step of a run: an operator of the graph made ready for one instruction
// set, or the copies at both ends. A step is immutable; what it writes lies in
// the caller's arena. Tested by engine_test.cc.
#ifndef EDGE_INT8_CORE_ENGINE_STEP_H_
#define EDGE_INT8_CORE_ENGINE_STEP_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/container/integer_graph.h"
#include "core/engine/tensor_layout.h"
#include "core/kernels/kernel_table.h"

namespace edge_int8::core {

struct RunContext {
  const KernelTable* kernels;
  const TensorLayout* layouts;  // by tensor
  const uint8_t* input;         // of the graph, [C][H][W]
  int32_t* output;
  std::byte* arena;
  std::byte* scratch;  // this step's own, scratch_bytes() long

  const TensorLayout& layout(int32_t tensor) const { return layouts[tensor]; }
  std::byte* data(int32_t tensor) const {
    return arena + layouts[tensor].offset;
  }
};

class Step {
 public:
  virtual ~Step() = default;
  virtual void Run(const RunContext& context) const = 0;

  virtual std::vector<int32_t> reads() const = 0;
  virtual int32_t writes() const = 0;  // -1: none in the arena
  virtual int64_t scratch_bytes() const { return 0; }
  virtual int64_t weight_bytes() const { return 0; }
};

// What every factory needs to know about the graph being built.
struct StepBuild {
  const IntegerGraph& graph;
  const std::vector<TensorLayout>& layouts;
  const KernelTable& kernels;

  const TensorLayout& layout(int32_t tensor) const {
    return layouts[static_cast<std::size_t>(tensor)];
  }
};

std::unique_ptr<Step> MakeInputStep();
std::unique_ptr<Step> MakeOutputStep(const IntegerGraph& graph);
// `sum` is null, or the two-term sum that the convolution's result goes into;
// then the step writes the sum's output.
std::unique_ptr<Step> MakeConvStep(const StepBuild& build, const ConvOp& op,
                                   const AddOp* sum);
// The same for a convolution alone by Winograd's algorithm; null where that
// isn't exact or doesn't pay.
std::unique_ptr<Step> MakeWinogradStep(const StepBuild& build,
                                       const ConvOp& op);
std::unique_ptr<Step> MakeAddStep(const StepBuild& build, const AddOp& op);
std::unique_ptr<Step> MakeAttentionStep(const StepBuild& build,
                                        const AttentionOp& op);
std::unique_ptr<Step> MakePoolStep(const PoolOp& op);
std::unique_ptr<Step> MakeTransposeStep(const TransposeOp& op);

}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_ENGINE_STEP_H_
