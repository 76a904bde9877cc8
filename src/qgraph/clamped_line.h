// Functions that need no table: a rising line cut at two ends. They are exact
// in integers as a scale, a zero point and a clamp. Tested by
// clamped_line_test.cc.
#ifndef EDGE_INT8_SRC_QGRAPH_CLAMPED_LINE_H_
#define EDGE_INT8_SRC_QGRAPH_CLAMPED_LINE_H_

#include <limits>
#include <optional>

#include "src/graph/function.h"

namespace edge_int8 {

// min(max(slope * x + offset, low), high), slope > 0.
struct ClampedLine {
  double slope = 1;
  double offset = 0;
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
};

// identity, relu, clip, affine, hard sigmoid and what is composed of them.
std::optional<ClampedLine> AsClampedLine(const Function& function);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_QGRAPH_CLAMPED_LINE_H_
