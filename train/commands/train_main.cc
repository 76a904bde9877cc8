// edge-int8-train: training on LibTorch, started by `edge-int8 train` and
// `edge-int8 quantize --method qat`, which do not link it. This file reads the
// flags and turns an Error into a message and an exit code.
#include <CLI/CLI.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/error.h"
#include "src/base/mpi_communicator.h"
#include "src/base/parallel.h"
#include "src/base/program.h"
#include "src/base/shell_quote.h"
#include "src/nets/network_options.h"
#include "src/run/quantize_checkpoint.h"
#include "src/run/version.h"
#include "train/commands/fx_command.h"
#include "train/commands/heap.h"
#include "train/commands/qat_command.h"
#include "train/commands/train_command.h"

namespace edge_int8::train {
namespace {

// What every verb has: how it runs and what it reads, in the order of --help.
template <class Command>
void AddPlaceFlags(CLI::App& verb, Command& command) {
  verb.add_option("--threads", command.threads, "0 means all cores")
      ->check(CLI::Range(0, kMostThreads));
  verb.add_flag("--force", command.force, "Replace existing outputs");
  verb.add_option("--corrupt-mask", command.dataset.corrupt_masks,
                  "A boolean .npy of corrupt windows; may be repeated")
      ->allow_extra_args(false);
  verb.add_option("--keypoints-root", command.dataset.keypoints_root,
                  "Where the keypoint CSVs are");
  verb.add_option("--hold-out", command.dataset.hold_out,
                  "Recordings whose name matches this regular expression are "
                  "the test split");
}

template <class Command>
void AddRunFlags(CLI::App& verb, Command& command, bool& resume) {
  verb.add_flag("--resume", resume,
                "Go on from OUT.state, which every epoch writes");
  verb.add_option("--device", command.device, "cpu, cuda or auto")
      ->capture_default_str();
  AddPlaceFlags(verb, command);
}

// `tuned` with what the flags of `train` say.
FinetuneCommand FurtherTraining(const TrainCommand& command,
                                FinetuneCommand tuned, bool own_rate) {
  const TrainOptions& options = command.options;
  tuned.data = command.data;
  tuned.dataset = command.dataset;
  tuned.out = options.out;
  tuned.log = command.log;
  tuned.device = command.device;
  tuned.threads = command.threads;
  tuned.force = command.force;
  tuned.resume = options.resume;
  tuned.options.epochs = options.epochs;
  tuned.options.batch = options.batch;
  tuned.options.seed = options.seed;
  if (own_rate) tuned.learning_rate = options.learning_rate;
  return tuned;
}

void AddTrain(CLI::App& app, TrainCommand& command, FinetuneCommand& tuned) {
  CLI::App* verb = app.add_subcommand(
      "train",
      "Train a network in float; the best epoch by validation MPJPE is kept.\n"
      "Example: edge-int8 train --variant half --data preprocessed_csi_data "
      "--out half.pth --epochs 20");
  TrainOptions& options = command.options;
  CLI::Option* variant = verb->add_option("--variant", command.variant,
                                          "full, half, quarter or tiny");
  verb->add_option("--checkpoint", tuned.checkpoint,
                   "Instead: a network to train further, norms folded; an "
                   ".onnx file is written as one")
      ->excludes(variant);
  verb->add_option("--data", command.data, "A folder of windows and targets")
      ->required();
  verb->add_option("--out", options.out, "The .pth to write")->required();
  verb->add_option("--epochs", options.epochs)
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  CLI::Option* rate = verb->add_option("--lr", options.learning_rate,
                                       "Learning rate (with onecycle, its "
                                       "peak)")
                          ->check(CLI::PositiveNumber)
                          ->capture_default_str();
  verb->add_option("--batch", options.batch)
      ->check(CLI::Range(2, 65536))
      ->capture_default_str();
  verb->add_option("--seed", options.seed)->capture_default_str();
  verb->add_option_function<std::string>(
          "--schedule",
          [&options](const std::string& name) {
            options.schedule = ParseSchedule(name);
          },
          "plateau (halved after 3 epochs without progress) or onecycle")
      ->default_str("plateau")
      ->excludes("--checkpoint");
  AddRunFlags(*verb, command, options.resume);
  verb->add_option("--log", command.log, "Write settings and curve as JSON");
  verb->callback([&command, &tuned, variant, rate] {
    if (tuned.checkpoint.empty()) {
      if (variant->count() == 0) {
        FailUsage("train: --variant or --checkpoint is needed");
      }
      RunTrain(command);
      return;
    }
    RunFinetune(FurtherTraining(command, std::move(tuned), rate->count() > 0));
  });
}

// As those of edge-int8 itself, which hands them over.
void AddNetworkFlags(CLI::App& verb, NetworkOptions& network) {
  verb.add_option("--variant", network.variant,
                  "Override recognition of the network");
  verb.add_option("--weights", network.weights,
                  "The set of weights of a checkpoint with several");
  verb.add_option("--joints", network.joints)->check(CLI::PositiveNumber);
  verb.add_option("--frames", network.frames)->check(CLI::PositiveNumber);
  network.note = [](std::string_view text) {
    std::fprintf(stderr, "%s\n", std::string(text).c_str());
  };
}

// What qat and finetune share.
CLI::App* AddFinetuneFlags(CLI::App& app, const char* name, const char* about,
                           FinetuneCommand& command) {
  CLI::App* verb = app.add_subcommand(name, about);
  FinetuneOptions& options = command.options;
  verb->add_option("--checkpoint", command.checkpoint, "A .pth or .onnx file")
      ->required();
  verb->add_option("--data", command.data, "A folder of windows and targets")
      ->required();
  verb->add_option("--out", command.out, "What to write")->required();
  AddNetworkFlags(*verb, command.network);
  verb->add_option("--epochs,--qat-epochs", options.epochs)
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  verb->add_option("--lr", command.learning_rate,
                   "The schedule's peak; by the weights' bits if not given")
      ->check(CLI::PositiveNumber);
  verb->add_option("--ema", options.average,
                   "Score a running mean of the weights that keeps this share "
                   "of itself at every step; 0: none")
      ->check(CLI::Range(0.0, 0.999999))
      ->capture_default_str();
  verb->add_option("--batch", options.batch)
      ->check(CLI::Range(1, 65536))
      ->capture_default_str();
  verb->add_option("--windows", options.windows_per_epoch,
                   "Train windows of one epoch, drawn anew each; 0 means all")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  verb->add_option("--seed", options.seed, "Order and calibration windows")
      ->capture_default_str();
  verb->add_flag("--distill", command.distill,
                 "Also learn from the fp32 network's answers");
  verb->add_option("--teacher", command.teacher,
                   "Learn from this network's answers instead");
  AddRunFlags(*verb, command, command.resume);
  verb->add_option("--log", command.log, "Write the curve as JSON");
  return verb;
}

void AddQat(CLI::App& app, FinetuneCommand& command) {
  CLI::App* verb = AddFinetuneFlags(
      app, "qat",
      "Quantization-aware training: edge-int8 quantize --method qat", command);
  verb->add_option("--recipe", command.request.recipe,
                   "Makes the plan that training starts from")
      ->capture_default_str();
  verb->add_option("--calib-batches", command.request.calib_batches,
                   "Calibration batches of 64 clean train windows")
      ->check(CLI::Range(1, kMostCalibBatches))
      ->capture_default_str();
  verb->add_option("--weight-bits", command.request.weight_bits, "8, 4, 3 or 2")
      ->check(CLI::IsMember(kWeightBits))
      ->capture_default_str();
  verb->add_option("--plan", command.plan, "Start from this plan instead");
  verb->add_option("--plan-out", command.plan_out, "Write the plan as JSON");
  verb->add_flag("--score-test", command.score_test,
                 "Put the simulation's test score in the log");
  verb->callback([&command] {
    command.request.seed = command.options.seed;
    RunQat(command);
  });
}

void AddFinetune(CLI::App& app, FinetuneCommand& command) {
  CLI::App* verb = AddFinetuneFlags(
      app, "finetune",
      "The control of qat: the same fine-tuning in float, norms folded; writes "
      "a .pth",
      command);
  verb->callback([&command] { RunFinetune(command); });
}

void AddFxQat(CLI::App& app, FxCommand& command) {
  CLI::App* verb = app.add_subcommand(
      "fx-qat",
      "Training under PyTorch's FX fake quantization: edge-int8 bench --recipe "
      "fx-fbgemm --mode qat");
  verb->add_option("--checkpoint", command.checkpoint)->required();
  verb->add_option("--data", command.data)->required();
  verb->add_option("--out", command.out, "The .pth to write")->required();
  verb->add_option("--log", command.log, "Scores and ranges as JSON")
      ->required();
  AddNetworkFlags(*verb, command.network);
  verb->add_option("--epochs", command.epochs)
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  verb->add_option("--lr", command.learning_rate)
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  verb->add_option("--batch", command.batch)
      ->check(CLI::Range(2, 65536))
      ->capture_default_str();
  verb->add_option("--windows", command.windows_per_epoch,
                   "Train windows of one epoch, drawn anew each; 0 means all")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  verb->add_option("--seed", command.seed)->capture_default_str();
  AddPlaceFlags(*verb, command);
  verb->callback([&command] { RunFxQat(command); });
}

int Run(int argc, char** argv) {
  CLI::App app{"Training for edge-int8, on LibTorch."};
  app.name("edge-int8");
  app.require_subcommand(1);
  TrainCommand command;
  command.version = std::string(VersionText());
  FinetuneCommand tuned, qat, control;
  FxCommand fx;
  AddTrain(app, command, tuned);
  AddQat(app, qat);
  AddFinetune(app, control);
  AddFxQat(app, fx);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // An unknown flag is named before one that is missing.
    const std::vector<std::string> unknown = app.remaining(true);
    const bool missing = error.get_exit_code() ==
                         static_cast<int>(CLI::ExitCodes::RequiredError);
    const int code = missing && !unknown.empty()
                         ? app.exit(CLI::ExtrasError("edge-int8", unknown))
                         : app.exit(error);
    return code == 0 ? 0 : static_cast<int>(ErrorKind::kUsage);
  }
  return 0;
}

JobStart StartOfJob(int argc, char** argv) {
  JobStart start{StartMpi, std::string(VersionText()), ""};
  for (int i = 1; i < argc; ++i) start.command += ShellQuote(argv[i]) + " ";
  return start;
}

}  // namespace
}  // namespace edge_int8::train

int main(int argc, char** argv) {
  return edge_int8::RunToExit(
      [&] {
        edge_int8::train::KeepFreedMemory();
        return edge_int8::train::Run(argc, argv);
      },
      edge_int8::train::StartOfJob(argc, argv));
}
