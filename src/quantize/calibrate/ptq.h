// Static post-training quantization: a plan from a folded model and what
// calibration saw. Tested by ptq_test.cc.
//
// No training and no labels. The defaults are the least squared error for both
// weights and activations; what they are worth on a trained model is in
// docs/quantization.md.
#ifndef EDGE_INT8_SRC_QUANTIZE_CALIBRATE_PTQ_H_
#define EDGE_INT8_SRC_QUANTIZE_CALIBRATE_PTQ_H_

#include <map>
#include <string>

#include "src/graph/model.h"
#include "src/qgraph/plan.h"
#include "src/qgraph/qgraph.h"
#include "src/quantize/calibrate/calibration.h"
#include "src/quantize/calibrate/range_choice.h"
#include "src/quantize/calibrate/weight_scale.h"

namespace edge_int8 {

struct PtqOptions {
  int weight_bits = 8;
  std::map<std::string, int> weight_bits_of;     // by parameter name
  std::map<std::string, int> quantizer_bits_of;  // by quantizer name
  WeightMethod weights = WeightMethod::kMse;
  RangeOptions ranges;
};

// "ptq weights=mse:8 ranges=percentile:99.99", with the overrides behind it.
std::string RecipeText(const PtqOptions& options);

// The integers of one quantizer in a plan. Wide grids are symmetric.
GridSpec SpecOf(const Quantizer& quantizer, int bits);

// Throws kUsage, naming all of them, for overrides that the model has no
// tensor for, and what CheckPlan throws for impossible bits.
Plan MakePtqPlan(const Model& folded, const QGraph& qgraph,
                 const CalibrationStats& stats, const PtqOptions& options = {});

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_QUANTIZE_CALIBRATE_PTQ_H_
