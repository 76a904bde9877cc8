// The recipe fx-fbgemm: a checkpoint quantized as PyTorch's FX graph mode does
// it by default for fbgemm, as models that predict, with any of its choices
// turned back. Simulated in float (src/study/fx/fx_simulation.h): the graph
// mixes int8 and float operators, so there is no integer artifact of it. Tested
// by fx_study_test.cc.
#ifndef EDGE_INT8_SRC_RUN_FX_STUDY_H_
#define EDGE_INT8_SRC_RUN_FX_STUDY_H_

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "src/eval/predictor.h"
#include "src/graph/model.h"
#include "src/pose/window_source.h"
#include "src/study/fx/fx_calibration.h"
#include "src/study/fx/fx_file_size.h"
#include "src/study/fx/fx_placement.h"
#include "src/study/fx/fx_simulation.h"

namespace edge_int8 {

inline constexpr std::string_view kFxRecipe = "fx-fbgemm";

// One of the recipe's choices turned back, all others kept.
struct FxVariant {
  std::string_view key;    // in results.json
  std::string_view title;  // in the table
  FxChoices choices;
};
// The choices that bench takes apart; the last turns them all back.
std::span<const FxVariant> FxVariants();
// The recipe as fake quantization computes it: codes end where ranges do.
FxChoices FxFakeQuantChoices();

std::unique_ptr<Predictor> MakeFxPredictor(ModelShapes shapes,
                                           FxSimulation simulation);

class FxStudy {
 public:
  // `model` as loaded, norms not folded. Calibrates on `batches` of 64 windows
  // of the source; `source` is not kept.
  FxStudy(const Model& model, const WindowSource& source, int batches,
          uint64_t seed);

  // Slots are not limited: a simulation has no scratch memory of its own.
  std::unique_ptr<Predictor> Make(const FxChoices& choices) const;

  // Places in the source, in the order in which observers saw them.
  const std::vector<int64_t>& windows() const { return windows_; }
  std::size_t grids() const { return as_fx_.place.grids.size(); }
  // Of the recipe as it is, by the grid's name.
  std::map<std::string, FxScale> scales() const;
  FxFileSize file_size() const { return SizeAsFx(as_fx_.fused, as_fx_.place); }

 private:
  struct Placed {
    Model fused;
    FxPlacement place;
    std::vector<FxRanges> ranges;
  };
  Placed Calibrated(const Model& model, const WindowSource& source,
                    bool fuse_behind_cut) const;

  std::vector<int64_t> windows_;
  Placed as_fx_;
  Placed all_fused_;  // norms behind a cut fused too
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_RUN_FX_STUDY_H_
