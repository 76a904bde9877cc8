// Where a folded graph is quantized: the tensors that need a scale and, for
// each, what the integer engine does there. Calibration measures the sites, a
// plan gives each its bits and scale, lowering reads them back. Found from the
// graph's structure alone. Tested by sites_test.cc.
//
//   conv -> silu           the conv's tensor is a pre-activation (table index),
//                          the silu's is stored
//   silu -> sum only       no site: the table writes the sum's own units
//   conv -> sum only       no site: the accumulator goes to the sum's units
//   sum -> silu            the sum's tensor is a pre-activation
//   conv -> attention      three sites: <tensor>.q, .k, .v
//   ... -> average pool    16 bits, symmetric: the head
//   transpose              shares its input's site
#ifndef EDGE_INT8_SRC_QUANT_SITES_H_
#define EDGE_INT8_SRC_QUANT_SITES_H_

#include <optional>
#include <string>
#include <vector>

#include "src/graph/graph.h"

namespace edge_int8 {

enum class SiteRole {
  kInput,          // the network's input: uint8, zero point 0
  kPreActivation,  // read by a SiLU table, never stored
  kStored,         // an activation in memory
  kQuery,          // int8 symmetric, one scale per head
  kKey,            // int8 symmetric, one scale per head
  kValue           // int8 symmetric, one scale per channel
};

struct Site {
  std::string name;
  TensorId tensor = 0;
  SiteRole role = SiteRole::kStored;
  // Channels [first, first + count) of the tensor, in `scales` equal runs with
  // a scale each.
  int first_channel = 0;
  int channels = 0;
  int scales = 1;
  int default_bits = 8;
  bool symmetric = false;  // zero point 0 and a range around it
  bool is_sum = false;     // written by an Add: 8 or 12 bits
};

struct SiteMap {
  std::vector<Site> sites;  // in execution order, the input first
  // Index into `sites` of the site a tensor's stored values have (transposes
  // resolved), -1 for tensors without one. q, k, v count from the query's.
  std::vector<int> of_tensor;
  // How many nodes read each tensor, and the only reader's node index (or -1).
  std::vector<int> readers;
  std::vector<int> sole_reader;
};

// Throws kBadInput when the graph holds a pattern the integer engine has no
// operator for, naming the node.
SiteMap FindSites(const Graph& folded);

// True when a tensor is only a term of a sum, so it has no scale of its own.
bool IsSumTerm(const Graph& graph, const SiteMap& map, TensorId tensor);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_QUANT_SITES_H_
