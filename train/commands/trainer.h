// The training loop: epochs of shuffled batches, validation, the best
// checkpoint, and a state from which a stopped run goes on to the same bits.
// Tested by trainer_test.cc.
#ifndef EDGE_INT8_TRAIN_COMMANDS_TRAINER_H_
#define EDGE_INT8_TRAIN_COMMANDS_TRAINER_H_

#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "src/pose/pose_metric.h"
#include "train/commands/adamw.h"
#include "train/commands/learning_rate.h"
#include "train/commands/micro_batches.h"
#include "train/commands/pose_batches.h"
#include "train/commands/training_state.h"
#include "train/simulation/torch_graph.h"

namespace edge_int8::train {

struct TrainOptions {
  std::filesystem::path out;
  int epochs = 50;
  double learning_rate = 1e-4;
  int batch = 64;
  uint64_t seed = 42;
  ScheduleKind schedule = ScheduleKind::kPlateau;
  bool resume = false;
  int early_stop_patience = 5;  // epochs without a better validation MPJPE
  // What a resumed run must share beside these options (run_identity.h).
  nlohmann::json identity = nlohmann::json::object();
};

// Where the state of a run that writes `out` is kept.
std::filesystem::path StatePath(const std::filesystem::path& out);

struct EpochResult {
  int epoch = 0;  // from 1
  double loss = 0;
  double learning_rate = 0;  // at its end
  int64_t skipped = 0;       // batches whose loss or gradient was not finite
  double seconds = 0;
  Score validation;
};
nlohmann::json ToJson(const EpochResult& epoch);

class Trainer {
 public:
  // All three stay the caller's. Nothing is written before Run().
  Trainer(TorchGraph& network, at::Device device, const TrainOptions& options,
          const PoseData& train, const PoseData& validation);

  // Trains to the last epoch or the early stop. Throws kInterrupted on Ctrl-C,
  // when the finished epochs are on disk.
  void Run();

  // Of this run and the ones it resumed, in order.
  const std::vector<nlohmann::json>& curve() const { return curve_; }
  const nlohmann::json& best() const { return best_; }
  bool stopped_early() const { return StopsEarly(); }

 private:
  EpochResult RunEpoch(int epoch);
  // Returns the batch's loss, or NaN when it was skipped.
  double RunBatch(std::span<const int64_t> batch, int64_t step);
  // The gradients of one micro-batch; false when the batch's loss is not
  // finite, for all of its micro-batches alike.
  bool RunMicroBatch(TorchGraph& network, const MicroBatches& micros,
                     std::span<const int64_t> batch, int64_t m,
                     uint64_t dropout_seed, BatchMeeting* meeting);
  TorchGraph& NetworkFor(int64_t local_micro);
  void ShareStatistics(const MicroBatches& micros);
  Score Validate();
  double RateAt(int64_t step) const;
  int64_t StepsPerEpoch() const;
  bool StopsEarly() const;
  void Finish(const EpochResult& result);
  void Restore();
  void RestoreBest(const TrainingState& state);
  void Save() const;
  nlohmann::json Identity() const;

  TorchGraph& network_;
  const at::Device device_;
  const TrainOptions options_;
  const PoseData& train_;
  const PoseData& validation_;
  AdamW optimizer_;
  GradientSum gradient_sum_;
  // Of this rank's micro-batches after the first, which has network_ itself.
  std::vector<std::unique_ptr<TorchGraph>> replicas_;
  std::vector<double> losses_;  // of this rank's micro-batches
  PlateauRate plateau_;
  int finished_epochs_ = 0;
  std::vector<nlohmann::json> curve_;
  nlohmann::json best_;  // the best epoch's entry of curve_; null at first
  // Of that epoch.
  at::Tensor best_parameters_, best_statistics_;
  int64_t best_tracked_ = 0;
};

}  // namespace edge_int8::train

#endif  // EDGE_INT8_TRAIN_COMMANDS_TRAINER_H_
