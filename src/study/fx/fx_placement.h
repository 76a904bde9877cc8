// Where PyTorch's FX graph mode, with its default configuration for fbgemm,
// rounds activations: read from torch 2.11's prepare_fx, convert_fx and native
// backend configuration, and found here from the graph's structure alone.
// Tested by fx_placement_test.cc, and against the real prepare_fx's observers
// by fx_simulation_test.cc.
//
//   operator                      computed in   rounded
//   convolution                   int8          its inputs and its output
//   the cut of a causal one       -             once more, on a grid of its own
//   batch norm on an image        int8          input and output
//     (four axes: the scores of attention)
//   batch norm on a sequence      float         -
//   sum                           int8          both terms and the result
//   SiLU, softmax, einsum         float         -
//   q, k, v                       -             once more each, when split off
//   what attention mixes, and     -             because a reshape follows
//     its output norm
//   pool, transpose               int8          the grid of what they read
//
// So a float result is rounded when a quantized operator reads it, and between
// a convolution and its SiLU there is one rounding, or two where a cut stands.
// The softmax is float because the network calls F.softmax, not nn.Softmax.
#ifndef EDGE_INT8_SRC_STUDY_FX_FX_PLACEMENT_H_
#define EDGE_INT8_SRC_STUDY_FX_FX_PLACEMENT_H_

#include <string>
#include <string_view>
#include <vector>

#include "src/graph/graph.h"

namespace edge_int8 {

// What a rounding stands between, so that a study can turn one kind back.
enum class FxBoundary {
  kInput,          // the network's input
  kStored,         // what a convolution reads: without it there is no int8
  kPreActivation,  // between a convolution and its SiLU
  kCut,            // between a causal convolution and the norm it can't fuse
  kResidual,       // the terms and the result of a sum
  kAttention,      // queries to outputs of attention
  kHead            // from the last convolution to the pool, and the pool
};
std::string_view BoundaryName(FxBoundary boundary);

// Values that an observer is shown: a run of channels of a tensor.
struct FxSight {
  TensorId tensor = 0;
  int first_channel = 0;
  int channels = 0;
  bool with_tail = false;  // also the columns that the cut drops
  int times = 1;           // views show the same values again
};

// One scale and zero point, and what decides them.
struct FxGrid {
  std::string name;  // of the node that writes; ".cut", ".q", ".k", ".v" behind
  FxBoundary boundary = FxBoundary::kStored;
  std::vector<FxSight> sights;
};

// Grids by tensor, -1 for none. `stored` is the grid that a tensor's values lie
// on; where there is none they are float, and a quantized reader rounds to
// `asked`.
struct FxPlacement {
  std::vector<FxGrid> grids;  // in execution order
  std::vector<int> made;      // by a convolution's requantization, or a sum's
  std::vector<int> cut;       // after the tail is cut
  std::vector<int> stored;
  std::vector<int> asked;
  std::vector<std::vector<int>> parts;  // of q, k and v
};

// Of a graph that FuseAsFx made. With `cuts` false, causal convolutions are
// taken for ones that need no cut.
FxPlacement PlaceAsFx(const Graph& fused, bool cuts = true);

// True for operators that run on int8 and so ask for rounded inputs.
bool FxQuantizes(const Graph& fused, const Node& node);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_STUDY_FX_FX_PLACEMENT_H_
