#include "train/simulation/straight_through.h"

#include <torch/csrc/autograd/custom_function.h>

namespace edge_int8::train {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

// A scale for each entry of the first axis, ready for broadcasting.
at::Tensor ScaleOf(const RoundingGrid& grid, const at::Tensor& like) {
  std::vector<int64_t> shape(static_cast<std::size_t>(like.dim()), 1);
  shape[0] = -1;
  return at::tensor(std::vector<float>(grid.scales.begin(), grid.scales.end()))
      .repeat_interleave(like.size(0) / std::ssize(grid.scales))
      .to(like.device())
      .view(shape);
}

at::Tensor SumForLeaf(const at::Tensor& leaf, const at::Tensor& by_value) {
  if (leaf.numel() == 0) return {};
  return by_value.to(at::kDouble)
      .reshape({leaf.numel(), -1})
      .sum(1)
      .to(leaf.options())
      .view(leaf.sizes());
}

class RoundFunction : public Function<RoundFunction> {
 public:
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& value,
                            const at::Tensor& rounded,
                            const at::Tensor& log_scale, const at::Tensor& zero,
                            const c10::intrusive_ptr<RoundingGrid>& grid) {
    at::Tensor result = rounded;
    if (rounded.numel() == 0 && value.numel() > 0) {
      const at::Tensor scale = ScaleOf(*grid, value);
      result = ((value / scale).round() + grid->zero)
                   .clamp(grid->low, grid->high)
                   .sub(grid->zero) *
               scale;
    }
    ctx->save_for_backward({value, result, log_scale, zero});
    ctx->saved_data["grid"] = c10::IValue::make_capsule(grid);
    return result.alias();
  }

  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const variable_list saved = ctx->get_saved_variables();
    const auto grid = c10::static_intrusive_pointer_cast<RoundingGrid>(
        ctx->saved_data["grid"].toCapsule());
    const at::Tensor scale = ScaleOf(*grid, saved[0]);
    const at::Tensor v = saved[0] / scale;
    const at::Tensor code = saved[1] / scale;
    const at::Tensor inside =
        v.ge(grid->low - grid->zero - 0.5)
            .logical_and(v.le(grid->high - grid->zero + 0.5))
            .to(at::kFloat);
    const at::Tensor unit = grads[0] * scale;
    return {grads[0] * inside, at::Tensor(),
            SumForLeaf(saved[2], unit * (code - inside * v)),
            SumForLeaf(saved[3], unit * (inside - 1)), at::Tensor()};
  }
};

at::Tensor EmptyUnlessDefined(const at::Tensor& x, const at::Tensor& like) {
  return x.defined() ? x : at::empty({0}, like.options());
}

}  // namespace

at::Tensor RoundStraightThrough(const at::Tensor& value,
                                const at::Tensor& rounded,
                                const RoundingLeaves& leaves,
                                const c10::intrusive_ptr<RoundingGrid>& grid) {
  return RoundFunction::apply(value,
                              EmptyUnlessDefined(rounded, value).detach(),
                              EmptyUnlessDefined(leaves.log_scale, value),
                              EmptyUnlessDefined(leaves.zero, value), grid);
}

}  // namespace edge_int8::train
