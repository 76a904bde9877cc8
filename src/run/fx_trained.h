// What training under FX's fake quantization leaves beside the weights, in the
// log of edge-int8-train's fx-qat, and the graph that convert_fx deploys of
// it as a model that predicts. Tested by fx_trained_test.cc.
#ifndef EDGE_INT8_SRC_RUN_FX_TRAINED_H_
#define EDGE_INT8_SRC_RUN_FX_TRAINED_H_

#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "src/base/json_place.h"
#include "src/eval/predictor.h"
#include "src/graph/model.h"
#include "src/run/fx_study.h"

namespace edge_int8 {

struct FxTrained {
  std::map<std::string, FxRange> ranges;  // by grid
  // As if observers that several tensors share had seen the first alone.
  std::map<std::string, FxRange> ranges_apart;
  FxWeightReach weights;
};

nlohmann::json ToJson(const FxTrained& trained);
// Throws kBadInput.
FxTrained FxTrainedFromJson(const JsonPlace& log);

// `model` as trained, norms not folded. Choices of ranges are
// kMovingAverage or kMovingAverageApart, and norms behind a cut stay.
std::unique_ptr<Predictor> DeployAsFx(const Model& model,
                                      const FxTrained& trained,
                                      const FxChoices& choices);

// The recipe as it deploys what was trained, and its choices turned back.
FxChoices FxTrainedChoices();
std::vector<FxVariant> FxTrainedVariants();

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_RUN_FX_TRAINED_H_
