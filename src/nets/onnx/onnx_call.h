// One node of an ONNX file while it becomes nodes of a graph: its inputs as
// values, its attributes, and how to say what is wrong with it.
#ifndef EDGE_INT8_SRC_NETS_ONNX_ONNX_CALL_H_
#define EDGE_INT8_SRC_NETS_ONNX_ONNX_CALL_H_

#include <string>
#include <string_view>
#include <vector>

#include "src/nets/onnx/onnx_emitter.h"
#include "src/nets/onnx/onnx_file.h"
#include "src/nets/onnx/onnx_value.h"

namespace edge_int8 {

struct OnnxCall {
  const std::string& file;
  const OnnxNode& node;
  int64_t opset;
  OnnxEmitter& emitter;
  std::vector<OnnxValue> inputs;

  // kBadInput: file, node, operator, opset, `what`, the page of limits.
  [[noreturn]] void Fail(std::string_view what) const;
  void Expect(bool ok, std::string_view what) const {
    if (!ok) Fail(what);
  }

  bool Has(const std::string& name) const;  // an attribute
  int64_t Int(const std::string& name, int64_t otherwise) const;
  double Float(const std::string& name, double otherwise) const;
  std::string Text(const std::string& name, const std::string& otherwise) const;
  Shape Ints(const std::string& name) const;  // empty if it is not there

  // Whether there is an input of this index.
  bool Given(std::size_t index) const {
    return index < inputs.size() && !inputs[index].absent();
  }
  const OnnxValue& Input(std::size_t index) const;  // refuses if there is none
  // An input that must not depend on the window.
  const OnnxArray& ConstantInput(std::size_t index,
                                 std::string_view what) const;
  double ScalarInput(std::size_t index, std::string_view what) const;
  // Of an attribute, or of an input in newer operator sets.
  Shape IntsOf(const std::string& attribute, std::size_t input) const;

  // -1 is the last axis; refuses axes outside [0, rank).
  int AxisOf(int64_t axis, int rank) const;
  std::vector<int> AxesOf(const Shape& axes, int rank) const;
  // A count, size or padding as int: refuses what is outside [least, 2^20].
  int Small(int64_t value, int least, std::string_view what) const;
};

// What a node's outputs stand for.
using OnnxResult = std::vector<OnnxValue>;
using OnnxHandler = OnnxResult (*)(const OnnxCall&);

// nullptr if the operator is not one of those that can be read.
OnnxHandler FindOnnxHandler(const std::string& op);

// Each group of operators adds its own (onnx_*.cc).
using OnnxHandlers = std::map<std::string, OnnxHandler>;
void AddElementwiseOps(OnnxHandlers& handlers);
void AddBinaryOps(OnnxHandlers& handlers);
void AddShapeOps(OnnxHandlers& handlers);
void AddGatherOps(OnnxHandlers& handlers);
void AddConstantOps(OnnxHandlers& handlers);
void AddConvOps(OnnxHandlers& handlers);
void AddPoolOps(OnnxHandlers& handlers);
void AddProductOps(OnnxHandlers& handlers);
void AddNormOps(OnnxHandlers& handlers);
void AddRecurrentOps(OnnxHandlers& handlers);
void AddResizeOps(OnnxHandlers& handlers);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_NETS_ONNX_ONNX_CALL_H_
