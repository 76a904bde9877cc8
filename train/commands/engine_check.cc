#include "train/commands/engine_check.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include "core/arith/boundary.h"
#include "core/engine/aligned_buffer.h"
#include "core/engine/engine.h"
#include "src/base/error.h"
#include "src/base/parallel.h"
#include "src/base/rank_share.h"
#include "src/pose/window_source.h"
#include "src/run/load_predictor.h"

namespace edge_int8::train {
namespace {

constexpr int64_t kBatch = 64;

std::vector<int32_t> EngineOutputs(const core::IntegerGraph& graph,
                                   const WindowSource& source) {
  std::unique_ptr<core::Engine> engine;
  const core::Status made =
      core::Engine::Create(graph, {IsaFromEnvironment()}, &engine);
  Check(made == core::Status::kOk, "the engine refuses a lowered model");
  struct Scratch {
    core::AlignedBuffer arena;
    std::vector<float> window;
    std::vector<uint8_t> bytes;
  };
  const int slots = ThreadCount();
  std::vector<Scratch> scratches;
  for (int i = 0; i < slots; ++i) {
    scratches.push_back({core::AlignedBuffer(engine->arena_bytes()),
                         std::vector<float>(engine->input_size()),
                         std::vector<uint8_t>(engine->input_size())});
  }
  const std::size_t size = engine->output_size();
  std::vector<int32_t> outputs(static_cast<std::size_t>(source.size()) * size);
  const Share mine = MyShare(source.size());
  ParallelForSlots(mine.size(), slots, [&](int64_t n, int slot) {
    const int64_t i = mine.first + n;
    Scratch& scratch = scratches[static_cast<std::size_t>(slot)];
    source.Read(i, scratch.window);
    std::ranges::transform(scratch.window, scratch.bytes.begin(), [&](float x) {
      return core::QuantizeInput(x, graph.input_factor,
                                 graph.tensors[0].zero_point);
    });
    engine->Run(scratch.bytes.data(),
                outputs.data() + static_cast<std::size_t>(i) * size,
                scratch.arena.data());
  });
  const auto values = static_cast<int64_t>(size);
  GatherSlices(std::span(outputs), mine.first * values, mine.end * values);
  return outputs;
}

std::vector<int32_t> SimulatedOutputs(const CodesOf& simulated,
                                      const PoseData& data, at::Device device) {
  return InBatches<int32_t>(
      data.windows.size(), kBatch, [&](std::span<const int64_t> chosen) {
        return simulated(GatherBatch(data, chosen, device).windows);
      });
}

std::vector<PoseTally> TallyOutputs(const std::vector<int32_t>& outputs,
                                    const core::IntegerGraph& graph,
                                    const WindowTargets& targets) {
  const int32_t zero =
      graph.tensors[static_cast<std::size_t>(graph.output)].zero_point;
  std::vector<float> poses;
  poses.reserve(outputs.size());
  for (const int32_t y : outputs) {
    poses.push_back(core::DequantizeOutput(y, graph.output_scale, zero));
  }
  return targets.Tally(poses);
}

}  // namespace

EngineCheck CheckEngine(const core::IntegerGraph& graph,
                        const CodesOf& simulated, const PoseData& data,
                        at::Device device) {
  const std::vector<int32_t> engine = EngineOutputs(graph, data.windows);
  const std::vector<int32_t> outputs =
      SimulatedOutputs(simulated, data, device);
  Check(engine.size() == outputs.size(), "outputs of different sizes");
  EngineCheck check;
  for (std::size_t i = 0; i < engine.size(); ++i) {
    check.gap_lsb =
        std::max(check.gap_lsb, std::abs(int64_t{engine[i]} - outputs[i]));
  }
  check.engine = TallyOutputs(engine, graph, data.targets);
  check.simulated = TallyOutputs(outputs, graph, data.targets);
  return check;
}

std::vector<PoseTally> TallyFloat(FloatNetwork& network, const PoseData& data,
                                  at::Device device) {
  return data.targets.Tally(InBatches<float>(
      data.windows.size(), kBatch, [&](std::span<const int64_t> chosen) {
        return network.EvaluationPass(
            GatherBatch(data, chosen, device).windows);
      }));
}

}  // namespace edge_int8::train
