// MoveOp: the loops of its plan, after a fill where something is left out.
#include <algorithm>
#include <cstring>

#include "core/engine/move_plan.h"
#include "core/engine/step.h"

namespace edge_int8::core {
namespace {

class MoveStep : public Step {
 public:
  MoveStep(const StepBuild& build, const MoveOp& op)
      : output_(op.output),
        fill_(op.fill + (build.layout(op.output).type == Type::kS8 ? 128 : 0)),
        plan_(PlanMove(op, build.layouts)) {
    for (const MoveTerm& term : op.terms) inputs_.push_back(term.input);
  }

  void Run(const RunContext& context) const override {
    const TensorLayout& out = context.layout(output_);
    std::byte* const to = context.data(output_);
    if (!plan_.covers) Fill(out, to);
    const int64_t value_bytes = TypeBytes(out.type);
    for (const CopyNest& nest : plan_.nests) {
      RunCopyNest(nest, value_bytes, *context.kernels->general,
                  context.data(nest.input), to);
    }
    FillMargins(out, to);
  }

  std::vector<int32_t> reads() const override { return inputs_; }
  int32_t writes() const override { return output_; }

 private:
  // Margins and padding as well, which are written or ignored later.
  void Fill(const TensorLayout& out, std::byte* to) const {
    const auto values = out.bytes() / TypeBytes(out.type);
    if (out.type == Type::kS16) {
      std::fill_n(reinterpret_cast<int16_t*>(to), values,
                  static_cast<int16_t>(fill_));
    } else if (out.type == Type::kS32) {
      std::fill_n(reinterpret_cast<int32_t*>(to), values, fill_);
    } else {
      std::memset(to, fill_, static_cast<std::size_t>(values));
    }
  }

  int32_t output_;
  int32_t fill_;  // as stored
  MovePlan plan_;
  std::vector<int32_t> inputs_;
};

}  // namespace

std::unique_ptr<Step> MakeMoveStep(const StepBuild& build, const MoveOp& op) {
  return std::make_unique<MoveStep>(build, op);
}

}  // namespace edge_int8::core
