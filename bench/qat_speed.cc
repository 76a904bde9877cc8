// What a step of quantization-aware training costs beside a float training
// step, timed in turns in one run on the same random batch, and the memory that
// the former needs. Prints JSON. Checks that the simulation equals the engine
// before it times anything.
//
//   qat_speed [VARIANT [BATCH [THREADS [ROUNDS [WEIGHT_BITS]]]]]
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "src/base/error.h"
#include "src/base/parallel.h"
#include "src/graph/fold_norms.h"
#include "src/nets/wiflow.h"
#include "src/qgraph/lower.h"
#include "src/quantize/calibrate/calibration.h"
#include "src/quantize/calibrate/ptq.h"
#include "tests/train/random_poses.h"
#include "train/commands/engine_check.h"
#include "train/commands/finetune.h"
#include "train/commands/heap.h"
#include "train/commands/pose_loss.h"

namespace edge_int8::train {
namespace {

double Seconds(const auto& body) {
  const auto start = std::chrono::steady_clock::now();
  body();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
      .count();
}

double Median(std::vector<double> values) {
  std::ranges::nth_element(values, values.begin() + std::ssize(values) / 2);
  return values[values.size() / 2];
}

// As `edge-int8 train` runs it, norms and dropout included.
class FloatStep {
 public:
  explicit FloatStep(const Model& model)
      : network_(model.graph, at::kCPU, Fused()),
        optimizer_(network_.parameters()) {
    network_.Load(model);
  }
  void Run(const PoseBatch& batch) {
    const at::Tensor y = network_.TrainingPass(batch.windows, ++seed_);
    const at::Tensor loss =
        PoseLoss(y.view(batch.targets.sizes()), batch.targets);
    network_.gradients().zero_();
    loss.backward();
    Check(ClipGradients(network_.gradients(), 1.0), "a gradient is not finite");
    optimizer_.Step(network_.gradients(), 1e-4);
    network_.CommitStatistics();
  }

 private:
  TorchGraph network_;
  AdamW optimizer_;
  uint64_t seed_ = 0;
};

void Run(const std::string& variant, int batch, int threads, int rounds,
         int bits) {
  SetThreads(threads);
  const Model model = RandomModel(BuildWiflow(WiflowVariant(variant)), 3);
  const Model folded = FoldBatchNorms(model);
  const QGraph qgraph = BuildQGraph(folded.graph);
  const RandomPoses poses(batch, 7);
  PtqOptions options;
  options.weight_bits = bits;
  const Plan plan =
      MakePtqPlan(folded, qgraph,
                  Calibrate(folded, qgraph, poses, {.windows = 8}), options);
  const PoseData data = poses.data();
  SimulatedNetwork network(folded, plan, at::kCPU);
  const EngineCheck check =
      CheckEngine(Lower(folded, plan), network.Prepare(), data, at::kCPU);
  Check(check.gap_lsb == 0, "the simulation is not the engine");

  std::vector<int64_t> all(static_cast<std::size_t>(batch));
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i] = static_cast<int64_t>(i);
  }
  const PoseBatch one = GatherBatch(data, all, at::kCPU);
  Finetuner finetuner(network, at::kCPU, {}, data, {});
  for (int i = 0; i < 3; ++i) finetuner.Step(all);
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  const double mib = static_cast<double>(usage.ru_maxrss) / 1024;
  FloatStep real(model);
  for (int i = 0; i < 3; ++i) real.Run(one);
  std::vector<double> qat, fp32;
  for (int i = 0; i < rounds; ++i) {
    fp32.push_back(Seconds([&] { real.Run(one); }));
    qat.push_back(Seconds([&] { finetuner.Step(all); }));
  }
  fmt::print(
      "{{\"variant\": \"{}\", \"weight_bits\": {}, \"batch\": {}, "
      "\"threads\": {}, "
      "\"fp32_step_ms\": "
      "{:.2f}, \"qat_step_ms\": {:.2f}, \"ratio\": {:.3f}, "
      "\"qat_peak_mib\": {:.0f}}}\n",
      variant, bits, batch, ThreadCount(), 1e3 * Median(fp32),
      1e3 * Median(qat), Median(qat) / Median(fp32), mib);
}

}  // namespace
}  // namespace edge_int8::train

int main(int argc, char** argv) {
  const auto number = [&](int i, int fallback) {
    return argc > i ? std::atoi(argv[i]) : fallback;
  };
  edge_int8::train::KeepFreedMemory();
  edge_int8::train::Run(argc > 1 ? argv[1] : "half", number(2, 64),
                        number(3, 0), number(4, 15), number(5, 8));
  return 0;
}
