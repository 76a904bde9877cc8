// SampleGraph() with one thing changed, for tests that break one rule at a
// time.
#ifndef EDGE_INT8_TESTS_CORE_CONTAINER_CHANGED_SAMPLE_H_
#define EDGE_INT8_TESTS_CORE_CONTAINER_CHANGED_SAMPLE_H_

#include <functional>

#include "core/container/validate.h"
#include "tests/core_container/sample_artifact.h"

namespace edge_int8::core {

using Change = std::function<void(IntegerGraph*)>;

inline Result After(const Change& change) {
  IntegerGraph graph = SampleGraph();
  change(&graph);
  return ValidateGraph(graph);
}

// Changes operator `index`, which is a T.
template <class T>
Result AfterOp(std::size_t index, const std::function<void(T*)>& change) {
  return After([&](IntegerGraph* g) { change(&std::get<T>(g->ops[index])); });
}

// The operators of SampleGraph() by number.
inline constexpr std::size_t kCausal = 0, kBranch = 1, kSum = 2, kImage = 3,
                             kWide = 4, kQkv = 5, kMix = 6, kHead = 9,
                             kPool = 10, kPose = 11;

}  // namespace edge_int8::core

#endif  // EDGE_INT8_TESTS_CORE_CONTAINER_CHANGED_SAMPLE_H_
