// How far two tensors of one shape lie apart.
#ifndef EDGE_INT8_TESTS_TRAIN_LARGEST_DIFFERENCE_H_
#define EDGE_INT8_TESTS_TRAIN_LARGEST_DIFFERENCE_H_

#include <ATen/ATen.h>

namespace edge_int8::train {

inline double LargestDifference(const at::Tensor& a, const at::Tensor& b) {
  return (a - b).abs().max().item<double>();
}

}  // namespace edge_int8::train

#endif  // EDGE_INT8_TESTS_TRAIN_LARGEST_DIFFERENCE_H_
