#include "src/study/fx/fx_placement.h"

#include <algorithm>

#include "src/base/as_size.h"
#include "src/base/error.h"
#include "src/study/fx/fx_fuse.h"

namespace edge_int8 {
namespace {

template <class T>
bool Is(const Node& node) {
  return std::holds_alternative<T>(node.op);
}

const Node* Writer(const Graph& graph, TensorId tensor) {
  const auto found = std::ranges::find(graph.nodes, tensor, &Node::output);
  return found == graph.nodes.end() ? nullptr : &*found;
}

// A norm sees four axes behind attention scores and behind a two-dimensional
// convolution; a sequence and what attention mixes have three.
bool SeesImage(const Graph& graph, const Node& norm) {
  const Node* before = Writer(graph, norm.inputs[0]);
  if (before == nullptr) return graph.extent(norm.inputs[0]).height > 1;
  if (Is<AttentionScores>(*before)) return true;
  if (Is<AttentionMix>(*before)) return false;
  return graph.extent(norm.inputs[0]).height > 1;
}

class Placer {
 public:
  Placer(const Graph& graph, bool cuts) : graph_(graph), cuts_(cuts) {
    const std::size_t n = graph.tensors.size();
    for (auto* list :
         {&place_.made, &place_.cut, &place_.stored, &place_.asked}) {
      list->assign(n, -1);
    }
    place_.parts.resize(n);
  }

  FxPlacement Place() {
    for (const Node& node : graph_.nodes) Visit(node);
    return std::move(place_);
  }

 private:
  // Nodes that read a tensor, through dropouts and transposes.
  std::vector<const Node*> Readers(TensorId tensor) const {
    std::vector<const Node*> readers;
    for (const Node& node : graph_.nodes) {
      if (std::ranges::find(node.inputs, tensor) == node.inputs.end()) continue;
      if (Is<Dropout>(node) || Is<Transpose>(node)) {
        const auto behind = Readers(node.output);
        readers.insert(readers.end(), behind.begin(), behind.end());
      } else {
        readers.push_back(&node);
      }
    }
    return readers;
  }
  template <class T>
  bool AnyReaderIs(TensorId tensor) const {
    return std::ranges::any_of(Readers(tensor),
                               [](const Node* n) { return Is<T>(*n); });
  }
  bool AnyReaderIsSilu(TensorId tensor) const {
    return std::ranges::any_of(Readers(tensor),
                               [](const Node* n) { return IsSilu(n->op); });
  }
  bool FeedsPool(TensorId tensor) const {
    return std::ranges::any_of(Readers(tensor), [&](const Node* n) {
      return Is<Pool>(*n) || (IsSilu(n->op) && FeedsPool(n->output));
    });
  }
  bool InAttention(TensorId tensor) const {
    return std::ranges::any_of(Readers(tensor), [](const Node* n) {
      return Is<AttentionScores>(*n) || Is<AttentionMix>(*n) ||
             Is<Softmax>(*n) || Is<BatchNorm>(*n);
    });
  }

  FxBoundary BoundaryOf(TensorId tensor, const Node* writer) const {
    if (writer == nullptr) return FxBoundary::kInput;
    if (AnyReaderIs<Conv>(tensor)) return FxBoundary::kStored;
    if (Is<Conv>(*writer) && cuts_ && CutColumns(graph_, *writer) > 0) {
      return FxBoundary::kCut;
    }
    if (InAttention(tensor)) return FxBoundary::kAttention;
    if (Is<Add>(*writer) || AnyReaderIs<Add>(tensor)) {
      return FxBoundary::kResidual;
    }
    if (FeedsPool(tensor)) return FxBoundary::kHead;
    return AnyReaderIsSilu(tensor) ? FxBoundary::kPreActivation
                                   : FxBoundary::kStored;
  }

  int NewGrid(TensorId tensor, const std::string& suffix) {
    const Node* writer = Writer(graph_, tensor);
    FxGrid grid;
    grid.name = (writer == nullptr ? "input" : writer->name) + suffix;
    grid.boundary = BoundaryOf(tensor, writer);
    grid.sights.push_back({tensor, 0, graph_.extent(tensor).channels});
    place_.grids.push_back(std::move(grid));
    return static_cast<int>(place_.grids.size()) - 1;
  }

  // The grid on which a quantized reader takes the tensor.
  int Ask(TensorId tensor) {
    if (place_.stored[AsSize(tensor)] >= 0)
      return place_.stored[AsSize(tensor)];
    int& asked = place_.asked[AsSize(tensor)];
    if (asked < 0) asked = NewGrid(tensor, "");
    return asked;
  }

  // A quantized operator that writes onto a grid of its own.
  void Make(const Node& node) {
    place_.made[AsSize(node.output)] = NewGrid(node.output, "");
    place_.stored[AsSize(node.output)] = place_.made[AsSize(node.output)];
  }

  void VisitConv(const Node& node) {
    Make(node);
    if (!cuts_ || CutColumns(graph_, node) == 0) return;
    const std::size_t out = AsSize(node.output);
    place_.grids.back().sights[0].with_tail = true;
    place_.cut[out] = NewGrid(node.output, ".cut");
    place_.stored[out] = place_.cut[out];
  }

  void Split(TensorId qkv) {
    std::vector<int>& parts = place_.parts[AsSize(qkv)];
    if (!parts.empty()) return;
    const int third = graph_.extent(qkv).channels / 3;
    for (const char* part : {".q", ".k", ".v"}) {
      const int first = static_cast<int>(parts.size()) * third;
      parts.push_back(NewGrid(qkv, part));
      place_.grids.back().sights[0].first_channel = first;
      place_.grids.back().sights[0].channels = third;
      place_.grids.back().boundary = FxBoundary::kAttention;
    }
  }

  // A view keeps the grid, and its observer sees the values again: once for the
  // transpose, once more where an axis of one is squeezed out or put in.
  void VisitTranspose(const Node& node) {
    const int grid = Ask(node.inputs[0]);
    place_.stored[AsSize(node.output)] = grid;
    const Extent& in = graph_.extent(node.inputs[0]);
    const int views = in.height == 1 || in.width == 1 ? 2 : 1;
    place_.grids[AsSize(grid)].sights.back().times += views;
  }

  void VisitPool(const Node& node) {
    const int grid = Ask(node.inputs[0]);
    place_.stored[AsSize(node.output)] = grid;
    place_.grids[AsSize(grid)].sights.push_back(
        {node.output, 0, graph_.extent(node.output).channels});
  }

  void Visit(const Node& node) {
    if (Is<Transpose>(node)) return VisitTranspose(node);
    if (Is<Pool>(node)) return VisitPool(node);
    if (Is<Dropout>(node)) {
      place_.stored[AsSize(node.output)] =
          place_.stored[AsSize(node.inputs[0])];
      return;
    }
    if (Is<AttentionScores>(node)) Split(node.inputs[0]);
    if (Is<AttentionMix>(node)) {
      Split(node.inputs[1]);
      return Make(node);
    }
    const Node* before = Writer(graph_, node.inputs[0]);
    if (Is<BatchNorm>(node) && before != nullptr && Is<AttentionMix>(*before)) {
      return Make(node);
    }
    if (!FxQuantizes(graph_, node)) return;
    for (const TensorId id : node.inputs) Ask(id);
    Is<Conv>(node) ? VisitConv(node) : Make(node);
  }

  const Graph& graph_;
  const bool cuts_;
  FxPlacement place_;
};

}  // namespace

std::string_view BoundaryName(FxBoundary boundary) {
  switch (boundary) {
    case FxBoundary::kInput:
      return "input";
    case FxBoundary::kStored:
      return "stored";
    case FxBoundary::kPreActivation:
      return "pre-activation";
    case FxBoundary::kCut:
      return "cut";
    case FxBoundary::kResidual:
      return "residual";
    case FxBoundary::kAttention:
      return "attention";
    case FxBoundary::kHead:
      return "head";
  }
  Check(false, "unknown boundary");
  return {};
}

bool FxQuantizes(const Graph& fused, const Node& node) {
  return Is<Conv>(node) || Is<Add>(node) || Is<Pool>(node) ||
         Is<Transpose>(node) || (Is<BatchNorm>(node) && SeesImage(fused, node));
}

FxPlacement PlaceAsFx(const Graph& fused, bool cuts) {
  return Placer(fused, cuts).Place();
}

}  // namespace edge_int8
