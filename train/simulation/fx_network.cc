#include "train/simulation/fx_network.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "src/base/as_size.h"
#include "src/base/error.h"
#include "src/study/fx/fx_fuse.h"

namespace edge_int8::train {
namespace {

constexpr double kMoves = 0.01;  // PyTorch's averaging_constant

at::Tensor Flag(bool on) { return at::full({1}, on ? 1 : 0, at::kLong); }

// y = x without its last columns.
Move CutTail(const Extent& wide, const Extent& out) {
  MoveTerm term;
  term.dims = {{out.channels, int64_t{wide.height} * wide.width,
                int64_t{out.height} * out.width},
               {out.height, wide.width, out.width},
               {out.width, 1, 1}};
  return {out, 0, {term}};
}

// Causal convolutions pad both sides alike and are cut afterwards, as PyTorch's
// are: what is cut off is a tensor that an observer sees. New tensors are
// behind the others and take the cut one's name with ".wide".
Model WithCuts(const Model& model) {
  Model cut = model;
  Graph& graph = cut.graph;
  graph.nodes.clear();
  for (const Node& node : model.graph.nodes) {
    graph.nodes.push_back(node);
    if (!std::holds_alternative<Conv>(node.op)) continue;
    const int columns = CutColumns(model.graph, node);
    if (columns == 0) continue;
    const Extent out = model.graph.extent(node.output);
    Extent wide = out;
    wide.width += columns;
    const auto id = static_cast<TensorId>(graph.tensors.size());
    graph.tensors.push_back(
        {graph.tensors[AsSize(node.output)].name + ".wide", wide});
    std::get<Conv>(graph.nodes.back().op).pad_right += columns;
    graph.nodes.back().output = id;
    graph.nodes.push_back(
        {node.name + ".cut", CutTail(wide, out), {id}, node.output});
  }
  return cut;
}

// Views of a transpose: fx_placement.cc, VisitTranspose.
int ViewsOf(const Extent& in) {
  return in.height == 1 || in.width == 1 ? 2 : 1;
}

FxRange RangeIn(const at::Tensor& low, const at::Tensor& high) {
  return {low.item<float>(), high.item<float>()};
}

}  // namespace

FxFakeQuant::FxFakeQuant(int64_t rows)
    : rows_(rows > 0),
      low_(at::full({std::max<int64_t>(rows, 1)},
                    std::numeric_limits<float>::infinity())),
      high_(-low_),
      scale_(at::ones_like(low_)),
      zero_(at::zeros_like(low_, at::kInt)) {}

at::Tensor FxFakeQuant::Apply(const at::Tensor& values, bool observe,
                              bool round) {
  return at::fused_moving_avg_obs_fake_quant(
      values.contiguous(), Flag(observe), Flag(round), low_, high_, scale_,
      zero_, kMoves, rows_ ? -128 : 0, 127, 0, rows_, rows_);
}

FxRange FxFakeQuant::range() const { return RangeIn(low_, high_); }

std::vector<float> FxFakeQuant::reach() const {
  const at::Tensor largest = at::maximum(-low_, high_).contiguous();
  const auto* data = largest.data_ptr<float>();
  return {data, data + largest.numel()};
}

FxNetwork::FxNetwork(const Model& model)
    : model_(model),
      fused_(FuseAsFx(model)),
      place_(PlaceAsFx(fused_.graph)),
      network_(WithCuts(model).graph, at::kCPU, Fused(), false) {
  network_.Load(model);
  grids_.reserve(place_.grids.size());
  for (std::size_t g = 0; g < place_.grids.size(); ++g) {
    grids_.emplace_back();
    apart_.emplace_back();
    const FxGrid& grid = place_.grids[g];
    if (grid.sights.size() > 1 || grid.sights[0].times > 1) {
      first_sight_[static_cast<int>(g)] = grid.sights[0].tensor;
    }
  }
  PlaceWeights();
  PlaceTensors();
}

void FxNetwork::PlaceWeights() {
  for (const Node& node : model_.graph.nodes) {
    const auto* conv = std::get_if<Conv>(&node.op);
    if (conv == nullptr) continue;
    Weights weights{FxFakeQuant(conv->out_channels), "", 0};
    const auto fused =
        std::ranges::find(fused_.graph.nodes, node.name, &Node::name);
    if (fused->output != node.output) {
      const auto norm =
          std::ranges::find(model_.graph.nodes, fused->output, &Node::output);
      const auto& op = std::get<BatchNorm>(norm->op);
      weights.norm = op.prefix;
      weights.epsilon = op.epsilon;
    }
    weights_.emplace(conv->weight, std::move(weights));
  }
}

void FxNetwork::PlaceTensors() {
  const Graph& graph = network_.graph();
  sites_.resize(graph.tensors.size());
  const auto add = [&](TensorId id, int grid) {
    if (grid >= 0) sites_[AsSize(id)].grids.push_back(grid);
  };
  for (std::size_t t = 0; t < place_.made.size(); ++t) {
    const auto id = static_cast<TensorId>(t);
    if (place_.cut[t] < 0) add(id, place_.made[t]);
    add(id, place_.cut[t]);
    add(id, place_.asked[t]);
    sites_[t].parts = place_.parts[t];
  }
  for (const Node& node : graph.nodes) {
    const TensorId in = node.inputs.empty() ? 0 : node.inputs[0];
    const auto stored = [&](TensorId id) { return place_.stored[AsSize(id)]; };
    if (AsSize(node.output) >= place_.made.size()) continue;
    if (std::holds_alternative<Move>(node.op)) {
      add(in, place_.made[AsSize(node.output)]);
    } else if (std::holds_alternative<Transpose>(node.op)) {
      for (int n = 0; n < ViewsOf(graph.extent(in)); ++n) {
        add(node.output, stored(node.output));
      }
    } else if (std::holds_alternative<Pool>(node.op)) {
      add(node.output, stored(node.output));
    } else if (std::holds_alternative<Dropout>(node.op)) {
      int before = std::max(stored(in), place_.asked[AsSize(in)]);
      if (before < 0) {
        before = static_cast<int>(grids_.size());
        grids_.emplace_back();
        add(in, before);
      }
      const int behind = place_.asked[AsSize(node.output)];
      if (behind >= 0) {
        before_dropout_[behind] = before;
      } else {
        add(node.output, static_cast<int>(grids_.size()));
        grids_.emplace_back();
      }
    }
  }
}

at::Tensor FxNetwork::Parameter(const std::string& name, bool observe) {
  const at::Tensor value = network_.Parameter(name);
  const auto found = weights_.find(name);
  if (found == weights_.end()) return value;
  Weights& weights = found->second;
  if (weights.norm.empty())
    return weights.rounding.Apply(value, observe, rounding_);
  // A sequence's convolution has no fourth axis.
  std::vector<int64_t> rows(AsSize(value.dim()), 1);
  rows[0] = -1;
  const at::Tensor factor =
      (network_.Parameter(weights.norm + ".weight") /
       (network_.Parameter(weights.norm + ".running_var") + weights.epsilon)
           .sqrt())
          .view(rows);
  return weights.rounding.Apply(value * factor, observe, rounding_) / factor;
}

at::Tensor FxNetwork::Rounded(TensorId id, at::Tensor value, bool observe) {
  const Site& site = sites_[AsSize(id)];
  if (!value.isfinite().all().item<bool>()) {
    FailInput(network_.graph().tensors[AsSize(id)].name,
              "a value under fake quantization is not finite");
  }
  for (const int grid : site.grids) {
    const auto first = first_sight_.find(grid);
    if (observe && first != first_sight_.end() && first->second == id) {
      apart_[AsSize(grid)].Apply(value.detach(), true, false);
    }
    value = grids_[AsSize(grid)].Apply(value, observe, rounding_);
  }
  if (site.parts.empty()) return value;
  std::vector<at::Tensor> parts = value.chunk(std::ssize(site.parts), 0);
  for (std::size_t p = 0; p < parts.size(); ++p) {
    parts[p] =
        grids_[AsSize(site.parts[p])].Apply(parts[p], observe, rounding_);
  }
  return at::cat(parts);
}

at::Tensor FxNetwork::Pass(const at::Tensor& x, bool training, uint64_t seed,
                           bool observe) {
  const PassHooks hooks = {
      [&](const std::string& name) { return Parameter(name, observe); },
      [&](TensorId id, const at::Tensor& value) {
        return Rounded(id, value, observe);
      }};
  return network_.HookedPass(Rounded(0, x, observe), hooks, training, seed);
}

at::Tensor FxNetwork::TrainingPass(const at::Tensor& x, uint64_t seed) {
  return Pass(x, true, seed, true);
}

at::Tensor FxNetwork::EvaluationPass(const at::Tensor& x, bool observe) {
  at::NoGradGuard no_grad;
  return Pass(x, false, 0, observe);
}

std::vector<at::Tensor> FxNetwork::State() const {
  std::vector<at::Tensor> state = {network_.parameters(),
                                   network_.statistics()};
  const auto add = [&](const FxFakeQuant& q) {
    for (const at::Tensor& tensor : q.state()) state.push_back(tensor);
  };
  for (const FxFakeQuant& grid : grids_) add(grid);
  for (const FxFakeQuant& grid : apart_) add(grid);
  for (const auto& [name, weights] : weights_) add(weights.rounding);
  return state;
}

Model FxNetwork::CurrentModel() const {
  Model model = model_;
  for (auto& [name, tensor] : model.parameters) {
    const at::Tensor value =
        network_.Parameter(name).detach().cpu().contiguous();
    const auto* data = value.data_ptr<float>();
    tensor.data.assign(data, data + value.numel());
  }
  return model;
}

std::map<std::string, FxRange> FxNetwork::Ranges() const {
  std::map<std::string, FxRange> ranges;
  for (std::size_t g = 0; g < place_.grids.size(); ++g) {
    const auto before = before_dropout_.find(static_cast<int>(g));
    const std::size_t from =
        before == before_dropout_.end() ? g : AsSize(before->second);
    ranges[place_.grids[g].name] = grids_[from].range();
  }
  return ranges;
}

std::map<std::string, FxRange> FxNetwork::RangesApart() const {
  std::map<std::string, FxRange> ranges = Ranges();
  for (const auto& [grid, tensor] : first_sight_) {
    ranges[place_.grids[AsSize(grid)].name] = apart_[AsSize(grid)].range();
  }
  return ranges;
}

std::map<std::string, std::vector<float>> FxNetwork::WeightReach() const {
  std::map<std::string, std::vector<float>> reach;
  for (const auto& [name, weights] : weights_) {
    reach[name] = weights.rounding.reach();
  }
  return reach;
}

}  // namespace edge_int8::train
