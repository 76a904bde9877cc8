#include "train/commands/train_command.h"

#include <fmt/format.h>
#include <torch/version.h>

#include <chrono>
#include <cmath>
#include <cstdio>

#include "src/base/error.h"
#include "src/base/output_file.h"
#include "src/base/parallel.h"
#include "src/eval/model_fit.h"
#include "src/nets/wiflow.h"
#include "src/pose/dataset.h"
#include "src/run/run_identity.h"
#include "src/run/verb_files.h"
#include "train/commands/pose_loss.h"
#include "train/commands/task_loop.h"
#include "train/commands/training_inputs.h"

namespace edge_int8::train {
namespace {

nlohmann::json LogOf(const TrainCommand& command, const Dataset& dataset,
                     const Trainer& trainer, const PoseData& train,
                     const PoseData& validation, double seconds) {
  const TrainOptions& options = command.options;
  return {
      {"variant", command.variant},
      {"data",
       {{"path", command.data.string()},
        {"kind", dataset.synthetic() ? "synthetic" : "real"},
        {"split_id", dataset.split_id()},
        {"train_windows", train.windows.size()},
        {"val_windows", validation.windows.size()}}},
      {"epochs", options.epochs},
      {"learning_rate", options.learning_rate},
      {"batch", options.batch},
      {"seed", options.seed},
      {"schedule", ScheduleName(options.schedule)},
      {"threads", ThreadCount()},
      {"versions", {{"tool", command.version}, {"libtorch", TORCH_VERSION}}},
      {"seconds", seconds},
      {"stopped_early", trainer.stopped_early()},
      {"best", trainer.best()},
      {"curve", trainer.curve()}};
}

void CheckCommand(const TrainCommand& command) {
  const TrainOptions& options = command.options;
  if (!std::isfinite(options.learning_rate)) FailUsage("--lr is not a number");
  VerbFiles()
      .ReadsDataset("--data", command.data, command.dataset)
      .WritesAndReads("--out", options.out)
      .WritesAndReads("the state of --out,", StatePath(options.out))
      .Writes("--log", command.log.value_or(std::filesystem::path()))
      .Check(command.force || options.resume ? IfExists::kReplace
                                             : IfExists::kFail);
}

// The variant at the data set's own extents: [channels, ..., frames] windows,
// any number of joints. Targets that the family can't give are for
// CheckModelFits to refuse.
WiflowConfig NetworkFor(const TrainCommand& command, const Dataset& dataset) {
  const WiflowConfig& variant = WiflowVariant(command.variant);
  const Task& task = dataset.task();
  const int64_t frames = task.window.back();
  const int64_t channels = ElementCount(task.window) / frames;
  if (task.metric.is_classes() || task.window.size() < 2 || channels > 65536 ||
      frames > 65536) {
    return variant;
  }
  return FitWiflow(variant, static_cast<int>(channels),
                   static_cast<int>(frames), task.metric.joints);
}

void TrainToTheEnd(Trainer& trainer, const TrainOptions& options) {
  try {
    trainer.Run();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kInterrupted) throw;
    const std::size_t finished = trainer.curve().size();
    throw Error(ErrorKind::kInterrupted,
                finished == 0
                    ? "interrupted before the first epoch ended"
                    : fmt::format("interrupted; {} finished epochs are in {}: "
                                  "the same command with --resume goes on",
                                  finished, StatePath(options.out).string()));
  }
  if (trainer.best().is_null()) {
    throw Error(ErrorKind::kBadInput,
                "no epoch had finite predictions: no checkpoint was written");
  }
}

}  // namespace

void RunTrain(const TrainCommand& command) {
  const auto start = std::chrono::steady_clock::now();
  CheckCommand(command);
  UseThreads(command.threads);
  const at::Device device = ChooseDevice(command.device);
  const Dataset dataset = Dataset::Open(command.data, command.dataset);
  TorchGraph network(BuildWiflow(NetworkFor(command, dataset)), device,
                     device == at::kCPU ? Fused() : Composed());
  CheckModelFits("--variant " + command.variant, ShapesOf(network.graph()),
                 dataset);
  const SplitPoses train(dataset, Split::kTrain);
  const SplitPoses validation(dataset, Split::kVal);
  const PoseData train_data = train.data(network.graph());
  const PoseData validation_data = validation.data(network.graph());
  network.Initialize(command.options.seed);
  TrainOptions options = command.options;
  options.identity = ProgramIdentity();
  options.identity.update(DataIdentity(dataset, command.dataset));
  Trainer trainer(network, device, options, train_data, validation_data);
  fmt::print(stderr, "training {} on {} windows, {} to validate, {} threads\n",
             command.variant, train_data.windows.size(),
             validation_data.windows.size(), ThreadCount());
  TrainToTheEnd(trainer, command.options);
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
          .count();
  if (command.log) {
    WriteFile(
        *command.log,
        LogOf(command, dataset, trainer, train_data, validation_data, seconds)
                .dump(2) +
            "\n",
        IfExists::kReplace);
  }
  const nlohmann::json& best = trainer.best();
  fmt::print("{}: epoch {}, val {}\n", command.options.out.string(),
             best["epoch"].get<int>(), ScoreText(best["val"]));
}

}  // namespace edge_int8::train
