// Named recipes: what `--recipe NAME` means. A recipe is calibration's range
// choice, the weights' scales and the repairs that follow, all without
// training. Tested by recipe_test.cc.
#ifndef EDGE_INT8_SRC_QUANTIZE_RECONSTRUCT_RECIPE_H_
#define EDGE_INT8_SRC_QUANTIZE_RECONSTRUCT_RECIPE_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "src/quantize/calibrate/ptq.h"
#include "src/quantize/reconstruct/repair.h"

namespace edge_int8 {

// What `--repair LIST` switches, one by one; docs/quantization.md says what
// each is worth.
struct Repairs {
  bool equalize = false;      // equalize.h
  bool rescue = false;        // rescue.h
  bool rounding = false;      // optimal_rounding.h
  bool adaround = false;      // ada_rounding.h
  bool compensation = false;  // repair.h, as the next two
  bool blocks = false;
  bool bias = false;

  bool walk() const {
    return rounding || adaround || compensation || blocks || bias;
  }
  RepairOptions Options() const;
  bool operator==(const Repairs&) const = default;
};

// "rescue,rounding,bias" or "none". Throws kUsage, listing the names, for an
// unknown one.
Repairs ParseRepairs(std::string_view list);
std::string RepairsText(const Repairs& repairs);

struct Recipe {
  std::string_view name;
  std::string_view summary;
  RangeMethod ranges = RangeMethod::kMse;
  WeightMethod weights = WeightMethod::kMse;
  Repairs repairs = {};

  PtqOptions Options() const;
};

std::span<const Recipe> Recipes();
// Throws kUsage, listing the names, for an unknown one.
const Recipe& FindRecipe(std::string_view name);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_QUANTIZE_RECONSTRUCT_RECIPE_H_
