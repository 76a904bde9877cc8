#include "train/commands/finetune.h"

#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <limits>
#include <utility>

#include "src/base/error.h"
#include "src/base/interrupt.h"
#include "src/base/progress.h"
#include "src/run/run_identity.h"
#include "src/run/training_record.h"
#include "train/commands/learning_rate.h"
#include "train/commands/pose_loss.h"
#include "train/commands/training_state.h"

namespace edge_int8::train {
namespace {

// Rounded weights are drawn to the middle of their steps over the last third of
// a run, by up to a tenth of the way at every step (Nagel et al. 2022,
// arXiv:2203.11086, as a decay beside the gradient): one that swings between
// two integers ends on one of them, before the rate that moved it is gone.
constexpr double kDampedFrom = 2.0 / 3;
constexpr double kMostDamping = 0.1;

void PrintEpoch(const nlohmann::json& e, int epochs) {
  std::string text = fmt::format("epoch {}/{}: val {}", e["epoch"].get<int>(),
                                 epochs, ScoreText(e.at("val")));
  if (e.contains("gap_lsb")) {
    text +=
        fmt::format(" (engine; simulation {}, gap {} LSB)",
                    ScoreText(e.at("simulated")), e["gap_lsb"].get<int64_t>());
  }
  if (e.contains("loss")) {
    text += fmt::format(", loss {:.6f}, {}", e["loss"].get<double>(),
                        FormatDuration(e["seconds"].get<double>()));
  }
  if (e.value("below_start", false)) text += "; worse than its start";
  fmt::print(stderr, "{}\n", text);
}

}  // namespace

Finetuner::Finetuner(FinetunedNetwork& network, at::Device device,
                     const FinetuneOptions& options, const PoseData& train,
                     Validate validate, FloatNetwork* teacher)
    : network_(network),
      device_(device),
      options_(options),
      train_(train),
      validate_(std::move(validate)),
      teacher_(teacher),
      optimizer_(network.values()),
      gradient_sum_(network.values().numel()) {
  if (options_.average > 0) average_ = network.values().clone();
}

int64_t Finetuner::StepsPerEpoch() const {
  int64_t windows = train_.windows.size();
  if (options_.windows_per_epoch > 0) {
    windows = std::min(windows, options_.windows_per_epoch);
  }
  return (windows + options_.batch - 1) / options_.batch;
}

double Finetuner::RateAt(int64_t step) const {
  return WarmCosineRate(options_.learning_rate, step,
                        StepsPerEpoch() * options_.epochs);
}

double Finetuner::DampingAt(int64_t step) const {
  const double share = static_cast<double>(step + 1) /
                       static_cast<double>(StepsPerEpoch() * options_.epochs);
  return kMostDamping *
         std::clamp((share - kDampedFrom) / (1 - kDampedFrom), 0.0, 1.0);
}

double Finetuner::RunMicroBatch(const PoseBatch& part, double weight) {
  const at::Tensor output = network_.TrainingPass(part.windows);
  at::Tensor loss = BatchLoss(output, part, train_);
  if (teacher_ != nullptr) {
    loss = loss + DistillLoss(output, teacher_->EvaluationPass(part.windows),
                              part, train_);
  }
  loss = loss * weight;
  const double value = loss.item<double>();
  if (!std::isfinite(value)) return value;
  network_.gradients().zero_();
  loss.backward();
  gradient_sum_.Add(network_.gradients(), weight);
  return value;
}

double Finetuner::Step(std::span<const int64_t> batch) {
  const double skipped = std::numeric_limits<double>::quiet_NaN();
  const MicroBatches micros(std::ssize(batch), device_);
  network_.BeginStep();
  std::vector<double> losses;
  for (int64_t m = micros.mine().first; m < micros.mine().end; ++m) {
    losses.push_back(RunMicroBatch(
        GatherBatch(train_, micros.Of(batch, m), device_), micros.Weight(m)));
  }
  double value = 0;
  for (const double loss : OfAllMicroBatches(micros, std::move(losses))) {
    value += loss;
  }
  const bool finite = gradient_sum_.Finish(network_.gradients());
  if (!finite || !std::isfinite(value)) return skipped;
  if (!ClipGradients(network_.gradients(), kGradientLimit)) return skipped;
  const int64_t step = optimizer_.steps();
  optimizer_.Step(network_.gradients(), RateAt(step));
  network_.DrawToIntegers(DampingAt(step));
  if (average_.defined()) {
    // The start's share fades as in a plain mean until it is that small.
    const double n = static_cast<double>(step + 1);
    const double keep = std::min(options_.average, n / (n + 9));
    at::NoGradGuard no_grad;
    average_.lerp_(network_.values(), 1 - keep);
  }
  return value;
}

nlohmann::json Finetuner::Evaluate() {
  if (!average_.defined()) {
    evaluated_ = network_.values().clone();
    return validate_();
  }
  at::NoGradGuard no_grad;
  const at::Tensor values = network_.values().clone();
  evaluated_ = average_.clone();
  network_.values().copy_(average_);
  nlohmann::json scores = validate_();
  network_.values().copy_(values);
  return scores;
}

bool Finetuner::kept_start() const {
  return curve_.size() > 1 && best_.at("epoch") == 0;
}

nlohmann::json Finetuner::RunEpoch(int epoch) {
  const auto start = std::chrono::steady_clock::now();
  std::vector<int64_t> order =
      ShuffledOrder(train_.windows.size(), options_.seed, epoch);
  if (options_.windows_per_epoch > 0 &&
      options_.windows_per_epoch < std::ssize(order)) {
    order.resize(static_cast<std::size_t>(options_.windows_per_epoch));
  }
  Progress progress(fmt::format("epoch {}/{}", epoch, options_.epochs),
                    std::ssize(order), "windows");
  double sum = 0;
  int64_t used = 0, skipped = 0;
  const auto batch = static_cast<std::size_t>(options_.batch);
  for (std::size_t i = 0; i < order.size(); i += batch) {
    ThrowIfInterrupted();
    const std::span<const int64_t> chosen =
        std::span(order).subspan(i, std::min(batch, order.size() - i));
    const double loss = Step(chosen);
    if (std::isfinite(loss)) {
      sum += loss;
      ++used;
    } else {
      ++skipped;
    }
    progress.Add(std::ssize(chosen));
  }
  if (used == 0) {
    throw Error(ErrorKind::kBadInput,
                "every batch had a loss or gradient that is not finite");
  }
  nlohmann::json entry = Evaluate();
  entry["epoch"] = epoch;
  entry["lr"] = RateAt(optimizer_.steps() - 1);
  entry["below_start"] =
      ErrorOfScore(entry.at("val")) > ErrorOfScore(curve_.front().at("val"));
  entry["windows"] = order.size();
  entry["loss"] = sum / static_cast<double>(used);
  entry["skipped_batches"] = skipped;
  entry["seconds"] =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
          .count();
  return entry;
}

void Finetuner::Finish(nlohmann::json entry) {
  curve_.push_back(std::move(entry));
  if (best_.is_null() ||
      ErrorOfScore(curve_.back().at("val")) < ErrorOfScore(best_.at("val"))) {
    best_ = curve_.back();
    best_values_ = evaluated_;
  }
  PrintEpoch(curve_.back(), options_.epochs);
  Save();
}

void Finetuner::Run() {
  if (curve_.empty()) {
    nlohmann::json start = Evaluate();
    start["epoch"] = 0;
    Finish(std::move(start));
  }
  while (std::ssize(curve_) <= options_.epochs) {
    ThrowIfInterrupted();
    Finish(RunEpoch(static_cast<int>(curve_.size())));
  }
  at::NoGradGuard no_grad;
  network_.values().copy_(best_values_);
}

nlohmann::json Finetuner::Identity() const {
  nlohmann::json identity = options_.identity;
  identity["options"] = {{"learning_rate", options_.learning_rate},
                         {"batch", options_.batch},
                         {"epochs", options_.epochs},
                         {"average", options_.average},
                         {"seed", options_.seed},
                         {"distill", teacher_ != nullptr},
                         {"train_windows", train_.windows.size()},
                         {"windows_per_epoch", options_.windows_per_epoch}};
  return identity;
}

void Finetuner::Save() const {
  TrainingState state;
  state.tensors = {{"values", network_.values()},
                   {"best_values", best_values_},
                   {"first_moment", optimizer_.first_moment()},
                   {"second_moment", optimizer_.second_moment()}};
  if (average_.defined()) state.tensors["average"] = average_;
  state.counters = {{"identity", Identity()},
                    {"start", options_.start},
                    {"optimizer_steps", optimizer_.steps()},
                    {"curve", curve_},
                    {"best", best_}};
  SaveTrainingState(options_.state, state);
}

void Finetuner::Resume() {
  const TrainingState state = LoadTrainingState(options_.state);
  const JsonPlace counters = state.Counters();
  RequireSameRun(state.path, counters.At("identity"), Identity());
  TrainingRecord record = ReadTrainingRecord(counters, 0, options_.simulated);
  if (record.best.is_null()) counters.At("best");
  curve_ = std::move(record.curve);
  best_ = std::move(record.best);
  state.Take("best_values", network_.values());
  best_values_ = network_.values().clone();
  state.Take("values", network_.values());
  if (average_.defined()) state.Take("average", average_);
  state.Take("first_moment", optimizer_.first_moment());
  state.Take("second_moment", optimizer_.second_moment());
  optimizer_.set_steps(counters.At("optimizer_steps").IntegerIn(0, kAnyCount));
  fmt::print(stderr, "resuming after epoch {}\n", curve_.size() - 1);
}

}  // namespace edge_int8::train
