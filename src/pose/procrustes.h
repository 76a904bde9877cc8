// pa-mpjpe/1: what is left of a pose's error after the best similarity
// transform, so without place, size and direction. Tested by
// pair_metric_test.cc against NumPy's singular value decomposition.
//
//   min over s, R, t of  sum over joints |s R pred + t - truth|^2,
//   R a rotation (no reflection); the error is then sum |s R pred + t - truth|
//
// In 2-D R and s are one complex number; in 3-D R is the quaternion of Horn
// (1987), "Closed-form solution of absolute orientation using unit
// quaternions", which is never a reflection. A prediction of one single point
// can't be turned or scaled: it is moved to the truth's centre.
#ifndef EDGE_INT8_SRC_POSE_PROCRUSTES_H_
#define EDGE_INT8_SRC_POSE_PROCRUSTES_H_

#include <span>

namespace edge_int8 {

// Of two finite poses [joints][dims], dims 2 or 3: the sum over joints.
double AlignedErrorSum(std::span<const float> pred,
                       std::span<const float> truth, int dims);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_POSE_PROCRUSTES_H_
