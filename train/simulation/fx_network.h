// A network under the fake quantization that PyTorch's prepare_qat_fx places
// for fbgemm: the moving observers and roundings where src/study/fx finds them,
// by LibTorch's own operator for both. Batch norms that follow a convolution
// train inside of it: its weights are rounded times the norm's factor, which is
// taken off behind the product (torch.ao.nn.intrinsic.qat.ConvBn2d).
//
// What differs from the graph after training (fx_simulation.h): a rounding ends
// at code 127; a dropout has an observer of its own, which sees values twice as
// large; views and the pool show theirs what they pass on; weights are rounded
// by moving ranges, too. Tested by fx_network_test.cc.
#ifndef EDGE_INT8_TRAIN_SIMULATION_FX_NETWORK_H_
#define EDGE_INT8_TRAIN_SIMULATION_FX_NETWORK_H_

#include <ATen/ATen.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "src/graph/model.h"
#include "src/study/fx/fx_observer.h"
#include "src/study/fx/fx_placement.h"
#include "train/simulation/torch_graph.h"

namespace edge_int8::train {

// FusedMovingAvgObsFakeQuantize, of a tensor or of the rows of a weight.
class FxFakeQuant {
 public:
  // 0..127 of a tensor: reduce_range. -128..127, symmetric, of `rows` rows.
  explicit FxFakeQuant(int64_t rows = 0);

  // `observe`: the range of the values moves the grid's. Then, `round`: the
  // values on the grid.
  at::Tensor Apply(const at::Tensor& values, bool observe, bool round);

  FxRange range() const;             // of a tensor
  std::vector<float> reach() const;  // of rows: the largest size of each
  // What a state is: copies of them bring back where it was.
  std::vector<at::Tensor> state() const { return {low_, high_}; }

 private:
  const bool rows_;
  at::Tensor low_, high_, scale_, zero_;
};

class FxNetwork {
 public:
  // As loaded, norms not folded.
  explicit FxNetwork(const Model& model);

  // As train() and eval() are; the latter's observers go on moving unless
  // frozen. Gradients are zeroed by the caller.
  at::Tensor TrainingPass(const at::Tensor& x, uint64_t dropout_seed);
  at::Tensor EvaluationPass(const at::Tensor& x, bool observe);

  // False: observers alone, as disable_fake_quant leaves them.
  void set_rounding(bool on) { rounding_ = on; }

  TorchGraph& graph() { return network_; }
  // Everything that training moves, to be kept and brought back.
  std::vector<at::Tensor> State() const;

  // With what was trained, under the names of the model.
  Model CurrentModel() const;
  // By the names of grids and of weights. A grid behind a dropout is the one
  // before it, which is what convert_fx leaves there.
  std::map<std::string, FxRange> Ranges() const;
  // Of grids whose observer saw several tensors: as if it had seen the first.
  std::map<std::string, FxRange> RangesApart() const;
  std::map<std::string, std::vector<float>> WeightReach() const;

 private:
  // A convolution's weights.
  struct Weights {
    FxFakeQuant rounding;
    std::string norm;  // its prefix, of one that is fused
    double epsilon = 0;
  };
  // What happens to a tensor, in this order; -1: nothing.
  struct Site {
    std::vector<int> grids;  // one after the other
    std::vector<int> parts;  // of q, k and v
  };

  void PlaceWeights();
  void PlaceTensors();
  at::Tensor Pass(const at::Tensor& x, bool training, uint64_t seed,
                  bool observe);
  at::Tensor Parameter(const std::string& name, bool observe);
  at::Tensor Rounded(TensorId id, at::Tensor value, bool observe);

  const Model model_;
  const Model fused_;
  const FxPlacement place_;
  TorchGraph network_;
  std::map<std::string, Weights> weights_;  // by the weight's name
  std::vector<FxFakeQuant> grids_;          // of place_, then before dropouts
  std::vector<FxFakeQuant> apart_;          // of place_
  std::map<int, TensorId> first_sight_;     // of grids that have several
  std::vector<Site> sites_;                 // by tensor
  bool rounding_ = true;
  std::map<int, int> before_dropout_;  // grid behind one: in front of it
};

}  // namespace edge_int8::train

#endif  // EDGE_INT8_TRAIN_SIMULATION_FX_NETWORK_H_
