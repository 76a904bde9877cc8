// Functions of one number as TFLite operators: its own in 8 bits or, where the
// index of the engine's table is wider, in 16. Tested by tests/peers.
#ifndef EDGE_INT8_SRC_EXPORT_TFLITE_TFLITE_FUNCTIONS_H_
#define EDGE_INT8_SRC_EXPORT_TFLITE_TFLITE_FUNCTIONS_H_

#include <string>

#include "src/export/tflite/tflite_values.h"
#include "src/graph/function.h"

namespace edge_int8 {

bool HasTfliteFunction(const Function& function);

// function(x) on `grid`; HasTfliteFunction().
TfValue TfliteFunction(TfliteValues& values, const Function& function,
                       const TfValue& x, const TfGrid& grid,
                       const std::string& name);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_EXPORT_TFLITE_TFLITE_FUNCTIONS_H_
