// One body of the synthetic set.
#ifndef EDGE_INT8_TESTS_POSE_SOME_BODY_H_
#define EDGE_INT8_TESTS_POSE_SOME_BODY_H_

#include "src/base/random.h"
#include "src/pose/synth_skeleton.h"

namespace edge_int8::synth {

inline Body SomeBody() {
  Rng rng(1);
  return DrawBody(rng);
}

}  // namespace edge_int8::synth

#endif  // EDGE_INT8_TESTS_POSE_SOME_BODY_H_
