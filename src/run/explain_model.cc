#include "src/run/explain_model.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <span>

#include "src/base/as_size.h"
#include "src/base/error.h"
#include "src/base/parallel.h"
#include "src/base/progress.h"
#include "src/base/rank_share.h"
#include "src/eval/predictor.h"
#include "src/eval/split_scoring.h"
#include "src/graph/batch_nodes.h"
#include "src/nets/network_file.h"
#include "src/qgraph/lower.h"
#include "src/quantize/calibrate/calibration.h"
#include "src/run/load_predictor.h"

namespace edge_int8 {
namespace {

constexpr uint64_t kWindowSeed = 45;
constexpr int kBatch = 16;  // windows the unfolded model runs at once

double Decibels(double signal, double noise) {
  return noise > 0 ? 10 * std::log10(signal / noise)
                   : std::numeric_limits<double>::infinity();
}

// The network as the checkpoint has it, norms and all.
class UnfoldedPredictor : public Predictor {
 public:
  explicit UnfoldedPredictor(Model model)
      : model_(std::move(model)), shapes_(ShapesOf(model_.graph)) {}
  const ModelShapes& shapes() const override { return shapes_; }
  int batch() const override { return kBatch; }
  void Predict(std::span<const float> windows, int count,
               std::span<float> poses) override {
    RunBatch(model_, {windows.begin(), windows.end()}, count,
             [&](TensorId id, std::span<float> values) {
               if (id == model_.graph.output) {
                 std::ranges::copy(values, poses.begin());
               }
             });
  }

 private:
  const Model model_;
  const ModelShapes shapes_;
};

class Explainer {
 public:
  Explainer(const Dataset& dataset, const ExplainOptions& options)
      : dataset_(dataset),
        options_(options),
        network_(options.network.For(dataset.task().window)) {
    out_.options = options;
    out_.synthetic = dataset.synthetic();
    out_.metric = dataset.metric();
    out_.split_id = dataset.split_id();
  }

  Explanation Run() {
    const SourceModel source = LoadSourceModel(options_.checkpoint, network_);
    const ModelShapes shapes = ShapesOf(source.folded.graph);
    CheckModelFits(options_.checkpoint, shapes, dataset_);
    inputs_ = AsSize(ElementCount(shapes.input));
    outputs_ = AsSize(ElementCount(shapes.output));
    out_.checkpoint_sha256 = source.sha256;
    out_.variant = source.folded.graph.name;
    ChooseWindows();
    const Repaired integer = Quantize(source);
    out_.recipe = integer.plan.recipe;
    StudyTensors(source.folded, integer);
    Climb(integer);
    if (!out_.metric.is_classes()) SplitJoints();
    return std::move(out_);
  }

 private:
  void ChooseWindows() {
    truth_ = LoadSplitTruth(dataset_, options_.split, options_.subset);
    Selection& all = truth_.selection;
    const std::vector<int64_t> chosen =
        SpreadWindows(std::ssize(all.windows), options_.windows, kWindowSeed);
    SplitTruth some;
    for (const int64_t n : chosen) {
      some.selection.windows.push_back(all.windows[AsSize(n)]);
      some.selection.files.push_back(all.files[AsSize(n)]);
      some.mean_pose.push_back(truth_.mean_pose[AsSize(n)]);
    }
    some.targets = truth_.targets.Pick(chosen);
    truth_ = std::move(some);
    out_.windows = std::ssize(chosen);
    out_.files = truth_.files();
    out_.baseline_mean_pose = MergeTallies(truth_.mean_pose);
    source_ =
        std::make_unique<SelectionSource>(dataset_, truth_.selection.windows);
  }

  Repaired Quantize(const SourceModel& source) {
    if (!options_.plan.empty()) {
      return {source.folded, ReadPlanFor(source.folded.graph, options_.plan)};
    }
    const CalibrationSet calibration = CalibrateOnTrainSplit(dataset_);
    const CalibrationStats stats =
        MeasureActivations(source, calibration, options_.request.calib_batches,
                           options_.request.seed);
    return MakeByRecipe(source, calibration, stats, options_.request);
  }

  // Every case of every window; poses by case, then window.
  void StudyTensors(const Model& folded, const Repaired& integer) {
    CheckPlan(integer.plan, folded.graph, BuildQGraph(folded.graph), "plan");
    const TensorStudy study(folded, integer.model, integer.plan);
    const std::size_t tensors = study.tensors().size();
    std::vector<std::vector<float>> poses(
        study.cases(), std::vector<float>(AsSize(out_.windows) * outputs_));
    std::vector<std::vector<OwnError>> own(AsSize(out_.windows),
                                           std::vector<OwnError>(tensors));
    std::vector<TensorStudy::ScratchPointer> scratch;
    const int slots = ThreadCount();
    for (int i = 0; i < slots; ++i) {
      scratch.push_back(study.MakeScratch());
    }
    const Share mine = MyShare(out_.windows);
    Progress progress("round each tensor alone", mine.size(), "windows");
    ParallelForSlots(mine.size(), slots, [&](int64_t n, int slot) {
      const int64_t w = mine.first + n;
      std::vector<float> window(inputs_);
      source_->Read(w, window);
      std::vector<float> outputs(study.cases() * outputs_);
      study.Run(window, *scratch[AsSize(slot)], outputs, own[AsSize(w)]);
      for (std::size_t c = 0; c < study.cases(); ++c) {
        std::copy_n(&outputs[c * outputs_], outputs_,
                    &poses[c][AsSize(w) * outputs_]);
      }
      progress.Add();
    });
    const auto values = static_cast<int64_t>(outputs_);
    for (std::vector<float>& one : poses) {
      GatherSlices(std::span(one), mine.first * values, mine.end * values);
    }
    GatherErrors(own, mine);
    float_poses_ = poses[TensorStudy::kFloat];
    MeasureSignal();
    std::vector<ExplainedCase> cases(study.cases());
    ParallelFor(std::ssize(cases),
                [&](int64_t c) { cases[AsSize(c)] = Judge(poses[AsSize(c)]); });
    folded_ = cases[TensorStudy::kFloat];
    out_.weights_only = cases[TensorStudy::kWeights];
    out_.activations_only = cases[TensorStudy::kActivations];
    out_.everything = cases[TensorStudy::kEverything];
    for (std::size_t t = 0; t < tensors; ++t) {
      OwnError error = study.tensors()[t].weight_error;
      for (const std::vector<OwnError>& part : own) {
        error.signal += part[t].signal;
        error.noise += part[t].noise;
        error.range.Merge(part[t].range);
      }
      out_.tensors.push_back({study.tensors()[t],
                              Decibels(error.signal, error.noise), error.range,
                              cases[study.Only(t)], cases[study.AllBut(t)]});
    }
  }

  // Every window's own errors, of all ranks of a job.
  static void GatherErrors(std::vector<std::vector<OwnError>>& own,
                           const Share& mine) {
    if (own.empty() || World().size() == 1) return;
    const auto tensors = std::ssize(own[0]);
    std::vector<OwnError> flat;
    for (const auto& one : own) flat.insert(flat.end(), one.begin(), one.end());
    GatherSlices(std::span(flat), mine.first * tensors, mine.end * tensors);
    for (std::size_t w = 0; w < own.size(); ++w) {
      std::copy_n(flat.begin() + std::ssize(own[0]) * static_cast<int64_t>(w),
                  tensors, own[w].begin());
    }
  }

  // Variance of the float model's poses, coordinate by coordinate.
  void MeasureSignal() {
    for (std::size_t c = 0; c < outputs_; ++c) {
      double mean = 0;
      for (std::size_t n = c; n < float_poses_.size(); n += outputs_) {
        mean += static_cast<double>(float_poses_[n]);
      }
      mean /= static_cast<double>(out_.windows);
      for (std::size_t n = c; n < float_poses_.size(); n += outputs_) {
        const double off = static_cast<double>(float_poses_[n]) - mean;
        signal_ += off * off;
      }
    }
  }

  ExplainedCase Judge(std::span<const float> poses) const {
    double noise = 0;
    for (std::size_t n = 0; n < poses.size(); ++n) {
      const double off =
          static_cast<double>(poses[n]) - static_cast<double>(float_poses_[n]);
      noise += off * off;
    }
    return {MergeTallies(truth_.Tally(poses)), Decibels(signal_, noise)};
  }

  // From the checkpoint to the deployed integers, one change at a time.
  void Climb(const Repaired& integer) {
    UnfoldedPredictor unfolded(LoadNetwork(options_.checkpoint, network_));
    out_.ladder.push_back(
        {"fp32", Judge(PredictAll(unfolded, *source_, "fp32"))});
    out_.ladder.push_back({"norms folded", folded_});
    out_.ladder.push_back({"weights", out_.weights_only});
    out_.ladder.push_back({"activations", out_.everything});
    const core::IntegerGraph graph = Lower(integer.model, integer.plan);
    const auto scalar = MakeIntegerPredictor(graph, core::Isa::kScalar);
    out_.ladder.push_back(
        {"integer rounding", Judge(PredictAll(*scalar, *source_, "integers"))});
    const auto engine = MakeIntegerPredictor(graph, IsaFromEnvironment());
    engine_poses_ = PredictAll(*engine, *source_, "engine");
    out_.ladder.push_back({"engine", Judge(engine_poses_)});
  }

  void SplitJoints() {
    const std::vector<float>& truth = truth_.targets.poses;
    const auto dims = AsSize(out_.metric.dims);
    out_.joints_fp32 = ScoreJoints(float_poses_, truth, out_.metric);
    out_.joints_int8 = ScoreJoints(engine_poses_, truth, out_.metric);
    for (std::size_t axis = 0; axis < dims; ++axis) {
      std::vector<float> poses = float_poses_;
      for (std::size_t n = axis; n < poses.size(); n += dims) {
        poses[n] = engine_poses_[n];
      }
      out_.joints_by_axis.push_back(ScoreJoints(poses, truth, out_.metric));
    }
  }

  const Dataset& dataset_;
  const ExplainOptions& options_;
  const NetworkOptions network_;
  Explanation out_;
  SplitTruth truth_;
  std::unique_ptr<WindowSource> source_;
  std::vector<float> float_poses_, engine_poses_;
  std::size_t inputs_ = 0, outputs_ = 0;  // values of one window
  ExplainedCase folded_;
  double signal_ = 0;
};

}  // namespace

Explanation Explain(const Dataset& dataset, const ExplainOptions& options) {
  return Explainer(dataset, options).Run();
}

}  // namespace edge_int8
