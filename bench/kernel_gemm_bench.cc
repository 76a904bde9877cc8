// The matrix products alone, at the real layer shapes of `half`, on every
// instruction set of this machine. Each answer is first compared with the
// scalar kernel's. items_per_second counts the layer's own multiply-
// accumulates, so padding to whole vectors shows as a lower rate.
#include <benchmark/benchmark.h>

#include "core/engine/conv_plan.h"
#include "core/engine/graph_facts.h"
#include "core/kernels/kernels.h"
#include "core/kernels/scalar/scalar_kernels.h"
#include "tests/core_engine/random_graph.h"

namespace edge_int8::core {
namespace {

struct Layer {
  const char* name;
  int32_t in, height, width, out;
  ConvGeometry geometry;
  // Of the values of 128 or more, in percent; -1: all bytes are as likely.
  // On AVX2 the time depends on it.
  int32_t high_percent = 1;
};

constexpr ConvGeometry kWide = {.kernel_w = 3, .pad_left = 1, .pad_right = 1};

const Layer kLayers[] = {
    {"tcn0_group",
     540,
     1,
     20,
     540,
     {.kernel_w = 3, .pad_left = 2, .groups = 20},
     -1},
    {"tcn0_downsample", 540, 1, 20, 270, {}, -1},
    {"tcn0_pointwise", 540, 1, 20, 270, {}},
    {"tcn0_pointwise_high_values", 540, 1, 20, 270, {}, 50},
    {"tcn2_group",
     170,
     1,
     20,
     170,
     {.kernel_w = 3, .dilation_w = 4, .pad_left = 8, .groups = 10}},
    {"tcn3_pointwise", 170, 1, 20, 120, {}},
    {"up_first", 1, 20, 120, 4, kWide},
    {"up_second", 4, 20, 120, 4, kWide},
    {"residual1", 8, 20, 30, 8, kWide},
    {"residual3", 32, 20, 15, 32, kWide},
    {"qkv", 32, 15, 20, 96, {}},
    {"decoder0", 32, 15, 20, 16, kSquare},
    {"decoder3", 16, 15, 20, 2, {}},
};

// One layer, planned for one instruction set, with memory to run in.
class Product {
 public:
  Product(const Layer& layer, const KernelTable& kernels) : kernels_(kernels) {
    RandomGraph builder(1, layer.in, layer.height, layer.width);
    const int32_t y = builder.Conv(0, layer.out, layer.geometry, {});
    IntegerGraph graph = builder.Finish(y);
    graph.tensors[0].zero_point = layer.high_percent < 0 ? 0 : 12;
    macs_ = CountMacs(graph, graph.ops[0]);
    const std::vector<TensorLayout> layouts = PlanLayouts(graph);
    plan_ = PlanConv(std::get<ConvOp>(graph.ops[0]), layouts[0], layouts[1],
                     kernels);
    x_ = AlignedBuffer(static_cast<std::size_t>(layouts[0].bytes()) + kSlack);
    Rng rng(2);
    for (std::size_t i = 0; i < x_.size(); ++i) {
      const auto percent = static_cast<int32_t>(rng.Below(100));
      const uint64_t top = layer.high_percent < 0         ? rng.Below(2)
                           : percent < layer.high_percent ? 1
                                                          : 0;
      x_.data()[i] = static_cast<std::byte>(128 * top + rng.Below(128));
    }
    widened_ = AlignedBuffer(static_cast<std::size_t>(WidenedBytes(plan_)));
    acc_.resize(plan_.positions.size() *
                static_cast<std::size_t>(plan_.acc_stride));
  }

  int64_t macs() const { return macs_; }
  const std::vector<int32_t>& acc() const { return acc_; }

  void Run() {
    for (const ConvTile& tile : plan_.tiles) {
      Multiply(plan_, tile, kernels_, x_.data(), widened_.data(),
               acc_.data() + int64_t{tile.first_position} * plan_.acc_stride);
    }
  }

 private:
  const KernelTable& kernels_;
  ConvPlan plan_;
  AlignedBuffer x_, widened_;
  std::vector<int32_t> acc_;
  int64_t macs_ = 0;
};

void RunLayer(benchmark::State& state, const Layer& layer, Isa isa) {
  Product expected(layer, kScalarKernels);
  expected.Run();
  Product product(layer, *FindKernels(isa));
  product.Run();
  if (product.acc() != expected.acc()) {
    state.SkipWithError("differs from the scalar kernel");
    return;
  }
  for (auto unused : state) {
    product.Run();
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * product.macs());
}

}  // namespace
}  // namespace edge_int8::core

int main(int argc, char** argv) {
  using namespace edge_int8::core;
  for (const Isa isa : AvailableIsas()) {
    for (const Layer& layer : kLayers) {
      const std::string name = std::string(IsaName(isa)) + "/" + layer.name;
      benchmark::RegisterBenchmark(
          name.c_str(),
          [&layer, isa](benchmark::State& s) { RunLayer(s, layer, isa); });
    }
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
