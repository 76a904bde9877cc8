#include "src/qgraph/qgraph.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "src/base/as_size.h"
#include "src/base/error.h"
#include "src/qgraph/clamped_line.h"
#include "src/qgraph/sum_tree.h"

namespace edge_int8 {
namespace {

constexpr int kNone = -1;

// Readers of every tensor, before anything else looks at the graph.
QGraph WithReaders(const Graph& graph) {
  QGraph qgraph;
  qgraph.of_tensor.assign(graph.tensors.size(), kNone);
  qgraph.readers.assign(graph.tensors.size(), 0);
  qgraph.sole_reader.assign(graph.tensors.size(), kNone);
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    for (const TensorId id : graph.nodes[n].inputs) {
      const std::size_t t = AsSize(id);
      qgraph.sole_reader[t] =
          ++qgraph.readers[t] == 1 ? static_cast<int>(n) : kNone;
    }
  }
  return qgraph;
}

// The units of a sum's terms are those of its quantizer, so no slope.
bool NeedsTable(const Function& function, bool is_sum) {
  const std::optional<ClampedLine> line = AsClampedLine(function);
  return !line || (is_sum && line->slope != 1);
}

class GraphFuser {
 public:
  explicit GraphFuser(const Graph& graph)
      : graph_(graph),
        q_(WithReaders(graph)),
        sums_(graph, q_.sole_reader),
        fused_(graph.nodes.size()),
        node_of_(graph.nodes.size(), kNone) {}

  QGraph Fuse() {
    AddQuantizer(0, QuantizerRole::kInput);
    for (std::size_t n = 0; n < graph_.nodes.size(); ++n) {
      if (!fused_[n]) Visit(static_cast<int>(n));
    }
    for (const auto& [index, root] : terms_) {
      const QNode& sum = q_.nodes[AsSize(node_of_[AsSize(root)])];
      q_.nodes[AsSize(index)].sum = sum.pre >= 0 ? sum.pre : sum.stored;
    }
    SetDefaults();
    DropMerged();
    return std::move(q_);
  }

 private:
  const Node& At(int node) const { return graph_.nodes[AsSize(node)]; }
  const Node* SoleReader(TensorId tensor) const {
    const int n = q_.sole_reader[AsSize(tensor)];
    return n < 0 || tensor == graph_.output ? nullptr : &At(n);
  }
  template <class T>
  const T* AnyReader(TensorId tensor) const {
    for (const Node& node : graph_.nodes) {
      if (std::ranges::count(node.inputs, tensor) == 0) continue;
      if (const T* op = std::get_if<T>(&node.op)) return op;
    }
    return nullptr;
  }

  Quantizer& AddQuantizer(TensorId tensor, QuantizerRole role) {
    const std::size_t t = AsSize(tensor);
    q_.of_tensor[t] = static_cast<int>(q_.quantizers.size());
    Quantizer& quantizer = q_.quantizers.emplace_back();
    quantizer.name = graph_.tensors[t].name;
    quantizer.tensor = tensor;
    quantizer.role = role;
    quantizer.channels = graph_.extent(tensor).channels;
    return quantizer;
  }

  QNode& AddNode(int n, QOp op, std::vector<TensorId> inputs) {
    node_of_[AsSize(n)] = static_cast<int>(q_.nodes.size());
    QNode& node = q_.nodes.emplace_back();
    node.name = At(n).name;
    node.op = std::move(op);
    node.inputs = std::move(inputs);
    node.value = node.output = At(n).output;
    return node;
  }

  // The functions behind a tensor that no one else reads.
  void FuseFunctions(QNode& node) {
    for (;;) {
      const int reader = q_.sole_reader[AsSize(node.output)];
      const Node* next = SoleReader(node.output);
      const auto* elementwise =
          next == nullptr ? nullptr : std::get_if<Elementwise>(&next->op);
      if (elementwise == nullptr) return;
      node.function = Compose(node.function, elementwise->function);
      fused_[AsSize(reader)] = true;
      node.output = next->output;
    }
  }

  // Fuses what follows a linear operator and finds where its result goes.
  // `direct`: its function needs no pre-activation: it is of stored values.
  void Finish(QNode& node, bool direct = false) {
    FuseFunctions(node);
    const bool is_sum = std::holds_alternative<QSum>(node.op);
    if (!direct && NeedsTable(node.function, is_sum)) {
      Quantizer& pre = AddQuantizer(node.value, QuantizerRole::kPreActivation);
      pre.is_sum = is_sum;
      pre.function = node.function;
      node.pre = q_.of_tensor[AsSize(node.value)];
    }
    const Node* reader = SoleReader(node.output);
    const bool term = reader != nullptr &&
                      std::holds_alternative<Add>(reader->op) &&
                      // Its units come from its own quantizer alone.
                      (!is_sum || node.pre >= 0);
    if (term) {
      terms_.emplace_back(static_cast<int>(q_.nodes.size()) - 1,
                          sums_.Root(q_.sole_reader[AsSize(node.output)]));
      return;
    }
    AddQuantizer(node.output, QuantizerRole::kStored).is_sum =
        is_sum && node.pre < 0;
    node.stored = q_.of_tensor[AsSize(node.output)];
  }

  void FinishStored(QNode& node, ScaleRule rule) {
    Quantizer& stored = AddQuantizer(node.output, QuantizerRole::kStored);
    stored.rule = rule;
    if (rule != ScaleRule::kCalibrated) {
      stored.default_bits = 16;
      stored.symmetric = true;
    }
    node.stored = q_.of_tensor[AsSize(node.output)];
  }

  // The result has its inputs' quantizer; where they can't have one in common,
  // one of its own.
  void FinishMoved(QNode& node) {
    int shared = q_.of_tensor[AsSize(node.inputs[0])];
    for (const TensorId id : node.inputs) {
      const int other = q_.of_tensor[AsSize(id)];
      if (shared < 0 || other < 0) Refuse(node, "moves what is not stored");
      if (other != shared && !Merge(other, shared)) {
        FinishStored(node, ScaleRule::kCalibrated);
        return;
      }
      shared = q_.of_tensor[AsSize(node.inputs[0])];
    }
    q_.of_tensor[AsSize(node.output)] = shared;
    node.stored = shared;
  }

  // Both become the one with the lower index. False where a scale is given.
  bool Merge(int a, int b) {
    if (a > b) std::swap(a, b);
    Quantizer& kept = q_.quantizers[AsSize(a)];
    Quantizer& other = q_.quantizers[AsSize(b)];
    for (const Quantizer* quantizer : {&kept, &other}) {
      if (quantizer->role != QuantizerRole::kStored ||
          quantizer->rule != kept.rule) {
        return false;
      }
    }
    if (kept.rule == ScaleRule::kProbability) return false;
    kept.others.push_back(other.tensor);
    kept.others.insert(kept.others.end(), other.others.begin(),
                       other.others.end());
    kept.is_sum = kept.is_sum || other.is_sum;
    kept.symmetric = kept.symmetric || other.symmetric;
    kept.default_bits = std::max(kept.default_bits, other.default_bits);
    other.channels = 0;
    for (int& of : q_.of_tensor) {
      if (of == b) of = a;
    }
    for (QNode& node : q_.nodes) {
      if (node.stored == b) node.stored = a;
    }
    return true;
  }

  void AddQkv(QNode& node, const AttentionScores& scores) {
    const int third = graph_.extent(node.output).channels / 3;
    constexpr std::array kRoles = {QuantizerRole::kQuery, QuantizerRole::kKey,
                                   QuantizerRole::kValue};
    node.stored = static_cast<int>(q_.quantizers.size());
    for (int part = 0; part < 3; ++part) {
      const std::size_t p = AsSize(part);
      Quantizer& quantizer = AddQuantizer(node.output, kRoles[p]);
      quantizer.name += std::array{".q", ".k", ".v"}[p];
      quantizer.first_channel = part * third;
      quantizer.channels = third;
      quantizer.scales =
          kRoles[p] == QuantizerRole::kValue ? third : scores.heads;
      quantizer.symmetric = true;
    }
    q_.of_tensor[AsSize(node.output)] = node.stored;
  }

  // Whether only transposes stand between a tensor and the graph's output.
  bool EndsInOutput(TensorId tensor) const {
    while (tensor != graph_.output) {
      const Node* reader = SoleReader(tensor);
      if (reader == nullptr || !std::holds_alternative<Transpose>(reader->op)) {
        return false;
      }
      tensor = reader->output;
    }
    return q_.readers[AsSize(tensor)] == 0;
  }

  void Visit(int n) {
    const Node& node = At(n);
    std::visit(
        Overload{
            [&](const Conv& op) { VisitConv(n, op); },
            [&](const BatchNorm&) {
              Refuse(node, "norms must be folded first");
            },
            [&](const Dropout&) { Refuse(node, "norms must be folded first"); },
            [&](const Elementwise& op) {
              QNode& made = AddNode(n, QElementwise{}, node.inputs);
              made.value = node.inputs[0];
              made.function = op.function;
              Finish(made, true);
            },
            [&](const Add&) { VisitSum(n); },
            [&](const Multiply&) {
              Finish(AddNode(n, QMultiply{}, node.inputs));
            },
            [&](const MatMul&) { Finish(AddNode(n, QMatMul{}, node.inputs)); },
            [&](const AttentionScores&) {},  // of the mix behind them
            [&](const Softmax& op) { VisitSoftmax(n, op); },
            [&](const AttentionMix& op) {
              QNode& made = AddNode(n, QAttention{op.heads, op.axis, op.bias},
                                    {node.inputs[1]});
              FinishStored(made, ScaleRule::kCalibrated);
            },
            [&](const Pool& op) { VisitPool(n, op); },
            [&](const Transpose& op) { VisitTranspose(n, op); },
            [&](const Move& op) {
              FinishMoved(AddNode(n, QMove{op}, node.inputs));
            },
            [&](const Resize& op) {
              Finish(AddNode(n, QResize{op}, node.inputs));
            },
            [&](const Normalize& op) {
              Finish(AddNode(n, QNormalize{op}, node.inputs));
            },
            [&](const Recurrent& op) {
              FinishStored(AddNode(n, QRecurrent{op}, node.inputs),
                           ScaleRule::kUnit);
            },
            [&](const Constant& op) {
              Finish(AddNode(n, QConstant{op.value}, {}), true);
            }},
        node.op);
  }

  void VisitConv(int n, const Conv& conv) {
    const TensorId out = At(n).output;
    const auto* scores = AnyReader<AttentionScores>(out);
    QNode& made = AddNode(n, QConv{conv, scores != nullptr}, At(n).inputs);
    if (scores != nullptr) {
      AddQkv(made, *scores);
    } else {
      Finish(made);
    }
  }

  void VisitSum(int n) {
    if (sums_.IsPart(n)) return;
    QSum sum;
    std::vector<TensorId> inputs;
    for (const SumTree::Term& term : sums_.Terms(n)) {
      inputs.push_back(term.tensor);
      sum.negate.push_back(term.negate);
    }
    Finish(AddNode(n, std::move(sum), std::move(inputs)));
  }

  void VisitSoftmax(int n, const Softmax& softmax) {
    const TensorId input = At(n).inputs[0];
    for (const Node& node : graph_.nodes) {
      if (node.output == input &&
          std::holds_alternative<AttentionScores>(node.op)) {
        return;  // a part of the attention
      }
    }
    FinishStored(AddNode(n, QSoftmax{softmax.axis}, {input}),
                 ScaleRule::kProbability);
    fine_.push_back(input);
  }

  void VisitPool(int n, const Pool& pool) {
    const TensorId input = At(n).inputs[0];
    const TensorId output = At(n).output;
    const bool exact = pool.kind == PoolKind::kAverage &&
                       IsAdaptiveRowPool(pool, graph_.extent(input)) &&
                       EndsInOutput(output) && CanBeSixteenBits(input);
    QNode& made = AddNode(n, QPool{pool, exact}, {input});
    if (exact) {
      summed_.push_back(output);
      SetSixteenBits(input);
    } else if (pool.kind == PoolKind::kMax) {
      FinishMoved(made);
    } else {
      Finish(made);
    }
  }

  void VisitTranspose(int n, const Transpose& transpose) {
    QNode& made = AddNode(n, QTranspose{transpose}, At(n).inputs);
    if (std::ranges::count(summed_, made.inputs[0]) > 0) {
      summed_.push_back(made.output);
    } else {
      FinishMoved(made);
    }
  }

  bool CanBeSixteenBits(TensorId tensor) const {
    const int of = q_.of_tensor[AsSize(tensor)];
    return of >= 0 && q_.quantizers[AsSize(of)].role == QuantizerRole::kStored;
  }
  // A head: sixteen bits, and a pre-activation as fine, but of a sum.
  void SetSixteenBits(TensorId tensor) {
    const int of = q_.of_tensor[AsSize(tensor)];
    q_.quantizers[AsSize(of)].default_bits = 16;
    q_.quantizers[AsSize(of)].symmetric = true;
    for (const QNode& node : q_.nodes) {
      if (node.stored != of || node.pre < 0) continue;
      Quantizer& pre = q_.quantizers[AsSize(node.pre)];
      // Not symmetric: 16 bits always are, and a plan may ask for 8 or 12.
      if (!pre.is_sum) pre.default_bits = 16;
    }
  }

  // The output and what a softmax reads cost next to nothing in 16 bits.
  void SetDefaults() {
    fine_.push_back(graph_.output);
    for (const TensorId id : fine_) {
      if (!CanBeSixteenBits(id)) continue;
      q_.quantizers[AsSize(q_.of_tensor[AsSize(id)])].default_bits = 16;
    }
  }

  // Closes the ranks of the quantizers.
  void DropMerged() {
    std::vector<int> now(q_.quantizers.size(), kNone);
    std::vector<Quantizer> kept;
    for (std::size_t i = 0; i < q_.quantizers.size(); ++i) {
      if (q_.quantizers[i].channels == 0) continue;
      now[i] = static_cast<int>(kept.size());
      kept.push_back(std::move(q_.quantizers[i]));
    }
    q_.quantizers = std::move(kept);
    const auto renumber = [&](int& of) {
      if (of >= 0) of = now[AsSize(of)];
    };
    for (int& of : q_.of_tensor) renumber(of);
    for (QNode& node : q_.nodes) {
      renumber(node.pre);
      renumber(node.stored);
      renumber(node.sum);
    }
  }

  template <class AnyNode>
  [[noreturn]] void Refuse(const AnyNode& node, const char* why) const {
    FailInput(fmt::format("graph {}, node {}", graph_.name, node.name), why);
  }

  const Graph& graph_;
  QGraph q_;
  const SumTree sums_;
  std::vector<char> fused_;   // by node: the activation of one before
  std::vector<int> node_of_;  // fused node by float node
  std::vector<std::pair<int, int>> terms_;  // fused node, root of its sum
  std::vector<TensorId> summed_;            // exact sums: no quantizer
  std::vector<TensorId> fine_;
};

}  // namespace

QGraph BuildQGraph(const Graph& folded) { return GraphFuser(folded).Fuse(); }

bool IsSumTerm(const Graph& graph, const QGraph& qgraph, TensorId tensor) {
  const int n = qgraph.sole_reader[AsSize(tensor)];
  return n >= 0 && std::holds_alternative<Add>(graph.nodes[AsSize(n)].op);
}

std::vector<QuantizedWeight> QuantizedWeights(const Graph& folded) {
  std::vector<QuantizedWeight> weights;
  for (const Node& node : folded.nodes) {
    if (const auto* conv = std::get_if<Conv>(&node.op)) {
      weights.push_back({conv->weight, conv->out_channels});
    } else if (const auto* layer = std::get_if<Recurrent>(&node.op)) {
      const int rows = GateCount(layer->kind) * layer->hidden;
      weights.push_back({layer->input_weight, rows});
      weights.push_back({layer->recurrent_weight, rows});
    }
  }
  return weights;
}

std::vector<TensorId> RoundedTensors(const Quantizer& quantizer) {
  std::vector<TensorId> tensors = {quantizer.tensor};
  tensors.insert(tensors.end(), quantizer.others.begin(),
                 quantizer.others.end());
  return tensors;
}

}  // namespace edge_int8
