// An artifact as a full-integer TFLite model: what LiteRT and TFLite Micro run
// with their builtin operators, batch 1. Weights and 8-bit tensors are the
// engine's; what the engine does in wider integers (sums, SiLU, attention, the
// head) is 16 bits here. docs/export.md lists every rounding that differs.
// Tested by tflite_model_test.cc and, in LiteRT and TFLite Micro against the
// engine, by tests/peers.
#ifndef EDGE_INT8_SRC_EXPORT_TFLITE_TFLITE_MODEL_H_
#define EDGE_INT8_SRC_EXPORT_TFLITE_TFLITE_MODEL_H_

#include <string>

#include "core/container/integer_graph.h"
#include "src/export/real_scales.h"

namespace edge_int8 {

struct TfliteOptions {
  // For backends whose CONV_2D knows no groups: SPLIT, one CONV_2D per group,
  // CONCATENATION. Depthwise convolutions have an operator of their own.
  bool split_groups = false;
  std::string description;  // goes into the file
};

struct TfliteModel {
  std::string bytes;
  int operators = 0;
};

// Input int8 [1][channels][width] (or [1][channels][height][width]), output
// int16 [1][channels][height]; both say their scale. Throws kBadInput for a
// graph with a pattern that TFLite has no operator for.
TfliteModel MakeTfliteModel(const core::IntegerGraph& graph,
                            const RealScales& scales,
                            const TfliteOptions& options);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_EXPORT_TFLITE_TFLITE_MODEL_H_
