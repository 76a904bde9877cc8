// Real scales for an integer graph, for formats that want them. A graph with
// more than the WiFlow family's operators carries them as data. An artifact of
// the family may be of version 1, which holds multipliers and tables: ratios of
// scales. Of those they are recovered, whatever the version, so that an export
// does not depend on it. Walking back from the output,
// whose scale is stored, each table gives its two scales (table_scales.h), each
// sum the unit of its terms. Where only a ratio matters (attention's output,
// query against key) the unit is free and one is chosen. Tested by
// real_scales_test.cc against the plan that was lowered.
#ifndef EDGE_INT8_SRC_EXPORT_REAL_SCALES_H_
#define EDGE_INT8_SRC_EXPORT_REAL_SCALES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "core/container/integer_graph.h"

namespace edge_int8 {

struct RealScales {
  // By tensor: real = (q - zero) * scale; one value, or one per channel (q, k
  // and v). A pool's output has the graph's output_scale.
  std::vector<std::vector<double>> tensor;
  // By operator: one step of what its activation's table is asked for; the
  // tensor's own scale where there is no table, 0 for pools and transposes.
  std::vector<double> pre;
  bool recovered = false;     // not data of the graph
  int64_t tables = 0;         // with scales recovered
  int64_t entries = 0;        // in them
  int64_t wrong_entries = 0;  // that the scales don't reproduce
};

// Throws kBadInput for a graph with other operators that carries no scales.
RealScales FindRealScales(const core::IntegerGraph& graph);

// s_w[o], so that s_x * s_w[o] is one step of the accumulator.
std::vector<double> RealWeightScales(const core::IntegerGraph& graph,
                                     const RealScales& scales,
                                     std::size_t op_index);

// The multiplier as a real number; exactly zero becomes 2^-33, which rounds
// every accumulator to zero too and is a scale that formats accept.
double RealMultiplier(core::Multiplier m);

// What a stored type holds.
int32_t LowestOf(core::Type type);
int32_t HighestOf(core::Type type);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_EXPORT_REAL_SCALES_H_
