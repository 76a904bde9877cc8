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
    const TensorLayout& t = layouts[tensor];
    return t.constant != nullptr ? t.constant : arena + t.offset;
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
std::unique_ptr<Step> MakeMapStep(const StepBuild& build,
                                  const RequantizeOp& op);
std::unique_ptr<Step> MakeMultiplyStep(const StepBuild& build,
                                       const MultiplyOp& op);
std::unique_ptr<Step> MakeMatMulStep(const StepBuild& build,
                                     const MatMulOp& op);
std::unique_ptr<Step> MakeSoftmaxStep(const StepBuild& build,
                                      const SoftmaxOp& op);
std::unique_ptr<Step> MakeNormalizeStep(const StepBuild& build,
                                        const NormalizeOp& op);
std::unique_ptr<Step> MakeWindowPoolStep(const StepBuild& build,
                                         const WindowPoolOp& op);
std::unique_ptr<Step> MakeMoveStep(const StepBuild& build, const MoveOp& op);
std::unique_ptr<Step> MakeResizeStep(const StepBuild& build,
                                     const ResizeOp& op);

// Two steps: the products of all inputs go into a tensor of the engine's own,
// `products`, laid out as ProductLayout() says.
TensorLayout ProductLayout(const RecurrentOp& op, const TensorLayout& out);
std::unique_ptr<Step> MakeRecurrentInputStep(const StepBuild& build,
                                             const RecurrentOp& op,
                                             int32_t products);
std::unique_ptr<Step> MakeRecurrentStep(const StepBuild& build,
                                        const RecurrentOp& op,
                                        int32_t products);

}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_ENGINE_STEP_H_
