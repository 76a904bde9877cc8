#include "src/qgraph/sum_tree.h"

#include "core/container/validate.h"
#include "src/base/as_size.h"

namespace edge_int8 {

SumTree::SumTree(const Graph& graph, const std::vector<int>& sole_reader)
    : graph_(graph),
      producer_(graph.tensors.size(), -1),
      part_of_(graph.nodes.size(), -1) {
  std::vector<std::size_t> terms(graph.nodes.size());
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    const Node& node = graph.nodes[n];
    producer_[AsSize(node.output)] = static_cast<int>(n);
    if (!std::holds_alternative<Add>(node.op)) continue;
    terms[n] = node.inputs.size();
    for (const TensorId id : node.inputs) {
      const int from = producer_[AsSize(id)];
      if (from < 0 || sole_reader[AsSize(id)] != static_cast<int>(n) ||
          id == graph.output ||
          !std::holds_alternative<Add>(graph.nodes[Index(from)].op)) {
        continue;
      }
      const std::size_t together = terms[n] - 1 + terms[Index(from)];
      if (together > core::kMaxAddTerms) continue;
      terms[n] = together;
      part_of_[Index(from)] = static_cast<int>(n);
    }
  }
}

int SumTree::Root(int node) const {
  while (IsPart(node)) node = part_of_[Index(node)];
  return node;
}

std::vector<SumTree::Term> SumTree::Terms(int root) const {
  std::vector<Term> terms;
  Collect(root, false, terms);
  return terms;
}

void SumTree::Collect(int n, bool negate, std::vector<Term>& terms) const {
  const Node& node = graph_.nodes[Index(n)];
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    const bool minus = negate != (i > 0 && std::get<Add>(node.op).subtract);
    const int from = producer_[AsSize(node.inputs[i])];
    if (from >= 0 && part_of_[Index(from)] == n) {
      Collect(from, minus, terms);
    } else {
      terms.push_back({node.inputs[i], minus});
    }
  }
}

}  // namespace edge_int8
