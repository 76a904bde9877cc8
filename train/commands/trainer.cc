#include "train/commands/trainer.h"

#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <limits>

#include "src/base/as_size.h"
#include "src/base/error.h"
#include "src/base/interrupt.h"
#include "src/base/json_place.h"
#include "src/base/progress.h"
#include "src/base/random.h"
#include "src/base/seconds.h"
#include "src/base/temporary_name.h"
#include "src/formats/state_dict_writer.h"
#include "src/run/run_identity.h"
#include "src/run/training_record.h"
#include "train/commands/pose_loss.h"
#include "train/commands/task_loop.h"

namespace edge_int8::train {
namespace {

// Shared out between ranks one by one.
constexpr int64_t kValidationBatch = 64;

void PrintEpoch(const EpochResult& e, int epochs, double seconds_left) {
  fmt::print(
      stderr, "epoch {}/{}: loss {:.6f}, val {}, lr {:.3g}, {} ({} left){}\n",
      e.epoch, epochs, e.loss, ScoreText(ToJson(e.validation)), e.learning_rate,
      FormatDuration(e.seconds), FormatDuration(seconds_left),
      e.skipped > 0 ? fmt::format("; {} non-finite batches skipped", e.skipped)
                    : "");
}

}  // namespace

std::filesystem::path StatePath(const std::filesystem::path& out) {
  return PathBeside(out, ".state");
}

nlohmann::json ToJson(const EpochResult& e) {
  return {{"epoch", e.epoch},      {"loss", e.loss},
          {"lr", e.learning_rate}, {"skipped_batches", e.skipped},
          {"seconds", e.seconds},  {"val", ToJson(e.validation)}};
}

Trainer::Trainer(TorchGraph& network, at::Device device,
                 const TrainOptions& options, const PoseData& train,
                 const PoseData& validation)
    : network_(network),
      device_(device),
      options_(options),
      train_(train),
      validation_(validation),
      optimizer_(network.parameters()),
      gradient_sum_(network.parameters().numel()),
      plateau_(options.learning_rate) {}

int64_t Trainer::StepsPerEpoch() const {
  return (train_.windows.size() + options_.batch - 1) / options_.batch;
}

double Trainer::RateAt(int64_t step) const {
  if (options_.schedule == ScheduleKind::kPlateau) return plateau_.rate();
  return OneCycleRate(options_.learning_rate, step,
                      StepsPerEpoch() * options_.epochs);
}

TorchGraph& Trainer::NetworkFor(int64_t local_micro) {
  return local_micro == 0 ? network_ : *replicas_[AsSize(local_micro - 1)];
}

bool Trainer::RunMicroBatch(TorchGraph& network, const MicroBatches& micros,
                            std::span<const int64_t> batch, int64_t m,
                            uint64_t dropout_seed, BatchMeeting* meeting) {
  const PoseBatch part = GatherBatch(train_, micros.Of(batch, m), device_);
  const uint64_t seed =
      m == 0 ? dropout_seed : Rng(dropout_seed).Fork(AsSize(m)).Next();
  const at::Tensor loss =
      BatchLoss(network.TrainingPass(part.windows, seed, meeting), part,
                train_) *
      micros.Weight(m);
  const double value = loss.item<double>();
  losses_[AsSize(m - micros.mine().first)] = value;
  if (meeting == nullptr) {
    if (!std::isfinite(value)) return false;
  } else {
    const auto all = meeting->Meet({value});
    for (const auto& other : *all) {
      if (!std::isfinite(other[0])) return false;
    }
  }
  network.gradients().zero_();
  loss.backward();
  return true;
}

// To ranks that have no part of the batch.
void Trainer::ShareStatistics(const MicroBatches& micros) {
  if (!micros.leaves_ranks_idle()) return;
  at::NoGradGuard no_grad;
  at::Tensor values = network_.statistics().cpu().contiguous();
  auto* const begin = reinterpret_cast<std::byte*>(values.data_ptr<float>());
  const std::span<std::byte> span(begin,
                                  AsSize(values.numel()) * sizeof(float));
  std::vector<std::byte> bytes(span.begin(), span.end());
  World().Broadcast(bytes);
  std::ranges::copy(bytes, span.begin());
  network_.statistics().copy_(values);
}

double Trainer::RunBatch(std::span<const int64_t> batch, int64_t step) {
  const MicroBatches micros(std::ssize(batch), device_);
  while (std::ssize(replicas_) + 1 < micros.mine().size()) {
    replicas_.push_back(std::make_unique<TorchGraph>(&network_));
  }
  losses_.assign(AsSize(micros.mine().size()), 0);
  TrainingArena();  // made here, not by several threads
  const uint64_t dropout =
      Rng(Rng(options_.seed).Fork(~static_cast<uint64_t>(step))).Next();
  std::atomic<bool> finite = true;
  RunSideBySide(micros, [&](int64_t m, BatchMeeting* meeting) {
    TorchGraph& network = NetworkFor(m - micros.mine().first);
    if (!RunMicroBatch(network, micros, batch, m, dropout, meeting)) {
      finite = false;
    }
  });
  double value = 0;
  for (const double loss : OfAllMicroBatches(micros, losses_)) value += loss;
  const double skipped = std::numeric_limits<double>::quiet_NaN();
  if (!std::isfinite(value)) return skipped;
  Check(finite, "a finite sum has finite parts");
  for (int64_t n = 0; n < micros.mine().size(); ++n) {
    gradient_sum_.Add(NetworkFor(n).gradients(),
                      micros.Weight(micros.mine().first + n));
  }
  if (!gradient_sum_.Finish(network_.gradients())) return skipped;
  if (!ClipGradients(network_.gradients(), kGradientLimit)) return skipped;
  optimizer_.Step(network_.gradients(), RateAt(step));
  network_.CommitStatistics();
  ShareStatistics(micros);
  return value;
}

EpochResult Trainer::RunEpoch(int epoch) {
  const auto start = std::chrono::steady_clock::now();
  const std::vector<int64_t> order =
      ShuffledOrder(train_.windows.size(), options_.seed, epoch);
  EpochResult result;
  result.epoch = epoch;
  Progress progress(fmt::format("epoch {}/{}", epoch, options_.epochs),
                    train_.windows.size(), "windows");
  double loss_sum = 0;
  int64_t used = 0;
  for (int64_t i = 0; i < StepsPerEpoch(); ++i) {
    const auto first = static_cast<std::size_t>(i * options_.batch);
    const std::span<const int64_t> chosen = std::span(order).subspan(
        first, std::min(order.size() - first,
                        static_cast<std::size_t>(options_.batch)));
    const int64_t step = (epoch - 1) * StepsPerEpoch() + i;
    const double loss = RunBatch(chosen, step);
    if (std::isfinite(loss)) {
      loss_sum += loss;
      ++used;
    } else {
      ++result.skipped;
    }
    result.learning_rate = RateAt(step);
    progress.Add(static_cast<int64_t>(chosen.size()));
  }
  if (used == 0) {
    throw Error(ErrorKind::kBadInput,
                "every batch had a loss or gradient that is not finite: lower "
                "--lr or look at the data with dataset inspect");
  }
  result.loss = loss_sum / static_cast<double>(used);
  result.validation = Validate();
  result.seconds = SecondsSince(start);
  return result;
}

Score Trainer::Validate() {
  const std::vector<float> outputs =
      InBatches<float>(validation_.windows.size(), kValidationBatch,
                       [&](std::span<const int64_t> chosen) {
                         return network_.EvaluationPass(
                             GatherBatch(validation_, chosen, device_).windows);
                       });
  return MergeTallies(validation_.targets.Tally(outputs));
}

bool Trainer::StopsEarly() const {
  return !best_.is_null() && finished_epochs_ - best_.at("epoch").get<int>() >=
                                 options_.early_stop_patience;
}

// Records a finished epoch: the checkpoint if it is the best, then the state,
// which holds the best weights as well.
void Trainer::Finish(const EpochResult& result) {
  const double error = ErrorOfScore(ToJson(result.validation));
  plateau_.Observe(error);
  finished_epochs_ = result.epoch;
  curve_.push_back(ToJson(result));
  if (std::isfinite(error) &&
      (best_.is_null() || error < ErrorOfScore(best_["val"]))) {
    best_ = curve_.back();
    best_parameters_ = network_.parameters().clone();
    best_statistics_ = network_.statistics().clone();
    best_tracked_ = network_.batches_tracked();
    WriteStateDict(options_.out, network_.StateDict(), IfExists::kReplace);
  }
  Save();
}

void Trainer::Run() {
  if (options_.resume) Restore();
  const auto start = std::chrono::steady_clock::now();
  const int first = finished_epochs_;
  while (finished_epochs_ < options_.epochs && !StopsEarly()) {
    ThrowIfInterrupted();
    const EpochResult result = RunEpoch(finished_epochs_ + 1);
    Finish(result);
    const double per_epoch = SecondsSince(start) / (finished_epochs_ - first);
    PrintEpoch(result, options_.epochs,
               per_epoch * (options_.epochs - finished_epochs_));
  }
}

// What must be the same for a resumed run to mean anything: the caller's part,
// and what this loop depends on itself.
nlohmann::json Trainer::Identity() const {
  nlohmann::json options = {{"variant", network_.graph().name},
                            {"learning_rate", options_.learning_rate},
                            {"batch", options_.batch},
                            {"seed", options_.seed},
                            {"schedule", ScheduleName(options_.schedule)},
                            {"train_windows", train_.windows.size()},
                            {"validation_windows", validation_.windows.size()}};
  // One cycle is shaped by its length; a plateau may be given more epochs.
  if (options_.schedule == ScheduleKind::kOneCycle) {
    options["epochs"] = options_.epochs;
  }
  nlohmann::json identity = options_.identity;
  identity["options"] = std::move(options);
  return identity;
}

void Trainer::Save() const {
  TrainingState state;
  state.tensors = {{"parameters", network_.parameters()},
                   {"statistics", network_.statistics()},
                   {"first_moment", optimizer_.first_moment()},
                   {"second_moment", optimizer_.second_moment()}};
  state.counters = {{"identity", Identity()},
                    {"optimizer_steps", optimizer_.steps()},
                    {"batches_tracked", network_.batches_tracked()},
                    {"plateau", plateau_.State()},
                    {"curve", curve_},
                    {"best", best_}};
  if (!best_.is_null()) {
    state.tensors["best_parameters"] = best_parameters_;
    state.tensors["best_statistics"] = best_statistics_;
    state.counters["best_batches_tracked"] = best_tracked_;
  }
  SaveTrainingState(StatePath(options_.out), state);
}

void Trainer::Restore() {
  const TrainingState state = LoadTrainingState(StatePath(options_.out));
  const JsonPlace counters = state.Counters();
  RequireSameRun(state.path, counters.At("identity"), Identity());
  TrainingRecord record = ReadTrainingRecord(counters, 1, false);
  curve_ = std::move(record.curve);
  best_ = std::move(record.best);
  finished_epochs_ = static_cast<int>(curve_.size());
  RestoreBest(state);
  state.Take("parameters", network_.parameters());
  state.Take("statistics", network_.statistics());
  state.Take("first_moment", optimizer_.first_moment());
  state.Take("second_moment", optimizer_.second_moment());
  optimizer_.set_steps(counters.At("optimizer_steps").IntegerIn(0, kAnyCount));
  network_.set_batches_tracked(
      counters.At("batches_tracked").IntegerIn(0, kAnyCount));
  plateau_.Restore(counters.At("plateau"));
  fmt::print(stderr, "resuming after epoch {}\n", finished_epochs_);
}

// The checkpoint is written again: it may have been moved away since, and no
// later epoch need be better.
void Trainer::RestoreBest(const TrainingState& state) {
  if (best_.is_null()) return;
  state.Take("best_parameters", network_.parameters());
  state.Take("best_statistics", network_.statistics());
  best_tracked_ =
      state.Counters().At("best_batches_tracked").IntegerIn(0, kAnyCount);
  network_.set_batches_tracked(best_tracked_);
  best_parameters_ = network_.parameters().clone();
  best_statistics_ = network_.statistics().clone();
  WriteStateDict(options_.out, network_.StateDict(), IfExists::kReplace);
}

}  // namespace edge_int8::train
