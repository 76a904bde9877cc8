// Milliseconds of a training step per window on random data, as JSON: what
// bench/train_speed.py sets beside the naive script. Checks one step's loss
// against LibTorch's own operators before it times anything.
//
//   train_speed [VARIANT [BATCH [THREADS [STEPS]]]]
#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "src/base/error.h"
#include "src/base/parallel.h"
#include "src/nets/wiflow.h"
#include "train/commands/adamw.h"
#include "train/commands/heap.h"
#include "train/commands/pose_loss.h"
#include "train/simulation/torch_graph.h"

namespace edge_int8::train {
namespace {

class Stepper {
 public:
  Stepper(const std::string& variant, const Operators& operators)
      : network_(BuildWiflow(WiflowVariant(variant)), at::kCPU, operators),
        optimizer_(network_.parameters()) {
    network_.Initialize(42);
  }

  double Step(const at::Tensor& x, const at::Tensor& truth) {
    const at::Tensor y =
        network_.TrainingPass(x, static_cast<uint64_t>(optimizer_.steps()));
    const at::Tensor loss = PoseLoss(y.view(truth.sizes()), truth);
    network_.gradients().zero_();
    loss.backward();
    Check(ClipGradients(network_.gradients(), 1.0), "a gradient is not finite");
    optimizer_.Step(network_.gradients(), 1e-4);
    network_.CommitStatistics();
    return loss.item<double>();
  }

 private:
  TorchGraph network_;
  AdamW optimizer_;
};

void Run(const std::string& variant, int64_t batch, int threads, int steps) {
  SetThreads(threads);
  at::manual_seed(1);
  const at::Tensor x = at::rand({540, batch, 1, 20});
  const at::Tensor truth = at::rand({15, batch, 2});
  Stepper ours(variant, Fused());
  Stepper reference(variant, Composed());
  const double loss = ours.Step(x, truth);
  Check(std::abs(loss - reference.Step(x, truth)) < 1e-4 * loss,
        "the fused operators give another loss");
  ours.Step(x, truth);  // Memory and code are warm now.
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < steps; ++i) ours.Step(x, truth);
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
          .count();
  fmt::print("{{\"ms_per_window_step\": {:.4f}}}\n",
             1e3 * seconds / static_cast<double>(steps * batch));
}

}  // namespace
}  // namespace edge_int8::train

int main(int argc, char** argv) {
  const auto number = [&](int i, int fallback) {
    return argc > i ? std::atoi(argv[i]) : fallback;
  };
  edge_int8::train::KeepFreedMemory();
  edge_int8::train::Run(argc > 1 ? argv[1] : "half", number(2, 64),
                        number(3, 0), number(4, 20));
  return 0;
}
