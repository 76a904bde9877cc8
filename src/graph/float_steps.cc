#include "src/graph/float_steps.h"

#include <vector>

#include "src/graph/float_nodes.h"

namespace edge_int8 {
namespace {

// One step; a member per kind of work.
struct StepRunner {
  const FloatPlan& plan;
  const FloatWindow& window;
  const FloatStep& step;

  float* InArena(const FloatView& view) const {
    return window.arena + plan.buffers[static_cast<std::size_t>(view.buffer)];
  }
  const float* Source(const FloatView& view) const {
    return view.buffer == kCallerInput ? window.input : InArena(view);
  }
  float* Target(const FloatView& view) const {
    return view.buffer == kCallerOutput ? window.output : InArena(view);
  }

  // The epilogue of rows [row, row + rows) and `width` channels from `first`.
  void Finish(int row, int rows, int first, int width) const {
    const FloatEpilogue& e = step.epilogue;
    if (!e.any()) return;
    EpilogueBlock block{rows,    width, nullptr,      step.out.stride_w,
                        nullptr, 0,     e.silu_first, e.silu_last};
    block.x = Target(step.out) + row * step.out.stride_w + first;
    if (e.has_residual) {
      block.residual_stride = e.residual.stride_w;
      block.residual = Source(e.residual) + row * e.residual.stride_w + first;
    }
    plan.kernels->epilogue(block);
  }

  // Panel by panel, so that its weights stay in cache for all positions; these
  // in blocks of nearly equal size.
  void operator()(const GemmWork& work) const {
    const FloatKernels& kernels = *plan.kernels;
    const int positions = step.out.positions();
    const int blocks = (positions + kernels.gemm_rows - 1) / kernels.gemm_rows;
    for (const GemmWork::Panel& panel : work.panels) {
      for (int i = 0; i < blocks; ++i) {
        const int row = i * positions / blocks;
        const int rows = (i + 1) * positions / blocks - row;
        kernels.gemm[panel.vectors - 1][rows - 1](
            {window.arena + panel.first_in,
             work.offsets.data() + std::ptrdiff_t{row} * work.taps, work.taps,
             work.channels, work.weights.data() + panel.weights,
             work.biases.data() + panel.bias,
             Target(step.out) + row * step.out.stride_w + panel.first_out,
             step.out.stride_w});
        Finish(row, rows, panel.first_out, panel.vectors * kernels.lanes);
      }
    }
  }

  void operator()(const DepthwiseWork& work) const {
    const int positions = step.out.positions();
    plan.kernels->depthwise({window.arena, work.offsets.data(), positions,
                             work.taps, work.width, work.weights.data(),
                             work.biases.data(), Target(step.out),
                             step.out.stride_w});
    Finish(0, positions, 0, work.width);
  }

  void operator()(const AttentionWork& work) const {
    const bool wide = work.axis == Axis::kWidth;
    const auto along = [&](const FloatView& v) {
      return wide ? v.stride_w : v.stride_h;
    };
    const auto across = [&](const FloatView& v) {
      return wide ? v.stride_h : v.stride_w;
    };
    const Extent& e = step.out.extent;
    const float* qkv = Source(step.in);
    float* out = Target(step.out);
    for (int line = 0; line < (wide ? e.height : e.width); ++line) {
      plan.kernels->attention(
          {qkv + line * across(step.in), along(step.in),
           wide ? e.width : e.height, work.heads, e.channels, work.bias.data(),
           out + line * across(step.out), along(step.out), window.scratch});
    }
  }

  static void Copy(const float* from, const FloatView& in, float* to,
                   const FloatView& out) {
    const Extent& e = in.extent;
    for (int h = 0; h < e.height; ++h) {
      for (int w = 0; w < e.width; ++w) {
        const float* x = from + h * in.stride_h + w * in.stride_w;
        float* y = to + h * out.stride_h + w * out.stride_w;
        for (int c = 0; c < e.channels; ++c) {
          y[c * out.stride_c] = x[c * in.stride_c];
        }
      }
    }
  }

  void operator()(const CopyWork&) const {
    Copy(Source(step.in), step.in, Target(step.out), step.out);
    const int lanes = plan.kernels->lanes;
    const int width = (step.out.extent.channels + lanes - 1) / lanes * lanes;
    Finish(0, step.out.positions(), 0, width);
  }

  // The graph's own layout of a tensor.
  static FloatView Plain(const Extent& e) {
    return {0, e, e.height * e.width, e.width, 1};
  }

  void operator()(const PlainWork& work) const {
    std::vector<std::vector<float>> copies;
    for (const FloatView& view : work.inputs) {
      copies.emplace_back(static_cast<std::size_t>(view.extent.size()));
      Copy(Source(view), view, copies.back().data(), Plain(view.extent));
    }
    std::vector<float> result(static_cast<std::size_t>(step.out.extent.size()));
    ComputeNode(plan.model, *work.node, {copies.begin(), copies.end()}, result);
    Copy(result.data(), Plain(step.out.extent), Target(step.out), step.out);
  }
};

}  // namespace

void RunStep(const FloatPlan& plan, const FloatWindow& window,
             const FloatStep& step) {
  std::visit(StepRunner{plan, window, step}, step.work);
}

void RunSteps(const FloatPlan& plan, const FloatWindow& window) {
  for (const FloatStep& step : plan.steps) RunStep(plan, window, step);
}

}  // namespace edge_int8
