// edge-int8 quantize: a checkpoint to a true integer artifact.
#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/cli/common_flags.h"
#include "apps/cli/trainer_program.h"
#include "apps/cli/verbs.h"
#include "src/base/error.h"
#include "src/base/file_size.h"
#include "src/base/shell_quote.h"
#include "src/qgraph/artifact_file.h"
#include "src/quantize/reconstruct/recipe.h"
#include "src/run/quantize_checkpoint.h"
#include "src/run/quantize_files.h"
#include "src/run/verb_files.h"

namespace edge_int8 {
namespace {

struct QuantizeFlags {
  std::filesystem::path checkpoint;
  NetworkOptions network;
  DataFlags data;
  std::filesystem::path calibration;
  std::string method = "ptq";
  std::string repair;
  std::filesystem::path out;
  std::filesystem::path plan;
  std::filesystem::path plan_out;
  QuantizeRequest request;
  JsonFlag json;
  ForceFlag force;
};

QuantizeInputs InputsOf(const QuantizeFlags& flags) {
  QuantizeInputs inputs;
  inputs.checkpoint = flags.checkpoint;
  inputs.network = flags.network;
  inputs.data = flags.data.folder;
  inputs.dataset = flags.data.Options();
  inputs.calibration = flags.calibration;
  inputs.plan = flags.plan;
  inputs.request = flags.request;
  return inputs;
}

// Flags of --method qat alone: the group of that name in --help.
constexpr const char* kTrainingGroup = "With --method qat";

struct TrainingFlags {
  int epochs = 3;
  std::optional<double> learning_rate;
  double average = 0;
  int batch = 64;
  int64_t windows = 0;
  bool distill = false;
  std::filesystem::path teacher;
  bool resume = false;
  std::string device = "auto";
  std::filesystem::path log;
};

// Hands over to edge-int8-train, which makes the plan that training starts from
// and checks the outputs.
[[noreturn]] void RunQat(const CLI::App& verb, const QuantizeFlags& flags,
                         const TrainingFlags& training) {
  if (!flags.calibration.empty() || flags.data.folder.empty()) {
    FailUsage("quantize: --method qat trains, so it needs --data");
  }
  if (!flags.repair.empty()) {
    FailUsage(
        "quantize: --repair is of --method ptq; with qat the recipe says what "
        "is repaired before training");
  }
  if (flags.json.asked()) {
    FailUsage("quantize: --json is of --method ptq; with qat --log writes it");
  }
  std::vector<std::string> arguments = {"qat"};
  const auto add = [&](const char* flag, const std::string& value) {
    if (value.empty()) return;
    arguments.emplace_back(flag);
    arguments.push_back(value);
  };
  add("--checkpoint", flags.checkpoint.string());
  for (const std::string& argument : flags.network.Arguments()) {
    arguments.push_back(argument);
  }
  add("--data", flags.data.folder.string());
  for (const auto& mask : flags.data.corrupt_masks) {
    add("--corrupt-mask", mask.string());
  }
  add("--keypoints-root", flags.data.keypoints_root.string());
  add("--hold-out", flags.data.hold_out);
  add("--out", flags.out.string());
  add("--plan", flags.plan.string());
  add("--plan-out", flags.plan_out.string());
  add("--log", training.log.string());
  add("--recipe", flags.request.recipe);
  add("--calib-batches", fmt::format("{}", flags.request.calib_batches));
  add("--weight-bits", fmt::format("{}", flags.request.weight_bits));
  add("--seed", fmt::format("{}", flags.request.seed));
  add("--epochs", fmt::format("{}", training.epochs));
  if (training.learning_rate) {
    add("--lr", fmt::format("{}", *training.learning_rate));
  }
  add("--ema", fmt::format("{}", training.average));
  add("--batch", fmt::format("{}", training.batch));
  add("--windows", fmt::format("{}", training.windows));
  const CLI::Option* threads = verb.get_parent()->get_option("--threads");
  if (threads->count() > 0) add("--threads", threads->results()[0]);
  add("--device", training.device);
  add("--teacher", training.teacher.string());
  if (training.distill) arguments.emplace_back("--distill");
  if (training.resume) arguments.emplace_back("--resume");
  if (flags.force.force) arguments.emplace_back("--force");
  RunTrainer(arguments);
}

// A flag that would change nothing is a misunderstanding.
void CheckNoTrainingFlag(const CLI::App& verb) {
  for (const CLI::Option* option : verb.get_options()) {
    if (option->get_group() != kTrainingGroup || option->count() == 0) continue;
    FailUsage(fmt::format("quantize: {} is of --method qat; ptq does not train",
                          option->get_name()));
  }
}

void CheckFlags(const QuantizeFlags& flags) {
  if (flags.method != "ptq") {
    FailUsage(fmt::format("quantize: --method is '{}', expected ptq or qat",
                          flags.method));
  }
  CheckQuantizeInputs(InputsOf(flags));
  VerbFiles()
      .Reads("--checkpoint", flags.checkpoint)
      .Reads("--calibration", flags.calibration)
      .Reads("--plan", flags.plan)
      .ReadsDataset("--data", flags.data.folder, flags.data.Options())
      .Writes("--out", flags.out)
      .Writes("--plan-out", flags.plan_out)
      .Writes("--json", flags.json.output())
      .Check(flags.force.if_exists());
}

std::string NextAfterQuantize(const QuantizeFlags& flags) {
  const std::string out = ShellQuote(flags.out.string());
  if (flags.data.folder.empty()) return "verify --model " + out;
  return fmt::format("evaluate --model {} --data {}", out,
                     ShellQuote(flags.data.folder.string()));
}

void RunQuantize(const CLI::App& verb, QuantizeFlags& flags,
                 const TrainingFlags& training) {
  if (flags.method == "qat") RunQat(verb, flags, training);
  CheckFlags(flags);
  CheckNoTrainingFlag(verb);
  if (!flags.repair.empty()) flags.request.repairs = ParseRepairs(flags.repair);
  const QuantizedModel model = QuantizeFiles(InputsOf(flags));
  const int64_t bytes =
      WriteArtifactFile(flags.out, model.artifact, flags.force.if_exists());
  if (!flags.plan_out.empty()) {
    WritePlan(flags.plan_out, model.plan, flags.force.if_exists());
  }
  ReportMade(
      flags.json, flags.force,
      {flags.out,
       fmt::format("wrote {}: {} bytes ({:.3f} MiB), {}", flags.out.string(),
                   bytes, Mib(bytes), model.plan.recipe),
       {{"size_mib", Mib(bytes)},
        {"method", flags.method},
        {"recipe", flags.request.recipe},
        {"plan", model.plan.recipe},
        {"variant", model.artifact.graph.name}},
       NextAfterQuantize(flags)});
}

void AddTrainingFlags(CLI::App& verb, TrainingFlags& flags) {
  const auto group = [](CLI::Option* option) {
    return option->group(kTrainingGroup);
  };
  group(verb.add_option("--qat-epochs", flags.epochs))
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  group(verb.add_option("--lr", flags.learning_rate,
                        "Peak of the learning rate; by the weights' bits if "
                        "not given"))
      ->check(CLI::PositiveNumber);
  group(verb.add_option("--ema", flags.average,
                        "Score a running mean of the weights that keeps this "
                        "share of itself at every step; 0: none"))
      ->check(CLI::Range(0.0, 0.999999))
      ->capture_default_str();
  group(verb.add_option("--batch", flags.batch))
      ->check(CLI::Range(1, 65536))
      ->capture_default_str();
  group(verb.add_option("--qat-windows,--windows", flags.windows,
                        "Train windows of one epoch; 0 means all"))
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  group(verb.add_flag("--distill", flags.distill,
                      "Also learn from the fp32 network's answers"));
  group(verb.add_option("--teacher", flags.teacher,
                        "Learn from this network's answers instead: .pth or "
                        ".onnx"));
  group(verb.add_flag("--resume", flags.resume,
                      "Go on from OUT.state, which every epoch writes"));
  group(verb.add_option("--device", flags.device, "cpu, cuda or auto"))
      ->capture_default_str();
  group(verb.add_option("--log", flags.log, "Write the curve as JSON"));
}

}  // namespace

void AddQuantize(CLI::App& app) {
  CLI::App* verb = app.add_subcommand(
      "quantize", "Turn a checkpoint into a true integer artifact (.ei8)");
  const auto flags = std::make_shared<QuantizeFlags>();
  verb->add_option("--model,--checkpoint", flags->checkpoint,
                   "A .pth or .onnx file")
      ->required();
  AddDataFlags(*verb, flags->data);
  verb->add_option("--calibration", flags->calibration,
                   "Calibrate on unlabelled windows instead: .npy [n, ...]");
  verb->add_option("--method", flags->method, "ptq or qat")
      ->capture_default_str();
  verb->add_option("--out", flags->out, "Artifact to write")->required();
  verb->add_option("--plan", flags->plan, "Use this plan; nothing is measured");
  verb->add_option("--plan-out", flags->plan_out, "Write the plan as JSON");
  verb->add_option("--recipe", flags->request.recipe,
                   "lossless, mse, minmax, percentile or histogram")
      ->capture_default_str();
  verb->add_option("--repair", flags->repair,
                   "Instead of the recipe's: none, or a list of equalize, "
                   "rescue, rounding, adaround, compensation, blocks, bias");
  verb->add_option("--calib-batches", flags->request.calib_batches,
                   "Calibration batches of 64 clean train windows")
      ->check(CLI::Range(1, kMostCalibBatches))
      ->capture_default_str();
  verb->add_option("--weight-bits", flags->request.weight_bits, "8, 4, 3 or 2")
      ->check(CLI::IsMember(kWeightBits))
      ->capture_default_str();
  verb->add_option("--seed", flags->request.seed,
                   "Picks the calibration windows")
      ->capture_default_str();
  AddNetworkFlags(*verb, flags->network);
  AddJsonFlag(*verb, flags->json);
  AddForceFlag(*verb, flags->force);
  verb->footer(
      "Example:\n  edge-int8 quantize --model half.pth --data "
      "preprocessed_csi_data --method ptq --out half.ei8");
  const auto training = std::make_shared<TrainingFlags>();
  AddTrainingFlags(*verb, *training);
  verb->callback(
      [verb, flags, training] { RunQuantize(*verb, *flags, *training); });
}

}  // namespace edge_int8
