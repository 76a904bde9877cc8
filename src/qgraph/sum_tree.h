// Which additions of a graph are one sum: an addition whose only reader is
// another one is a part of it, so that nothing is rounded between them. Tested
// by qgraph_test.cc.
#ifndef EDGE_INT8_SRC_QGRAPH_SUM_TREE_H_
#define EDGE_INT8_SRC_QGRAPH_SUM_TREE_H_

#include <vector>

#include "src/graph/graph.h"

namespace edge_int8 {

class SumTree {
 public:
  // `sole_reader` by tensor: a node's index or -1.
  SumTree(const Graph& graph, const std::vector<int>& sole_reader);

  bool IsPart(int node) const { return part_of_[Index(node)] >= 0; }
  // The addition that a part belongs to in the end; itself if it is none.
  int Root(int node) const;

  struct Term {
    TensorId tensor = 0;
    bool negate = false;
  };
  std::vector<Term> Terms(int root) const;

 private:
  static std::size_t Index(int node) { return static_cast<std::size_t>(node); }
  void Collect(int node, bool negate, std::vector<Term>& terms) const;

  const Graph& graph_;
  std::vector<int> producer_;  // node by tensor, -1: the input
  std::vector<int> part_of_;   // node by node
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_QGRAPH_SUM_TREE_H_
