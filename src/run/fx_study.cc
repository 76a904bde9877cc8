#include "src/run/fx_study.h"

#include <array>

#include "src/run/quantize_checkpoint.h"
#include "src/study/fx/fx_fuse.h"

namespace edge_int8 {
namespace {

// Few enough that a batch's tensors stay in the cache.
constexpr int kWindowsAtOnce = 4;

class FxPredictor : public Predictor {
 public:
  FxPredictor(ModelShapes shapes, FxSimulation simulation)
      : shapes_(std::move(shapes)), simulation_(std::move(simulation)) {}
  const ModelShapes& shapes() const override { return shapes_; }
  int batch() const override { return kWindowsAtOnce; }
  void Predict(std::span<const float> windows, int count,
               std::span<float> poses) override {
    simulation_.Run(windows, count, poses);
  }

 private:
  const ModelShapes shapes_;
  const FxSimulation simulation_;
};

FxChoices InFloat(FxBoundary boundary) {
  FxChoices choices;
  choices.in_float = {boundary};
  return choices;
}

FxChoices Ranges(FxRangeMethod method) {
  FxChoices choices;
  choices.ranges = method;
  return choices;
}

FxChoices EightBits() {
  FxChoices choices;
  choices.top = 255;
  choices.head_top = 255;
  return choices;
}

FxChoices SixteenBitHead() {
  FxChoices choices;
  choices.head_top = 65535;
  return choices;
}

FxChoices FusedNorms() {
  FxChoices choices;
  choices.fuse_behind_cut = true;
  return choices;
}

FxChoices AllTurnedBack() {
  FxChoices choices = EightBits();
  choices.head_top = 65535;
  choices.fuse_behind_cut = true;
  choices.in_float = {FxBoundary::kAttention, FxBoundary::kResidual,
                      FxBoundary::kPreActivation};
  return choices;
}

const std::array<FxVariant, 10>& Variants() {
  static const std::array<FxVariant, 10> variants = {{
      {"8-bit", "activations on 8 bits, not 7", EightBits()},
      {"fused-norms", "norms behind a cut fused", FusedNorms()},
      {"attention", "attention not rounded inside",
       InFloat(FxBoundary::kAttention)},
      {"residual", "sums and their terms not rounded",
       InFloat(FxBoundary::kResidual)},
      {"pre-activation", "pre-activations not rounded",
       InFloat(FxBoundary::kPreActivation)},
      {"head", "head on 16 bits", SixteenBitHead()},
      {"min-max", "ranges: everything seen", Ranges(FxRangeMethod::kMinMax)},
      {"moving-average", "ranges: QAT's moving average",
       Ranges(FxRangeMethod::kMovingAverage)},
      {"moving-average-apart", "moving average, the pool observed apart",
       Ranges(FxRangeMethod::kMovingAverageApart)},
      {"all", "all but the ranges turned back", AllTurnedBack()},
  }};
  return variants;
}

}  // namespace

std::span<const FxVariant> FxVariants() { return Variants(); }

FxChoices FxFakeQuantChoices() {
  FxChoices choices;
  choices.cut_at_top = true;
  return choices;
}

std::unique_ptr<Predictor> MakeFxPredictor(ModelShapes shapes,
                                           FxSimulation simulation) {
  return std::make_unique<FxPredictor>(std::move(shapes),
                                       std::move(simulation));
}

FxStudy::FxStudy(const Model& model, const WindowSource& source, int batches,
                 uint64_t seed)
    : windows_(ShuffledWindows(source.size(),
                               int64_t{batches} * kCalibrationBatch, seed)),
      as_fx_(Calibrated(model, source, false)),
      all_fused_(Calibrated(model, source, true)) {}

FxStudy::Placed FxStudy::Calibrated(const Model& model,
                                    const WindowSource& source,
                                    bool fuse_behind_cut) const {
  Placed placed;
  placed.fused = FuseAsFx(model, fuse_behind_cut);
  placed.place = PlaceAsFx(placed.fused.graph, !fuse_behind_cut);
  placed.ranges = CalibrateAsFx(placed.fused, placed.place, source, windows_,
                                kCalibrationBatch);
  return placed;
}

std::map<std::string, FxScale> FxStudy::scales() const {
  const FxSimulation simulation(as_fx_.fused, as_fx_.place, as_fx_.ranges, {});
  std::map<std::string, FxScale> scales;
  for (std::size_t g = 0; g < grids(); ++g) {
    scales[as_fx_.place.grids[g].name] = simulation.scale(static_cast<int>(g));
  }
  return scales;
}

std::unique_ptr<Predictor> FxStudy::Make(const FxChoices& choices) const {
  const Placed& placed = choices.fuse_behind_cut ? all_fused_ : as_fx_;
  return MakeFxPredictor(
      ShapesOf(placed.fused.graph),
      FxSimulation(placed.fused, placed.place, placed.ranges, choices));
}

}  // namespace edge_int8
