// ONNX's protobuf messages, wherever this system's package has them: Debian 12
// and 13 both ship onnx-ml.pb.h, the full set, which must be told so. Included
// by the readers of messages only.
#ifndef EDGE_INT8_SRC_NETS_ONNX_ONNX_MESSAGES_H_
#define EDGE_INT8_SRC_NETS_ONNX_ONNX_MESSAGES_H_

#ifndef ONNX_ML
#define ONNX_ML 1
#endif
#if __has_include(<onnx/onnx_pb.h>)
#include <onnx/onnx_pb.h>
#else
#define ONNX_API
#include <onnx/onnx-ml.pb.h>
#endif

#endif  // EDGE_INT8_SRC_NETS_ONNX_ONNX_MESSAGES_H_
