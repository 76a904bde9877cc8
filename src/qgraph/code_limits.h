// How large the integers of a tensor may be so that whoever adds up products of
// them stays within 32 bits. Sixteen bits times eight fit for some hundred
// products only; a plan's scales leave the rest of the codes unused
// (calibrate/ptq.cc), and lowering clamps to what is left. Tested by
// code_limits_test.cc.
#ifndef EDGE_INT8_SRC_QGRAPH_CODE_LIMITS_H_
#define EDGE_INT8_SRC_QGRAPH_CODE_LIMITS_H_

#include <cstdint>
#include <vector>

#include "src/graph/model.h"
#include "src/qgraph/plan.h"
#include "src/qgraph/qgraph.h"

namespace edge_int8 {

inline constexpr int64_t kNoCodeLimit = 1 << 16;

// By quantizer: the largest |stored - zero point|, kNoCodeLimit where nothing
// limits it. The plan has been checked.
std::vector<int64_t> CodeLimits(const Model& folded, const QGraph& qgraph,
                                const Plan& plan);

// Values that a norm takes its mean over.
int64_t NormalizedValues(const Normalize& normalize, const Extent& extent);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_QGRAPH_CODE_LIMITS_H_
