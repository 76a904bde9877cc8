// The loop that fine-tunes: a few epochs from a network that already works, the
// rate warmed up and led to zero, the best epoch by validation, and a state
// from which a stopped run goes on to the same bits. Quantization-aware
// training and its control in float both run it and differ only in the network.
// Tested by finetune_test.cc.
#ifndef EDGE_INT8_TRAIN_COMMANDS_FINETUNE_H_
#define EDGE_INT8_TRAIN_COMMANDS_FINETUNE_H_

#include <cstdint>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <vector>

#include "train/commands/adamw.h"
#include "train/commands/micro_batches.h"
#include "train/commands/pose_batches.h"
#include "train/simulation/finetuned_network.h"

namespace edge_int8::train {

struct FinetuneOptions {
  std::filesystem::path state;  // written after every epoch
  int epochs = 3;
  double learning_rate = 1e-4;  // the schedule's peak (WarmCosineRate)
  int batch = 64;
  uint64_t seed = 42;
  int64_t windows_per_epoch = 0;  // 0: all; else the first of the shuffle
  // What is scored is a running mean of the values, which keeps this share of
  // itself at every step; 0: the values themselves.
  double average = 0;
  bool simulated = false;  // validation also scores a simulation
  // What must be the same for a resumed run to mean anything beside these
  // options (run_identity.h), and what it needs: kept in the state as they are.
  nlohmann::json identity = nlohmann::json::object();
  nlohmann::json start;
};

class Finetuner {
 public:
  // Scores the network as it is: an object whose "val" is a score; more keys
  // are kept in the curve.
  using Validate = std::function<nlohmann::json()>;

  // `teacher`, if any, answers beside the truth. All stay the caller's.
  Finetuner(FinetunedNetwork& network, at::Device device,
            const FinetuneOptions& options, const PoseData& train,
            Validate validate, FloatNetwork* teacher = nullptr);

  // Goes on from options.state. Throws kUsage for another run's.
  void Resume();
  // To the last epoch, then gives the network the best epoch's values; epoch 0
  // is the start. Throws kInterrupted when finished epochs are on disk.
  void Run();

  // One entry for each epoch, 0 first.
  const std::vector<nlohmann::json>& curve() const { return curve_; }
  const nlohmann::json& best() const { return best_; }
  // No epoch was better than the start, which the network has again.
  bool kept_start() const;

  // One optimizer step on a batch of train windows, micro-batch by micro-batch;
  // its loss, or NaN when it was skipped. What bench/qat_speed.cc times.
  double Step(std::span<const int64_t> batch);

 private:
  int64_t StepsPerEpoch() const;
  double RateAt(int64_t step) const;
  // How far weights are drawn to their integers at a step.
  double DampingAt(int64_t step) const;
  nlohmann::json Evaluate();
  nlohmann::json RunEpoch(int epoch);
  // A micro-batch's loss before its share, with its gradients where finite.
  double RunMicroBatch(const PoseBatch& part, double weight);
  void Finish(nlohmann::json entry);
  void Save() const;
  nlohmann::json Identity() const;

  FinetunedNetwork& network_;
  const at::Device device_;
  const FinetuneOptions options_;
  const PoseData& train_;
  const Validate validate_;
  FloatNetwork* teacher_;
  AdamW optimizer_;
  GradientSum gradient_sum_;
  at::Tensor average_;    // of the values; undefined without
  at::Tensor evaluated_;  // the values that were scored last
  at::Tensor best_values_;
  std::vector<nlohmann::json> curve_;
  nlohmann::json best_;
};

}  // namespace edge_int8::train

#endif  // EDGE_INT8_TRAIN_COMMANDS_FINETUNE_H_
