// An .onnx file as plain data: graphs, nodes, attributes, constants, functions.
// Nothing here knows what an operator does (onnx_import.h). ONNX's protobuf
// library only parses the messages: its schemas would refuse newer operator
// sets than the library's own. Tested by onnx_file_test.cc.
#ifndef EDGE_INT8_SRC_NETS_ONNX_ONNX_FILE_H_
#define EDGE_INT8_SRC_NETS_ONNX_ONNX_FILE_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "src/nets/onnx/onnx_array.h"

namespace edge_int8 {

struct OnnxGraph;

// One attribute; which members hold it follows from its name.
struct OnnxAttribute {
  int64_t integer = 0;
  double number = 0;
  std::string text;
  std::vector<int64_t> integers;
  std::vector<double> numbers;
  std::vector<std::string> texts;
  OnnxConstant array;
  std::shared_ptr<const OnnxGraph> graph;
  std::string parameter;  // inside a function: the attribute of the call
};
using OnnxAttributeMap = std::map<std::string, OnnxAttribute>;

struct OnnxNode {
  std::string name;
  std::string op;
  std::string domain;               // "" for "ai.onnx" too
  std::vector<std::string> inputs;  // "" where one is left out
  std::vector<std::string> outputs;
  OnnxAttributeMap attributes;
};

// An input or an output of a graph.
struct OnnxPort {
  std::string name;
  bool is_tensor = false;
  bool is_float = false;
  std::string type;  // for messages: "float32", "sequence"
  bool has_shape = false;
  Shape shape;  // -1 where it is not given
  std::vector<std::string> symbols;
};

struct OnnxGraph {
  std::vector<OnnxPort> inputs;
  std::vector<OnnxPort> outputs;
  std::map<std::string, OnnxConstant> initializers;
  std::vector<OnnxNode> nodes;
};

struct OnnxFunction {
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
  std::vector<OnnxNode> nodes;
  int64_t opset = 0;  // of the standard operators; 0: the file's
};

struct OnnxFile {
  OnnxGraph graph;
  std::map<std::pair<std::string, std::string>, OnnxFunction> functions;
  int64_t opset = 0;  // of the standard operators
};

// Throws kBadInput naming the file and the place. External data is read from
// beside the file; a path that leaves its folder is refused.
OnnxFile ReadOnnxFile(const std::filesystem::path& path);

// The same of bytes that came from `path`.
OnnxFile ParseOnnx(const std::filesystem::path& path,
                   std::span<const std::byte> bytes);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_NETS_ONNX_ONNX_FILE_H_
