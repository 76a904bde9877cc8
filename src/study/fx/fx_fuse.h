// A network as PyTorch's FX quantization sees it after fusion: batch norms that
// directly follow a convolution are in its weights, the others are still there.
// Tested by fx_fuse_test.cc and, through fx_simulation_test.cc, against
// torch.ao.quantization.
//
// A PyTorch convolution pads both sides alike. A causal one is therefore padded
// on both, and its tail is cut by an operation of its own, which stands between
// it and its norm: fuse_conv_bn does not see the pair, and the norm stays.
#ifndef EDGE_INT8_SRC_STUDY_FX_FX_FUSE_H_
#define EDGE_INT8_SRC_STUDY_FX_FX_FUSE_H_

#include "src/graph/model.h"

namespace edge_int8 {

// Columns that a PyTorch module of this convolution computes and then cuts.
// Throws kBadInput when no module and one cut of the tail make it.
int CutColumns(const Graph& graph, const Node& node);

// `fuse_behind_cut` fuses norms behind a cut as well, which FX does not do.
// Dropouts stay: they are identities. A fused convolution keeps its name and
// writes the norm's tensor.
Model FuseAsFx(const Model& model, bool fuse_behind_cut = false);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_STUDY_FX_FX_FUSE_H_
