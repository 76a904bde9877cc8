#include "train/simulation/sim_functions.h"

#include <torch/csrc/autograd/custom_function.h>

namespace edge_int8::train {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

// The context keeps tensors and IValues; ours travel as capsules, and the
// operators, which live as long as the program, as an address.
template <class T>
void Keep(AutogradContext* ctx, const char* name,
          const c10::intrusive_ptr<T>& value) {
  ctx->saved_data[name] = c10::IValue::make_capsule(value);
}
template <class T>
c10::intrusive_ptr<T> Kept(AutogradContext* ctx, const char* name) {
  return c10::static_intrusive_pointer_cast<T>(
      ctx->saved_data[name].toCapsule());
}
void KeepOperators(AutogradContext* ctx, const SimOperators* operators) {
  ctx->saved_data["operators"] = reinterpret_cast<int64_t>(operators);
}
const SimOperators& KeptOperators(AutogradContext* ctx) {
  return *reinterpret_cast<const SimOperators*>(
      ctx->saved_data["operators"].toInt());
}

at::Tensor OrEmpty(const at::Tensor& x, const at::Tensor& like) {
  return x.defined() ? x : at::empty({0}, like.options().dtype(at::kFloat));
}

// Sums of channels as the gradient of a leaf that has one number for each run
// of them; undefined where there is no leaf.
at::Tensor ForLeaf(const at::Tensor& leaf, const at::Tensor& by_channel) {
  if (leaf.numel() == 0) return {};
  return by_channel.reshape({leaf.numel(), -1})
      .sum(1)
      .to(leaf.options())
      .view(leaf.sizes());
}

class LandFunction : public Function<LandFunction> {
 public:
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& acc,
                            const at::Tensor& bias,
                            const at::Tensor& target_scale,
                            const at::Tensor& target_zero,
                            const at::Tensor& out_scale,
                            const at::Tensor& out_zero,
                            const SimOperators* operators,
                            const c10::intrusive_ptr<Landing>& landing) {
    ctx->save_for_backward(
        {acc, bias, target_scale, target_zero, out_scale, out_zero});
    Keep(ctx, "landing", landing);
    KeepOperators(ctx, operators);
    return operators->Land(acc, *landing);
  }

  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const variable_list saved = ctx->get_saved_variables();
    const auto landing = Kept<Landing>(ctx, "landing");
    const LandingGradients g =
        KeptOperators(ctx).LandBackward(saved[0], grads[0], *landing);
    at::Tensor dbias;
    if (saved[1].numel() > 0) {
      const at::Tensor unit =
          at::tensor(landing->bias_unit, at::kFloat).to(saved[1].device());
      dbias = (g.sums[0] / unit).to(saved[1].options());
      if (landing->trained_bias < dbias.numel()) {
        dbias
            .narrow(0, landing->trained_bias,
                    dbias.numel() - landing->trained_bias)
            .zero_();
      }
    }
    return {g.dacc.to(saved[0].scalar_type()),
            dbias,
            ForLeaf(saved[2], g.sums[1]),
            ForLeaf(saved[3], g.sums[2]),
            ForLeaf(saved[4], g.sums[3]),
            ForLeaf(saved[5], g.sums[4]),
            at::Tensor(),
            at::Tensor()};
  }
};

class SimSoftmaxFunction : public Function<SimSoftmaxFunction> {
 public:
  static at::Tensor forward(
      AutogradContext* ctx, const at::Tensor& acc,
      const SimOperators* operators,
      const c10::intrusive_ptr<SoftmaxIntegers>& integers) {
    at::Tensor p =
        operators->SoftmaxRows(acc, integers->tables, integers->logits);
    ctx->save_for_backward({p});
    Keep(ctx, "integers", integers);
    KeepOperators(ctx, operators);
    return p;
  }
  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const auto integers = Kept<SoftmaxIntegers>(ctx, "integers");
    return {KeptOperators(ctx).SoftmaxRowsBackward(
                ctx->get_saved_variables()[0], grads[0], integers->units),
            at::Tensor(), at::Tensor()};
  }
};

class WeightFunction : public Function<WeightFunction> {
 public:
  static at::Tensor forward(
      AutogradContext* ctx, const at::Tensor& weights,
      const at::Tensor& log_scale, const SimOperators* operators,
      const c10::intrusive_ptr<WeightIntegers>& integers) {
    ctx->save_for_backward({weights, log_scale});
    Keep(ctx, "integers", integers);
    KeepOperators(ctx, operators);
    return integers->codes.alias();
  }
  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const variable_list saved = ctx->get_saved_variables();
    const auto integers = Kept<WeightIntegers>(ctx, "integers");
    WeightGradients g = KeptOperators(ctx).WeightBackward(
        saved[0], integers->codes, grads[0], integers->scales, integers->limit);
    for (std::size_t o = 0; o < integers->floored.size(); ++o) {
      if (integers->floored[o] != 0) g.dscale[static_cast<int64_t>(o)] = 0;
    }
    return {g.dweights, ForLeaf(saved[1], g.dscale), at::Tensor(),
            at::Tensor()};
  }
};

}  // namespace

at::Tensor LandCodes(const SimOperators& operators, const at::Tensor& acc,
                     const LandingLeaves& leaves,
                     const c10::intrusive_ptr<Landing>& landing) {
  return LandFunction::apply(
      acc, OrEmpty(leaves.bias, acc), OrEmpty(leaves.target_scale, acc),
      OrEmpty(leaves.target_zero, acc), OrEmpty(leaves.out_scale, acc),
      OrEmpty(leaves.out_zero, acc), &operators, landing);
}

at::Tensor SoftmaxCodes(const SimOperators& operators, const at::Tensor& acc,
                        const c10::intrusive_ptr<SoftmaxIntegers>& integers) {
  return SimSoftmaxFunction::apply(acc, &operators, integers);
}

at::Tensor WeightCodes(const SimOperators& operators, const at::Tensor& weights,
                       const at::Tensor& log_scale,
                       const c10::intrusive_ptr<WeightIntegers>& integers) {
  return WeightFunction::apply(weights, log_scale, &operators, integers);
}

}  // namespace edge_int8::train
