// One convolution of an integer graph as TFLite operators: padding, groups,
// weights in TFLite's order. Tested by tests/peers against the engine.
#ifndef EDGE_INT8_SRC_EXPORT_TFLITE_TFLITE_CONV_H_
#define EDGE_INT8_SRC_EXPORT_TFLITE_TFLITE_CONV_H_

#include <span>
#include <string>

#include "core/container/integer_graph.h"
#include "src/export/tflite/tflite_values.h"

namespace edge_int8 {

struct TfConvRequest {
  const core::ConvOp* op = nullptr;
  std::span<const double> weight_scales;  // of all output channels
  int first = 0;                          // output channels to make
  int count = 0;
  double offset = 0;  // that every output has, besides its bias
  bool split_groups = false;
  std::string name;
};

// The convolution onto `grid`; 16-bit when the input or the grid is, with
// another QUANTIZE when only the input is.
TfValue TfliteConvolution(TfliteValues& values, const TfConvRequest& request,
                          const TfValue& input, const TfGrid& grid);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_EXPORT_TFLITE_TFLITE_CONV_H_
