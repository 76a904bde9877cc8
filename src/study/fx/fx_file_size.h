// What the file weighs that torch.save writes of convert_fx's model, counted
// without PyTorch. Tested by fx_file_size_test.cc.
#ifndef EDGE_INT8_SRC_STUDY_FX_FX_FILE_SIZE_H_
#define EDGE_INT8_SRC_STUDY_FX_FX_FILE_SIZE_H_

#include <cstdint>

#include "src/graph/model.h"
#include "src/study/fx/fx_placement.h"

namespace edge_int8 {

// A convolution is stored as int8 weights, a float64 scale and an int64 zero
// point per output channel, float biases, and its output's scale and zero
// point; a norm that did not fuse as its float parameters; every further grid
// as a scale (4 bytes) and a zero point (8).
struct FxFileSize {
  int64_t numbers = 0;   // bytes of all values
  int64_t storages = 0;  // zip members that hold them
  int64_t entries = 0;   // names in the state dict

  // With torch 2.11's zip headers and padding (162 bytes a member) and pickled
  // names (143 bytes an entry), both measured on `half`.
  int64_t bytes() const { return numbers + 162 * storages + 143 * entries; }
};

FxFileSize SizeAsFx(const Model& fused, const FxPlacement& place);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_STUDY_FX_FX_FILE_SIZE_H_
