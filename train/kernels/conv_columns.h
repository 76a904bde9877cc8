// The column matrix that turns a convolution into a product: one line for each
// tap of each input channel of a group, one column for each output position of
// a run of windows. Tested by torch_graph_test.cc.
#ifndef EDGE_INT8_TRAIN_KERNELS_CONV_COLUMNS_H_
#define EDGE_INT8_TRAIN_KERNELS_CONV_COLUMNS_H_

#include <cstdint>

#include "train/kernels/conv_kernels.h"

namespace edge_int8::train {

// One task's share of a convolution: a group and a run of windows.
struct ConvPiece {
  int64_t group = 0;
  int64_t first_window = 0;
  int64_t windows = 0;
};
// Task = group * runs + run.
ConvPiece PieceOf(const ConvShape& s, int64_t task);

void FillColumns(const ConvShape& s, const float* x, const ConvPiece& piece,
                 float* columns);
// The transpose: writes the piece of dx from the columns' gradient, whose
// padding it clears.
void AddColumns(const ConvShape& s, float* columns, const ConvPiece& piece,
                float* dx);

}  // namespace edge_int8::train

#endif  // EDGE_INT8_TRAIN_KERNELS_CONV_COLUMNS_H_
