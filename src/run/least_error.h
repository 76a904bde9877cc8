// Which of several quantized models of one checkpoint stays closest to it: a
// recipe must not make worse what it started from. Tested by
// least_error_test.cc.
#ifndef EDGE_INT8_SRC_RUN_LEAST_ERROR_H_
#define EDGE_INT8_SRC_RUN_LEAST_ERROR_H_

#include <cstdint>
#include <string>
#include <vector>

#include "src/graph/model.h"
#include "src/pose/window_source.h"
#include "src/quantize/reconstruct/repair.h"

namespace edge_int8 {

// A model after one more step of a recipe.
struct RecipeStage {
  std::string name;  // of the step: "weight reconstruction"
  Repaired made;
};

// Runs each stage's integers and the float model on some of the windows and
// returns the stage of the least squared error, the last of equals, with a note
// for each step that is left out. A stage that can't be lowered has no error
// that could be the least, unless none can: then that of the first is thrown.
Repaired LeastErrorStage(const Model& folded, std::vector<RecipeStage> stages,
                         const WindowSource& source, int64_t windows,
                         uint64_t seed);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_RUN_LEAST_ERROR_H_
