// Simulation and engine on the same windows: what a training run is scored by,
// and the proof that both are one model. Tested by finetune_test.cc.
#ifndef EDGE_INT8_TRAIN_COMMANDS_ENGINE_CHECK_H_
#define EDGE_INT8_TRAIN_COMMANDS_ENGINE_CHECK_H_

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <vector>

#include "core/container/integer_graph.h"
#include "src/pose/pose_metric.h"
#include "train/commands/pose_batches.h"
#include "train/simulation/finetuned_network.h"

namespace edge_int8::train {

struct EngineCheck {
  std::vector<PoseTally> engine, simulated;  // by window
  // Largest difference of their output integers over all windows.
  int64_t gap_lsb = 0;
};

// Gives the output tensor's integers for a batch of windows.
using CodesOf = std::function<at::Tensor(const at::Tensor& windows)>;

// `graph` is what the model lowers to whose integers `simulated` gives.
EngineCheck CheckEngine(const core::IntegerGraph& graph,
                        const CodesOf& simulated, const PoseData& data,
                        at::Device device);
inline EngineCheck CheckEngine(const core::IntegerGraph& graph,
                               const IntegerSimulation& simulation,
                               const PoseData& data, at::Device device) {
  const CodesOf codes = [&](const at::Tensor& x) { return simulation.Run(x); };
  return CheckEngine(graph, codes, data, device);
}

// A float network's score on the same windows.
std::vector<PoseTally> TallyFloat(FloatNetwork& network, const PoseData& data,
                                  at::Device device);

}  // namespace edge_int8::train

#endif  // EDGE_INT8_TRAIN_COMMANDS_ENGINE_CHECK_H_
