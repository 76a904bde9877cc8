// Runs the graph that PyTorch's convert_fx deploys for fbgemm: convolutions on
// 8-bit integers with int32 accumulators and float requantization, the rest in
// float between roundings (fx_placement.h). A simulation: tensors are floats
// that lie on their grids, products of integers are exact, and rounding is
// fbgemm's, half to even. This is not the project's integer contract; it exists
// to reproduce and take apart what that recipe costs. Tested by
// fx_simulation_test.cc against convert_fx's outputs.
#ifndef EDGE_INT8_SRC_STUDY_FX_FX_SIMULATION_H_
#define EDGE_INT8_SRC_STUDY_FX_FX_SIMULATION_H_

#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "src/graph/model.h"
#include "src/study/fx/fx_calibration.h"
#include "src/study/fx/fx_placement.h"

namespace edge_int8 {

enum class FxRangeMethod {
  kHistogram,
  kMinMax,
  kMovingAverage,
  kMovingAverageApart
};

// The recipe's choices; the defaults are PyTorch's for fbgemm.
struct FxChoices {
  FxRangeMethod ranges = FxRangeMethod::kHistogram;
  // Highest code a range is laid on: 127 with reduce_range, 255 without.
  int top = 127;
  // A quint8 tensor holds codes up to 255 whatever reduce_range says, so what
  // lies above the range is kept when deployed. Fake quantization cuts it off
  // at `top`: one of the ways in which it promises what is not deployed.
  bool cut_at_top = false;
  // Of grids of FxBoundary::kHead; 65535 for 16 bits.
  int head_top = 127;
  // Boundaries left in float. kStored and kInput can't be.
  std::set<FxBoundary> in_float;
  // Norms behind a cut fused; the placement must be made with `cuts` false.
  bool fuse_behind_cut = false;
};

// By a weight's name, for each output channel: the size that becomes code
// 127.5.
using FxWeightReach = std::map<std::string, std::vector<float>>;

class FxSimulation {
 public:
  // `fused` from FuseAsFx and `place` from PlaceAsFx, both with the choice of
  // fuse_behind_cut; ranges by grid of `place`. Weights that have no `reach`
  // are laid on their own largest sizes. Copies what it needs.
  FxSimulation(const Model& fused, FxPlacement place,
               std::span<const FxRanges> ranges, const FxChoices& choices,
               const FxWeightReach& reach = {});

  // windows: batch x the graph's input; output: batch x its output. Any number
  // of threads may call it.
  void Run(std::span<const float> windows, int batch,
           std::span<float> output) const;

  FxScale scale(int grid) const {
    const Grid& g = grids_[static_cast<std::size_t>(grid)];
    return {g.scale, static_cast<int>(g.zero)};
  }

 private:
  struct Grid {
    bool active = true;
    float scale = 1;
    float inverse = 1;
    float zero = 0;
    float top = 255;  // the highest code that is kept

    float Code(float value) const;  // less the zero point
    float Round(float value) const { return Code(value) * scale; }
  };
  // A convolution's integers.
  struct IntegerConv {
    Conv conv;                  // without bias
    std::vector<float> scales;  // of weights, by output channel
    std::vector<float> bias;
    bool exact = true;  // every accumulator fits 24 bits
  };
  using Values = std::vector<std::vector<float>>;

  void QuantizeWeights(const FxWeightReach& reach);
  const Grid* GridAt(const std::vector<int>& of, TensorId tensor) const;
  std::vector<float> Input(const Node& node, TensorId tensor,
                           const Values& values, int batch) const;
  void RunConv(std::size_t node, int batch, const Values& values,
               std::span<float> out) const;
  void RunPool(const Node& node, int batch, const Values& values,
               std::span<float> out) const;

  Model model_;  // convolution weights are integers
  FxPlacement place_;
  std::vector<Grid> grids_;
  std::vector<IntegerConv> convs_;  // by node; empty for others
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_STUDY_FX_FX_SIMULATION_H_
