// Which float kernels this machine runs. Tested by float_executor_test.cc.
#ifndef EDGE_INT8_SRC_GRAPH_FLOAT_ISAS_H_
#define EDGE_INT8_SRC_GRAPH_FLOAT_ISAS_H_

#include <string_view>
#include <vector>

#include "src/graph/float_kernels.h"

namespace edge_int8 {

// Fastest first; never empty.
std::vector<const FloatKernels*> UsableFloatKernels();

// The usable table of that name, the first for an empty one; throws kUsage,
// listing the names.
const FloatKernels& FindFloatKernels(std::string_view isa);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_GRAPH_FLOAT_ISAS_H_
