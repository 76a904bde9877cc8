// The values of an ONNX tensor message: typed fields, raw bytes or a file
// beside the model, of any number type. Tested by onnx_file_test.cc.
#ifndef EDGE_INT8_SRC_NETS_ONNX_ONNX_TENSOR_DATA_H_
#define EDGE_INT8_SRC_NETS_ONNX_ONNX_TENSOR_DATA_H_

#include <filesystem>
#include <string>

#include "src/nets/onnx/onnx_array.h"

namespace onnx {
class TensorProto;
}

namespace edge_int8 {

// "float32", "int8", ...; "type 17" for what this file can't read.
std::string OnnxTypeName(int type);
bool IsOnnxFloat(int type);

// `path` is the model's, for messages and to find external data.
OnnxConstant ReadOnnxTensor(const std::filesystem::path& path,
                            const onnx::TensorProto& tensor);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_NETS_ONNX_ONNX_TENSOR_DATA_H_
