// The nodes of an ONNX graph in the order of their needs, each handed to its
// operator's handler; functions and constant branches are walked inside.
// Tested by onnx_import_test.cc.
#ifndef EDGE_INT8_SRC_NETS_ONNX_ONNX_WALK_H_
#define EDGE_INT8_SRC_NETS_ONNX_ONNX_WALK_H_

#include <map>
#include <string>
#include <vector>

#include "src/nets/onnx/onnx_call.h"

namespace edge_int8 {

// Names and what they stand for, also those around a subgraph.
struct OnnxScope {
  std::map<std::string, OnnxValue> values;
  const OnnxScope* outer = nullptr;

  const OnnxValue* Find(const std::string& name) const;
};

class OnnxWalker {
 public:
  OnnxWalker(const std::string& path, const OnnxFile& file,
             OnnxEmitter& emitter)
      : path_(path), file_(file), emitter_(emitter) {
    for (const auto& [name, constant] : file.graph.initializers) {
      values_stored_ += constant->size();
    }
  }

  // The values of these names, by as few nodes as they need. `scope` has the
  // inputs and initializers. Throws kBadInput for a name that nothing writes, a
  // name that two nodes write, and nodes that wait for each other.
  std::vector<OnnxValue> Evaluate(const std::vector<OnnxNode>& nodes,
                                  const std::vector<std::string>& names,
                                  OnnxScope& scope, int64_t opset);

 private:
  OnnxResult Run(const OnnxNode& node, const OnnxScope& scope, int64_t opset);
  OnnxResult RunHandler(const OnnxCall& call);
  OnnxResult RunFunction(const OnnxCall& call, const OnnxFunction& function);
  OnnxResult RunBranch(const OnnxCall& call, const OnnxScope& scope);
  void Count(const OnnxCall& call, const OnnxResult& result);

  const std::string& path_;
  const OnnxFile& file_;
  OnnxEmitter& emitter_;
  int depth_ = 0;  // of functions and branches
  int64_t nodes_run_ = 0;
  int64_t values_stored_ = 0;  // of initializers
  int64_t values_made_ = 0;    // of constants
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_NETS_ONNX_ONNX_WALK_H_
