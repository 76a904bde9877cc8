// Folds every batch norm into the arithmetic around it; the result computes the
// same function with none left. Tested by fold_norms_test.cc and by parity with
// PyTorch before and after.
//
//   after a convolution      scale into its weights, shift into its bias
//   after attention scores   scale into the query rows (per head, may be
//                            negative); the shift cancels in the softmax
//   after attention mix      scale into the value rows; its shift, and the
//                            values' own (softmax rows sum to one), into the
//                            mix's bias. The key's shift cancels as well.
//   elsewhere                the norm becomes a depthwise 1x1 convolution
//
// So in the folded graph key and value rows of the qkv convolution have bias 0,
// and no shift rides on the softmax rows, which in integers do not sum to one.
// Folding is computed in double and rounded to float once.
#ifndef EDGE_INT8_SRC_GRAPH_FOLD_NORMS_H_
#define EDGE_INT8_SRC_GRAPH_FOLD_NORMS_H_

#include <string>

#include "src/graph/model.h"

namespace edge_int8 {

// Dropout nodes go too. Convolutions that had no bias get one, named
// <module>.bias; attention mixes get <node>.bias. Node names stay.
Model FoldBatchNorms(const Model& model);

// Parameters of the convolution that a norm became.
std::string FoldedNormWeight(const BatchNorm& norm);
std::string FoldedNormBias(const BatchNorm& norm);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_GRAPH_FOLD_NORMS_H_
