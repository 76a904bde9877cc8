// Whole windows through the engine: every variant and instruction set, with
// random weights in the shapes that lowering gives, and tables shaped like
// SiLU: on AVX2 the time depends on how many stored values are 128 or more, in
// trained networks 0 to 7% (avx2_shared_gemm.cc). Each answer is first compared
// with the reference's. `share_of_peak` is of the peak measured just before
// (core/engine/peak.h).
//
//   engine_bench --nodes [ISA]   lists where the time of `half` goes instead:
//                                the least of 2,000 runs of each node
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string_view>

#include "core/engine/engine.h"
#include "core/engine/graph_facts.h"
#include "core/engine/peak.h"
#include "core/reference/run_reference.h"
#include "tests/core_engine/random_wiflow.h"

namespace edge_int8::core {
namespace {

constexpr int32_t kZero = 12;
constexpr double kTop = 9;  // stored units of an 8-bit tensor per SiLU unit

// Table i of n around an eighth of them, where the pre-activation's zero point
// goes: few values reach the upper half. A term of a sum has 7 more bits.
void ShapeLikeSilu(Activation* a, TensorSpec* out) {
  const bool bytes = out->type == Type::kU8;
  const auto entries = static_cast<double>(a->table.size());
  const double unit = bytes ? kTop : kTop * 128;
  a->zero = static_cast<int32_t>(a->table.size() / 8);
  if (bytes) out->zero_point = kZero;
  for (std::size_t i = 0; i < a->table.size(); ++i) {
    const double x = (static_cast<double>(i) - a->zero) / entries * 16;
    const double y = x / (1 + std::exp(-x)) * unit;
    a->table[i] = static_cast<int16_t>(
        bytes ? std::clamp(std::lround(kZero + y), 0L, 255L) : std::lround(y));
  }
}

void ShapeLikeTrained(IntegerGraph* graph) {
  for (IntegerOp& any : graph->ops) {
    std::visit(
        [&](auto& op) {
          if constexpr (requires { op.activation; }) {
            TensorSpec& out =
                graph->tensors[static_cast<std::size_t>(op.output)];
            if (op.activation.kind == TableKind::kLookup) {
              ShapeLikeSilu(&op.activation, &out);
            }
          }
          if constexpr (requires { op.scale.begin(); }) {
            for (Multiplier& m : op.scale) m = ToFloatMultiplier(m);
          }
          if constexpr (requires { op.logit.begin(); }) {
            for (Multiplier& m : op.logit) m = ToFloatMultiplier(m);
          }
          if constexpr (requires { op.geometry; }) {
            // The other terms: an eighth of the range they are made with.
            if (op.activation.kind != TableKind::kNone) return;
            for (Multiplier& m : op.scale) m.shift = std::min(62, m.shift + 3);
          }
        },
        any);
  }
}

struct Loaded {
  std::vector<uint8_t> input;
  IntegerGraph graph;
  std::unique_ptr<Engine> engine;
  AlignedBuffer arena;
  std::vector<int32_t> output;

  Loaded(const WiflowShape& shape, const WiflowPlan& plan, Isa isa) {
    RandomWiflow builder(shape, plan, 1);
    input = builder.RandomInput();
    graph = builder.Build();
    ShapeLikeTrained(&graph);
    if (Engine::Create(graph, {isa}, &engine) != Status::kOk) return;
    arena = AlignedBuffer(engine->arena_bytes());
    output.resize(engine->output_size());
    Run();
  }
  void Run() { engine->Run(input.data(), output.data(), arena.data()); }
  bool EqualsReference() const {
    return RunReference(graph, input)[static_cast<std::size_t>(graph.output)] ==
           output;
  }
};

void RunVariant(benchmark::State& state, const WiflowShape& shape,
                const WiflowPlan& plan, Isa isa) {
  Loaded loaded(shape, plan, isa);
  if (!loaded.EqualsReference()) {
    state.SkipWithError("differs from the reference");
    return;
  }
  const double peak = MeasurePeakMacsPerSecond(isa);
  for (auto unused : state) loaded.Run();
  const auto macs = static_cast<double>(CountMacs(loaded.graph));
  using benchmark::Counter;
  state.counters["macs_per_s"] =
      Counter(macs, Counter::kIsIterationInvariantRate);
  state.counters["share_of_peak"] =
      Counter(macs / peak, Counter::kIsIterationInvariantRate);
  state.counters["arena_bytes"] =
      static_cast<double>(loaded.engine->arena_bytes());
}

int PrintNodes(Isa isa) {
  Loaded loaded(kWiflowShapes[1], kPlan8, isa);
  if (!loaded.EqualsReference()) return 1;
  const auto nodes = loaded.engine->nodes();
  std::vector<double> least(nodes.size(), 1e18);
  for (int run = 0; run < 2000; ++run) {
    std::vector<double> ns(nodes.size());
    loaded.engine->RunTimed(loaded.input.data(), loaded.output.data(),
                            loaded.arena.data(), ns);
    for (std::size_t n = 0; n < ns.size(); ++n) {
      least[n] = std::min(least[n], ns[n]);
    }
  }
  for (std::size_t n = 0; n < nodes.size(); ++n) {
    std::printf("%-5s %-10s %8.2f us %8.1f GMAC/s\n", nodes[n].name.c_str(),
                nodes[n].kind.data(), least[n] * 1e-3,
                static_cast<double>(nodes[n].macs) / least[n]);
  }
  return 0;
}

}  // namespace
}  // namespace edge_int8::core

namespace edge_int8::core {
namespace {

struct NamedPlan {
  const char* suffix;
  const WiflowPlan& plan;
};

constexpr NamedPlan kPlans[] = {
    {"", kPlan8}, {"/12_bit_tables", kPlan12}, {"/16_bit", kPlan16}};

void Register(const WiflowShape& shape, const NamedPlan& named, Isa isa) {
  const std::string name =
      std::string(IsaName(isa)) + "/" + shape.name + named.suffix;
  benchmark::RegisterBenchmark(name.c_str(), [&shape, &named,
                                              isa](benchmark::State& s) {
    RunVariant(s, shape, named.plan, isa);
  })->Unit(benchmark::kMicrosecond);
}

}  // namespace
}  // namespace edge_int8::core

int main(int argc, char** argv) {
  using namespace edge_int8::core;
  if (argc > 1 && std::string_view(argv[1]) == "--nodes") {
    const auto isa = argc > 2 ? ParseIsa(argv[2]) : BestIsa();
    return isa && IsAvailable(*isa) ? PrintNodes(*isa) : 2;
  }
  for (const Isa isa : AvailableIsas()) {
    for (const WiflowShape& shape : kWiflowShapes) {
      for (const NamedPlan& plan : kPlans) Register(shape, plan, isa);
    }
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
