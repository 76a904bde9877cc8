#include "src/run/bench_qat.h"

#include <fmt/format.h>

#include <algorithm>

#include "src/base/error.h"
#include "src/base/launcher.h"
#include "src/base/mapped_file.h"
#include "src/base/parallel.h"
#include "src/base/rank_share.h"
#include "src/nets/network_file.h"
#include "src/run/fx_study.h"
#include "src/run/trainer_process.h"

namespace edge_int8 {
namespace {

using nlohmann::json;

// "3 epochs of 1280 windows", or of all.
std::string Amount(const BenchOptions& options) {
  const std::string epochs = fmt::format("{} epoch{}", options.qat_epochs,
                                         options.qat_epochs == 1 ? "" : "s");
  return options.qat_windows > 0
             ? fmt::format("{} of {} windows", epochs, options.qat_windows)
             : epochs;
}

QatRun Control(const std::string& amount) {
  return {.label = "fp32-finetuned",
          .title = "fp32 fine-tuned (control), " + amount,
          .control = true,
          .asked = false};
}

std::filesystem::path Beside(const std::filesystem::path& path,
                             const char* suffix) {
  return path.string() + suffix;
}

}  // namespace

Score ScoreFromJson(const json& j) {
  Score score;
  score.samples = j.at("samples").get<int64_t>();
  if (j.contains("top1")) {
    score.classes = true;
    score.pck.fill(j.at("top1").get<double>());
    score.finite_samples = j.at("finite_samples").get<int64_t>();
    return score;
  }
  for (const int percent : kPckPercents) {
    score.pck[PckIndex(percent)] =
        j.at(fmt::format("pck@{}", percent)).get<double>();
  }
  if (j.contains("pa_mpjpe") && j.at("pa_mpjpe").is_number()) {
    score.pa_mpjpe = j.at("pa_mpjpe").get<double>();
  }
  if (j.at("mpjpe").is_number()) score.mpjpe = j.at("mpjpe").get<double>();
  score.finite_samples = score.mpjpe ? score.samples : 0;
  score.mpjpe_finite = score.mpjpe.value_or(0);
  return score;
}

std::vector<QatRun> QatRuns(const BenchOptions& options) {
  const std::string amount = Amount(options);
  if (options.recipe == kFxRecipe) {
    return {{.label = "fx-qat",
             .title = "int8 QAT FX fbgemm, " + amount,
             .fx = true},
            Control(amount)};
  }
  return {{"qat", "int8 QAT, " + amount},
          {.label = "qat-w4",
           .title = "int4 weights, QAT, " + amount,
           .weight_bits = 4,
           .asked = false},
          Control(amount)};
}

std::filesystem::path QatOutput(const BenchOptions& options,
                                const QatRun& run) {
  if (run.fx) return options.out / (run.label + ".pth");
  if (!run.control) return options.out / (run.label + ".ei8");
  // An imported network has no checkpoint: it is written as one again. A file
  // that is not there is refused by whoever reads it.
  std::error_code ignored;
  const bool imported = std::filesystem::exists(options.checkpoint, ignored) &&
                        IsOnnxNetwork(options.checkpoint);
  return options.out / (run.label + (imported ? ".onnx" : ".pth"));
}

std::vector<std::string> TrainerArguments(const BenchOptions& options,
                                          const QatRun& run) {
  const std::filesystem::path out = QatOutput(options, run);
  std::vector<std::string> arguments = {run.control ? "finetune"
                                        : run.fx    ? "fx-qat"
                                                    : "qat",
                                        "--checkpoint",
                                        options.checkpoint.string(),
                                        "--data",
                                        options.data.string(),
                                        "--out",
                                        out.string(),
                                        "--log",
                                        Beside(out, ".log.json").string(),
                                        "--epochs",
                                        fmt::format("{}", options.qat_epochs),
                                        "--windows",
                                        fmt::format("{}", options.qat_windows),
                                        "--threads",
                                        fmt::format("{}", ThreadCount()),
                                        "--seed",
                                        fmt::format("{}", options.seed)};
  const auto add = [&](std::initializer_list<std::string> more) {
    arguments.insert(arguments.end(), more);
  };
  for (const std::string& argument : options.network.Arguments()) {
    arguments.push_back(argument);
  }
  for (const auto& mask : options.dataset.corrupt_masks) {
    add({"--corrupt-mask", mask.string()});
  }
  if (options.dataset.keypoints_root) {
    add({"--keypoints-root", options.dataset.keypoints_root->string()});
  }
  if (options.dataset.hold_out) add({"--hold-out", *options.dataset.hold_out});
  if (options.if_exists == IfExists::kReplace) add({"--force"});
  if (run.control || run.fx) return arguments;
  add({"--recipe", options.recipe, "--calib-batches",
       fmt::format("{}", options.calib_batches), "--weight-bits",
       fmt::format("{}", run.weight_bits), "--score-test"});
  return arguments;
}

BenchRow RowOfLog(const BenchOptions& options, const QatRun& run,
                  const std::filesystem::path& log) {
  const MappedFile file(log);
  const auto* text = reinterpret_cast<const char*>(file.bytes().data());
  const json j = json::parse(text, text + file.bytes().size());
  BenchRow row;
  row.label = run.label;
  row.title = run.title;
  row.method = run.control ? "finetune" : "qat";
  row.recipe = run.control ? "" : options.recipe;
  row.asked = run.asked;
  row.division = "open";
  row.artifact = QatOutput(options, run);
  row.training = {{"best_epoch", j.at("best").at("epoch")},
                  {"epochs", options.qat_epochs},
                  {"windows_per_epoch", options.qat_windows},
                  {"curve", j.at("curve")}};
  if (j.at("best").at("epoch") == 0) {
    row.note =
        "no epoch was better on validation than the start, which is kept";
  }
  if (run.control) return row;
  row.simulated.emplace();
  row.simulated->full = ScoreFromJson(j.at("simulated").at("full"));
  row.simulated->clean = ScoreFromJson(j.at("simulated").at("clean"));
  row.conversion_gap_lsb =
      std::max(j.at("conversion_gap_lsb").get<int64_t>(),
               j.at("simulated").at("gap_lsb").get<int64_t>());
  return row;
}

std::filesystem::path Train(const BenchOptions& options, const QatRun& run) {
  RequireTrainer();
  OnRoot([&] {
    // The trainer is a process of its own and no rank.
    ForgetLaunch();
    RunAndWait(TrainerPath(), TrainerArguments(options, run));
  });
  const std::filesystem::path out = QatOutput(options, run);
  OnRoot([&] {
    std::error_code ignored;
    std::filesystem::remove(Beside(out, ".state"), ignored);
  });
  return Beside(out, ".log.json");
}

BenchRow TrainRow(const BenchOptions& options, const QatRun& run) {
  const std::filesystem::path log = Train(options, run);
  BenchRow row = RowOfLog(options, run, log);
  OnRoot([&] {
    std::error_code ignored;
    std::filesystem::remove(log, ignored);
  });
  return row;
}

}  // namespace edge_int8
