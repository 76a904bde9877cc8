// Weights that integers can stand for: a checkpoint whose numbers are so large
// that products of them leave float32 is refused here, by its tensor's name,
// and not where the first product fails. Tested by
// hostile_statistics_test.cc.
#ifndef EDGE_INT8_SRC_RUN_ORDINARY_WEIGHTS_H_
#define EDGE_INT8_SRC_RUN_ORDINARY_WEIGHTS_H_

#include <string>

#include "src/graph/model.h"

namespace edge_int8 {

// Throws kBadInput for a parameter beyond kLargestOrdinary (calibration.h) or
// not finite. A running variance may be anything: folding takes its root.
void CheckOrdinaryWeights(const std::string& where, const Model& model);

// The same of what folding made of it.
void CheckOrdinaryFolded(const std::string& where, const Model& folded);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_RUN_ORDINARY_WEIGHTS_H_
