// What a session says, as text: a JSON object a line, which the page and other
// programs read, and the summary at its end. Tested by pose_line_test.cc.
//
//   {"t":12.345,"pose":[[0.1,0.2],...],"latency_ms":0.41}
//   {"t":12.6,"pose":null,"why":"a gap"}
//
// `t` is the time of the window's last step in the packets' clock. Floats are
// as short as they read back to the same bits.
#ifndef EDGE_INT8_SRC_LIVE_POSE_LINE_H_
#define EDGE_INT8_SRC_LIVE_POSE_LINE_H_

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "src/base/tensor.h"
#include "src/live/live_session.h"

namespace edge_int8 {

// Seconds of nanoseconds, exactly: "12.345".
std::string LineSeconds(int64_t time_ns);

// With the line's end. `output` is the shape of an answer: [15, 2] nests pairs.
std::string PoseLine(const LivePose& pose, const Shape& output);

// Lines {"t":..,"csi":[..]} of the last `steps` steps of a pose's window.
std::string CsiLines(const LivePose& pose, int64_t rows, int64_t steps);

// A line or more, without "edge-int8: ".
std::string SummaryText(const SessionSummary& summary);
nlohmann::json SummaryJson(const SessionSummary& summary);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_LIVE_POSE_LINE_H_
