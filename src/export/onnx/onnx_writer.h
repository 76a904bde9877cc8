// An ONNX model under construction: inputs, constants and nodes, each named,
// and its bytes at the end. It knows ONNX's messages and nothing of networks;
// onnx_float.cc and onnx_qdq.cc do. Tested by onnx_writer_test.cc, and by
// ONNX's own checker in onnx_float_test.cc and tests/peers.
//
// The messages come from ONNX's protobuf library. The bytes depend on what was
// added only: no dates, no machine names.
#ifndef EDGE_INT8_SRC_EXPORT_ONNX_ONNX_WRITER_H_
#define EDGE_INT8_SRC_EXPORT_ONNX_ONNX_WRITER_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "src/base/tensor.h"

namespace edge_int8 {

using OnnxAttribute =
    std::variant<int64_t, std::vector<int64_t>, float, std::string>;
using OnnxAttributes = std::vector<std::pair<std::string, OnnxAttribute>>;

class OnnxWriter {
 public:
  OnnxWriter(const std::string& graph_name, int opset);
  ~OnnxWriter();
  OnnxWriter(const OnnxWriter&) = delete;
  OnnxWriter& operator=(const OnnxWriter&) = delete;

  // Float32 with a free first extent, "n", before `shape`.
  void Input(const std::string& name, const Shape& shape);
  void Output(const std::string& name, const Shape& shape);

  // Constants; each returns the name, for use as an input: the one given or,
  // where that is taken, another that begins with it.
  std::string Constant(const std::string& name, const Shape& shape,
                       std::span<const float> values);
  std::string Constant(const std::string& name, const Shape& shape,
                       std::span<const int64_t> values);
  std::string Constant(const std::string& name, const Shape& shape,
                       std::span<const int32_t> values);
  std::string Constant(const std::string& name, const Shape& shape,
                       std::span<const int16_t> values);
  std::string Constant(const std::string& name, const Shape& shape,
                       std::span<const int8_t> values);
  std::string Constant(const std::string& name, const Shape& shape,
                       std::span<const uint8_t> values);
  // An int64 list, the way operators take shapes and axes.
  std::string List(const std::string& name, const std::vector<int64_t>& values);

  // Adds a node called after its output, whose name it returns as Constant()
  // does.
  std::string Node(const std::string& op,
                   const std::vector<std::string>& inputs,
                   const std::string& output,
                   const OnnxAttributes& attributes = {});
  // The same for a node of several outputs.
  std::vector<std::string> Nodes(const std::string& op,
                                 const std::vector<std::string>& inputs,
                                 const std::vector<std::string>& outputs,
                                 const OnnxAttributes& attributes = {});

  void Metadata(const std::string& key, const std::string& value);

  // The file. The model can't be added to afterwards.
  std::string Bytes() const;

 private:
  struct Impl;
  template <class T>
  std::string AddConstant(const std::string& name, const Shape& shape,
                          std::span<const T> values, int32_t type);
  std::unique_ptr<Impl> impl_;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_EXPORT_ONNX_ONNX_WRITER_H_
