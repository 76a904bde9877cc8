// Grows a graph by one random operator at a time. Private to
// random_integer_graph.cc, grow_*.cc.
#ifndef EDGE_INT8_TESTS_TESTING_GRAPH_GROWER_H_
#define EDGE_INT8_TESTS_TESTING_GRAPH_GROWER_H_

#include <array>
#include <cstdint>
#include <vector>

#include "core/container/integer_graph.h"
#include "tests/testing/choices.h"
#include "tests/testing/random_integer_graph.h"

namespace edge_int8::core {

class GraphGrower {
 public:
  GraphGrower(Choices& choices, const RandomGraphOptions& options);

  // Appends an operator of this kind and what it needs before it; false where
  // that did not work out, and the graph is as it was.
  bool Grow(OpKind kind);
  // Names the output, adds what describes a graph.
  IntegerGraph Finish();

 private:
  using Extents = std::array<int32_t, 3>;

  const TensorSpec& spec(int32_t id) const {
    return graph_.tensors[static_cast<std::size_t>(id)];
  }
  Extents ExtentsOf(int32_t id) const {
    return {spec(id).channels, spec(id).height, spec(id).width};
  }
  int32_t last() const {
    return static_cast<int32_t>(graph_.tensors.size()) - 1;
  }
  // The standard deviation of a tensor's values, roughly.
  double Spread(int32_t id) const;
  double ReachOf(int32_t id) const;

  // random_integer_graph.cc.
  int32_t PickStored();
  Type PickType();
  int32_t NewTensor(const Extents& extents, Type type, int32_t zero);
  // An activation of values whose standard deviation is `spread` after the
  // multiplier that it returns, and the tensor that it writes.
  Multiplier MakeOutput(const Extents& extents, double spread,
                        Activation* activation, int32_t* output);
  Multiplier MakeOutput(const Extents& extents, double spread, Type type,
                        Activation* activation, int32_t* output);
  Activation MakeActivation(Type type);
  std::vector<int16_t> RandomTable(std::size_t entries, int32_t low,
                                   int32_t high);
  Multiplier Near(double value);
  // Appends the operator if the graph is valid with it.
  bool Keep(IntegerOp op);
  // `id` as another type: itself, or a Requantize of it. -1: not possible.
  int32_t AsType(int32_t id, Type type, int32_t low);

  // grow_products.cc, grow_values.cc, grow_places.cc.
  bool GrowConv();
  bool GrowPointwise(int32_t input, int32_t channels, Type type, int32_t low);
  bool GrowAdd();
  bool GrowAttention();
  bool GrowPool();
  bool GrowTranspose();
  bool GrowRequantize();
  bool GrowMultiply();
  bool GrowMatMul();
  bool GrowSoftmax();
  bool GrowNormalize();
  bool GrowWindowPool();
  bool GrowMove();
  bool GrowResize();
  bool GrowRecurrent();
  bool GrowConstant();
  int32_t Broadcastable(int32_t base);
  std::vector<int8_t> RandomWeights(std::size_t count, int32_t limit);

  Choices& choices_;
  RandomGraphOptions options_;
  IntegerGraph graph_;
};

}  // namespace edge_int8::core

#endif  // EDGE_INT8_TESTS_TESTING_GRAPH_GROWER_H_
