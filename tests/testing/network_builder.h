// Float networks in a few lines, with random parameters of a seed.
#ifndef EDGE_INT8_TESTS_TESTING_NETWORK_BUILDER_H_
#define EDGE_INT8_TESTS_TESTING_NETWORK_BUILDER_H_

#include <string>
#include <vector>

#include "src/graph/model.h"

namespace edge_int8 {

// A GraphBuilder that lists the parameters of any operator.
class NetworkBuilder {
 public:
  NetworkBuilder(const std::string& name, Extent input)
      : graph_(name, input), name_(name) {}

  TensorId Conv1x1(int out, TensorId x) { return Convolution({out}, x); }
  TensorId Convolution(Conv conv, TensorId x) {
    return graph_.AppendConv(Name("conv"), std::move(conv), x, true, false);
  }
  TensorId Apply(FunctionKind kind, TensorId x, double a = 0, double b = 0) {
    return Add("function", Elementwise{{kind, a, b, {}}}, {x});
  }
  TensorId Sum(TensorId a, TensorId b, bool subtract = false) {
    return Add("sum", edge_int8::Add{subtract}, {a, b});
  }
  TensorId Times(TensorId a, TensorId b) {
    return Add("product", Multiply{}, {a, b});
  }
  TensorId Norm(Normalize norm, TensorId x) {
    const int channels = extent(x).channels;
    const std::string name = Name("norm");
    norm.scale = name + ".weight";
    norm.bias = name + ".bias";
    more_.push_back({norm.scale, {channels}});
    more_.push_back({norm.bias, {channels}});
    return graph_.Append(name, norm, {x});
  }
  TensorId Layer(RecurrentKind kind, int hidden, bool reverse, TensorId x) {
    const std::string name = Name("layer");
    const int rows = GateCount(kind) * hidden;
    more_.push_back({name + ".w", {rows, extent(x).channels}});
    more_.push_back({name + ".r", {rows, hidden}});
    more_.push_back({name + ".b", {rows}});
    more_.push_back({name + ".c", {rows}});
    return graph_.Append(name,
                         Recurrent{kind, hidden, reverse, name + ".w",
                                   name + ".r", name + ".b", name + ".c"},
                         {x});
  }
  TensorId Fixed(Extent e) {
    const std::string name = Name("constant");
    more_.push_back({name + ".value", {e.channels, e.height, e.width}});
    return graph_.Append(name, Constant{e, name + ".value"}, {});
  }
  // Along the channels.
  TensorId Concat(const std::vector<TensorId>& parts) {
    Move move;
    move.out = extent(parts[0]);
    move.out.channels = 0;
    int64_t offset = 0;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const int64_t size = extent(parts[i]).size();
      move.terms.push_back(
          {static_cast<int>(i), 0, offset, {{static_cast<int>(size), 1, 1}}});
      move.out.channels += extent(parts[i]).channels;
      offset += size;
    }
    return Add("concat", move, parts);
  }
  TensorId Add(const std::string& name, Op op, std::vector<TensorId> inputs) {
    return graph_.Append(Name(name), std::move(op), std::move(inputs));
  }
  Extent extent(TensorId id) const { return graph_.extent(id); }

  Model Finish(TensorId output, uint64_t seed) {
    Graph graph = graph_.Finish(output);
    for (ParameterSpec& spec : more_) graph.parameters.push_back(spec);
    return RandomModel(std::move(graph), seed);
  }

 private:
  std::string Name(const std::string& kind) {
    return kind + std::to_string(count_++);
  }

  GraphBuilder graph_;
  std::string name_;
  std::vector<ParameterSpec> more_;
  int count_ = 0;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_TESTS_TESTING_NETWORK_BUILDER_H_
