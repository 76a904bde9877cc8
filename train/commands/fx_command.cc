#include "train/commands/fx_command.h"

#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "src/base/error.h"
#include "src/base/interrupt.h"
#include "src/base/output_file.h"
#include "src/base/progress.h"
#include "src/eval/model_fit.h"
#include "src/formats/state_dict_writer.h"
#include "src/nets/network_file.h"
#include "src/pose/pose_metric.h"
#include "src/run/fx_trained.h"
#include "src/run/verb_files.h"
#include "train/commands/adamw.h"
#include "train/commands/pose_loss.h"
#include "train/commands/task_loop.h"
#include "train/commands/training_inputs.h"
#include "train/simulation/fx_network.h"

namespace edge_int8::train {
namespace {

using nlohmann::json;

class FxTrainer {
 public:
  FxTrainer(const FxCommand& command, const Model& model,
            const Dataset& dataset)
      : command_(command),
        dataset_(dataset),
        graph_(model.graph),
        network_(model),
        train_(dataset, Split::kTrain),
        validation_(dataset, Split::kVal),
        optimizer_(network_.graph().parameters()) {}

  // Ends at the best epoch.
  void Train() {
    for (int epoch = 1; epoch <= command_.epochs; ++epoch) {
      json entry = RunEpoch(epoch);
      const bool best = best_.is_null() || ErrorOfScore(entry.at("val")) <
                                               ErrorOfScore(best_.at("val"));
      if (best) {
        best_ = entry;
        kept_ = Copies(network_.State());
      }
      curve_.push_back(std::move(entry));
    }
    Restore(kept_);
  }

  const FxNetwork& network() const { return network_; }
  std::vector<StateDictEntry> StateDict() {
    return network_.graph().StateDict();
  }

  json Log() {
    json log = ToJson(FxTrained{network_.Ranges(), network_.RangesApart(),
                                network_.WeightReach()});
    log["curve"] = curve_;
    log["best"] = best_;
    // The second moves the ranges, as eval() does.
    log["frozen"] = TestScores(false);
    log["promised"] = TestScores(true);
    Restore(kept_);
    return log;
  }

 private:
  static std::vector<at::Tensor> Copies(const std::vector<at::Tensor>& state) {
    std::vector<at::Tensor> copies;
    for (const at::Tensor& tensor : state) copies.push_back(tensor.clone());
    return copies;
  }

  void Restore(const std::vector<at::Tensor>& kept) {
    at::NoGradGuard no_grad;
    const std::vector<at::Tensor> state = network_.State();
    for (std::size_t i = 0; i < state.size(); ++i) state[i].copy_(kept[i]);
  }

  json RunEpoch(int epoch) {
    const auto start = std::chrono::steady_clock::now();
    std::vector<int64_t> order =
        ShuffledOrder(train_.windows.size(), command_.seed, epoch);
    if (command_.windows_per_epoch > 0 &&
        command_.windows_per_epoch < std::ssize(order)) {
      order.resize(static_cast<std::size_t>(command_.windows_per_epoch));
    }
    // A last batch that is not whole is left out.
    const auto batch =
        std::min(static_cast<std::size_t>(command_.batch), order.size());
    Progress progress(fmt::format("epoch {}/{}", epoch, command_.epochs),
                      std::ssize(order), "windows");
    double sum = 0;
    int64_t steps = 0;
    for (std::size_t i = 0; i + batch <= order.size(); i += batch, ++steps) {
      ThrowIfInterrupted();
      sum += Step(std::span(order).subspan(i, batch));
      progress.Add(static_cast<int64_t>(batch));
    }
    json entry = {{"epoch", epoch},
                  {"loss", sum / static_cast<double>(steps)},
                  {"val", ToJson(MergeTallies(Tally(validation_, true)))},
                  {"seconds", std::chrono::duration<double>(
                                  std::chrono::steady_clock::now() - start)
                                  .count()}};
    fmt::print(stderr, "epoch {}/{}: val {} (fake quantization), loss {:.6f}\n",
               epoch, command_.epochs, ScoreText(entry.at("val")),
               entry["loss"].get<double>());
    return entry;
  }

  double Step(std::span<const int64_t> chosen) {
    const PoseData data = train_.data(graph_);
    const PoseBatch batch = GatherBatch(data, chosen, at::kCPU);
    TorchGraph& graph = network_.graph();
    const at::Tensor loss = BatchLoss(
        network_.TrainingPass(batch.windows,
                              command_.seed * 1'000'003 +
                                  static_cast<uint64_t>(optimizer_.steps())),
        batch, data);
    const double value = loss.item<double>();
    if (!std::isfinite(value)) {
      FailInput(command_.checkpoint.string(),
                "the loss under fake quantization is not finite");
    }
    graph.gradients().zero_();
    loss.backward();
    optimizer_.Step(graph.gradients(), command_.learning_rate);
    graph.CommitStatistics();
    return value;
  }

  std::vector<PoseTally> Tally(const SplitPoses& split, bool observe) {
    const PoseData data = split.data(graph_);
    return data.targets.Tally(InBatches<float>(
        data.windows.size(), 64, [&](std::span<const int64_t> chosen) {
          return network_.EvaluationPass(
              GatherBatch(data, chosen, at::kCPU).windows, observe);
        }));
  }

  json TestScores(bool observe) {
    const SplitPoses test(dataset_, Split::kTest, Subset::kFull);
    const std::vector<PoseTally> full = Tally(test, observe);
    std::vector<PoseTally> clean;
    for (std::size_t n = 0; n < full.size(); ++n) {
      if (!dataset_.Corrupt(test.selection.windows[n]))
        clean.push_back(full[n]);
    }
    return {{"full", ToJson(MergeTallies(full))},
            {"clean", ToJson(MergeTallies(clean))}};
  }

  const FxCommand& command_;
  const Dataset& dataset_;
  const Graph graph_;
  FxNetwork network_;
  const SplitPoses train_, validation_;
  AdamW optimizer_;
  std::vector<at::Tensor> kept_;
  std::vector<json> curve_;
  json best_;
};

}  // namespace

void RunFxQat(const FxCommand& command) {
  const IfExists if_exists =
      command.force ? IfExists::kReplace : IfExists::kFail;
  VerbFiles()
      .Reads("--checkpoint", command.checkpoint)
      .ReadsDataset("--data", command.data, command.dataset)
      .Writes("--out", command.out)
      .Writes("--log", command.log)
      .Check(if_exists);
  UseThreads(command.threads);
  const Model model = LoadNetwork(command.checkpoint, command.network);
  const Dataset dataset = Dataset::Open(command.data, command.dataset);
  CheckModelFits(command.checkpoint, ShapesOf(model.graph), dataset);
  FxTrainer trainer(command, model, dataset);
  trainer.Train();
  WriteStateDict(command.out, trainer.StateDict(), if_exists);
  WriteFile(command.log, trainer.Log().dump(2) + "\n", if_exists);
  fmt::print("wrote {} and {}\n", command.out.string(), command.log.string());
}

}  // namespace edge_int8::train
