// Named recipes: what `--recipe NAME` means. A recipe is calibration's range
// choice, the weights' scales and the repairs that follow, all without
// training. Tested by recipe_test.cc.
#ifndef EDGE_INT8_SRC_QUANT_RECIPE_H_
#define EDGE_INT8_SRC_QUANT_RECIPE_H_

#include <span>
#include <string_view>

#include "src/quant/ptq.h"

namespace edge_int8 {

struct Recipe {
  std::string_view name;
  std::string_view summary;
  RangeMethod ranges = RangeMethod::kMse;
  WeightMethod weights = WeightMethod::kMse;
  bool repair = false;  // repair.h, with its defaults

  PtqOptions Options() const;
};

std::span<const Recipe> Recipes();
// Throws kUsage, listing the names, for an unknown one.
const Recipe& FindRecipe(std::string_view name);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_QUANT_RECIPE_H_
