#include "src/nets/onnx/onnx_walk.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "src/base/as_size.h"
#include "src/base/error.h"

namespace edge_int8 {
namespace {

// What a file may ask for, however few bytes it has: functions that call
// functions and constants that grow are cut off here.
constexpr int kMostDepth = 32;
constexpr int64_t kMostNodes = int64_t{1} << 18;
// Beside what the file itself holds, a few times over.
constexpr int64_t kMostConstants = int64_t{1} << 25;
constexpr int64_t kMostCopies = 8;

// Every name that the nodes of a subgraph read.
void AddNamesRead(const OnnxGraph& graph, int depth,
                  std::vector<std::string>& names) {
  if (depth > kMostDepth) return;
  for (const OnnxPort& port : graph.outputs) names.push_back(port.name);
  for (const OnnxNode& node : graph.nodes) {
    names.insert(names.end(), node.inputs.begin(), node.inputs.end());
    for (const auto& [key, attribute] : node.attributes) {
      if (attribute.graph) AddNamesRead(*attribute.graph, depth + 1, names);
    }
  }
}

std::vector<std::string> NamesRead(const OnnxNode& node) {
  std::vector<std::string> names = node.inputs;
  for (const auto& [key, attribute] : node.attributes) {
    if (attribute.graph) AddNamesRead(*attribute.graph, 0, names);
  }
  return names;
}

std::string NodeText(const OnnxNode& node) {
  if (!node.name.empty()) return node.name;
  return node.outputs.empty() ? node.op : node.outputs[0];
}

using Writers = std::map<std::string, std::size_t>;

Writers WritersOf(const std::string& path, const std::vector<OnnxNode>& nodes,
                  const OnnxScope& scope) {
  Writers writers;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    for (const std::string& name : nodes[i].outputs) {
      if (name.empty()) continue;
      if (scope.values.contains(name)) {
        FailInput(path, fmt::format("node '{}' writes '{}', which is an input "
                                    "or an initializer",
                                    NodeText(nodes[i]), name));
      }
      if (!writers.emplace(name, i).second) {
        FailInput(path, fmt::format("two nodes write '{}': '{}' and '{}'", name,
                                    NodeText(nodes[writers.at(name)]),
                                    NodeText(nodes[i])));
      }
    }
  }
  return writers;
}

// The nodes that `names` need, each after those it needs itself.
class NodeOrder {
 public:
  NodeOrder(const std::string& path, const std::vector<OnnxNode>& nodes,
            const Writers& writers)
      : path_(path),
        nodes_(nodes),
        writers_(writers),
        state_(nodes.size(), State::kNew) {}

  std::vector<std::size_t> Of(const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      Open(name);
      while (!open_.empty()) Step();
    }
    return std::move(order_);
  }

 private:
  enum class State : uint8_t { kNew, kOpen, kDone };
  struct Entry {
    std::size_t node;
    std::vector<std::string> names;
    std::size_t next = 0;
  };

  void Open(const std::string& name) {
    const auto writer = writers_.find(name);
    if (writer == writers_.end()) return;
    const std::size_t node = writer->second;
    if (state_[node] == State::kDone) return;
    if (state_[node] == State::kOpen) {
      FailInput(path_, fmt::format("node '{}' waits for '{}', which waits for "
                                   "it: the graph has a cycle",
                                   NodeText(nodes_[node]), name));
    }
    state_[node] = State::kOpen;
    open_.push_back({node, NamesRead(nodes_[node])});
  }

  void Step() {
    const std::size_t top = open_.size() - 1;
    if (open_[top].next < open_[top].names.size()) {
      const std::string name = open_[top].names[open_[top].next++];
      Open(name);
      return;
    }
    state_[open_[top].node] = State::kDone;
    order_.push_back(open_[top].node);
    open_.pop_back();
  }

  const std::string& path_;
  const std::vector<OnnxNode>& nodes_;
  const Writers& writers_;
  std::vector<State> state_;
  std::vector<Entry> open_;
  std::vector<std::size_t> order_;
};

// Attributes that stand for those of the function's call.
OnnxNode WithParameters(const OnnxNode& node, const OnnxAttributeMap& given) {
  OnnxNode bound = node;
  for (auto it = bound.attributes.begin(); it != bound.attributes.end();) {
    const std::string& parameter = it->second.parameter;
    const auto value = given.find(parameter);
    if (parameter.empty()) {
      ++it;
    } else if (value == given.end()) {
      it = bound.attributes.erase(it);  // the operator's default
    } else {
      it->second = value->second;
      ++it;
    }
  }
  return bound;
}

}  // namespace

const OnnxValue* OnnxScope::Find(const std::string& name) const {
  for (const OnnxScope* scope = this; scope != nullptr; scope = scope->outer) {
    const auto found = scope->values.find(name);
    if (found != scope->values.end()) return &found->second;
  }
  return nullptr;
}

std::vector<OnnxValue> OnnxWalker::Evaluate(
    const std::vector<OnnxNode>& nodes, const std::vector<std::string>& names,
    OnnxScope& scope, int64_t opset) {
  const Writers writers = WritersOf(path_, nodes, scope);
  for (const std::size_t i : NodeOrder(path_, nodes, writers).Of(names)) {
    const OnnxNode& node = nodes[i];
    const OnnxResult result = Run(node, scope, opset);
    for (std::size_t o = 0; o < node.outputs.size(); ++o) {
      // An output that the handler can't give stays unknown: it is named where
      // somebody reads it.
      if (node.outputs[o].empty() || o >= result.size() || result[o].absent()) {
        continue;
      }
      scope.values.emplace(node.outputs[o], result[o]);
    }
  }
  std::vector<OnnxValue> values;
  for (const std::string& name : names) {
    const OnnxValue* value = scope.Find(name);
    if (value == nullptr) {
      FailInput(path_, fmt::format("nothing writes its output '{}'", name));
    }
    values.push_back(*value);
  }
  return values;
}

OnnxResult OnnxWalker::Run(const OnnxNode& node, const OnnxScope& scope,
                           int64_t opset) {
  OnnxCall call{path_, node, opset, emitter_, {}};
  if (++nodes_run_ > kMostNodes) {
    call.Fail(fmt::format("the network has more than {} nodes", kMostNodes));
  }
  for (const std::string& name : node.inputs) {
    if (name.empty()) {
      call.inputs.emplace_back();
      continue;
    }
    const OnnxValue* value = scope.Find(name);
    if (value == nullptr) {
      call.Fail(
          fmt::format("it reads '{}', which is no input, no initializer "
                      "and no output that another node gives",
                      name));
    }
    call.inputs.push_back(*value);
  }
  const auto function = file_.functions.find({node.domain, node.op});
  if (function != file_.functions.end()) {
    return RunFunction(call, function->second);
  }
  if (node.op == "If" && node.domain.empty()) return RunBranch(call, scope);
  return RunHandler(call);
}

OnnxResult OnnxWalker::RunHandler(const OnnxCall& call) {
  const OnnxHandler handler =
      call.node.domain.empty() ? FindOnnxHandler(call.node.op) : nullptr;
  if (handler == nullptr) {
    call.Fail(call.node.domain.empty()
                  ? "the operator is not one of those that can be read"
                  : fmt::format("operators of the domain '{}' are not known",
                                call.node.domain));
  }
  emitter_.SetName(NodeText(call.node));
  OnnxResult result;
  try {
    result = handler(call);
  } catch (const Error& error) {
    // A graph that no operator of ours takes is the file's fault here.
    if (error.kind() != ErrorKind::kInternal) throw;
    call.Fail(error.what());
  }
  Count(call, result);
  return result;
}

void OnnxWalker::Count(const OnnxCall& call, const OnnxResult& result) {
  for (const OnnxValue& value : result) {
    if (value.is_constant()) values_made_ += value.constant->size();
  }
  const int64_t most = kMostConstants + kMostCopies * values_stored_;
  if (values_made_ > most) {
    call.Fail(
        fmt::format("its constants have more than {} values together", most));
  }
}

OnnxResult OnnxWalker::RunFunction(const OnnxCall& call,
                                   const OnnxFunction& function) {
  if (++depth_ > kMostDepth) {
    call.Fail("functions call each other too deep");
  }
  OnnxScope inner;
  for (std::size_t i = 0; i < function.inputs.size(); ++i) {
    if (call.Given(i)) inner.values.emplace(function.inputs[i], call.inputs[i]);
  }
  std::vector<OnnxNode> nodes;
  for (const OnnxNode& node : function.nodes) {
    OnnxNode bound = WithParameters(node, call.node.attributes);
    // An input that the call leaves out is left out inside as well.
    for (std::string& name : bound.inputs) {
      const auto formal = std::ranges::find(function.inputs, name);
      if (formal != function.inputs.end() && !inner.values.contains(name)) {
        name.clear();
      }
    }
    bound.name = NodeText(call.node) + "/" + NodeText(node);
    nodes.push_back(std::move(bound));
  }
  std::vector<std::string> wanted;
  for (std::size_t i = 0; i < call.node.outputs.size(); ++i) {
    if (i < function.outputs.size()) wanted.push_back(function.outputs[i]);
  }
  OnnxResult result = Evaluate(
      nodes, wanted, inner, function.opset > 0 ? function.opset : call.opset);
  --depth_;
  return result;
}

// The branch that a constant condition takes.
OnnxResult OnnxWalker::RunBranch(const OnnxCall& call, const OnnxScope& scope) {
  if (++depth_ > kMostDepth) call.Fail("branches lie too deep in each other");
  const bool taken = call.ScalarInput(0, "condition") != 0;
  const auto found =
      call.node.attributes.find(taken ? "then_branch" : "else_branch");
  call.Expect(
      found != call.node.attributes.end() && found->second.graph != nullptr,
      "it has no branch to take");
  const OnnxGraph& graph = *found->second.graph;
  OnnxScope inner;
  inner.outer = &scope;
  for (const auto& [name, constant] : graph.initializers) {
    inner.values[name].constant = constant;
  }
  std::vector<std::string> wanted;
  for (const OnnxPort& port : graph.outputs) wanted.push_back(port.name);
  OnnxResult result = Evaluate(graph.nodes, wanted, inner, call.opset);
  --depth_;
  return result;
}

}  // namespace edge_int8
