// Poses that say nothing: a float model whose numbers overflow answers NaN, and
// a file full of them must not look like a prediction. Tested by
// finite_poses_test.cc.
#ifndef EDGE_INT8_SRC_RUN_FINITE_POSES_H_
#define EDGE_INT8_SRC_RUN_FINITE_POSES_H_

#include <span>
#include <string>

namespace edge_int8 {

// Throws kBadInput, naming the model, when not one value is finite; says on
// stderr how many are not when only some are.
void CheckFinitePoses(std::span<const float> poses, const std::string& model);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_RUN_FINITE_POSES_H_
