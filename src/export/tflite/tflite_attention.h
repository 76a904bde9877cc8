// Attention of an integer graph as TFLite operators, in 16 bits: two
// BATCH_MATMULs around a SOFTMAX, heads and lines as the batch. Tested by
// tests/peers against the engine.
#ifndef EDGE_INT8_SRC_EXPORT_TFLITE_TFLITE_ATTENTION_H_
#define EDGE_INT8_SRC_EXPORT_TFLITE_TFLITE_ATTENTION_H_

#include <span>
#include <string>

#include "core/container/integer_graph.h"
#include "src/export/tflite/tflite_values.h"

namespace edge_int8 {

// q, k and v, each [C][H][W] in 16 bits with one scale.
struct TfQkv {
  TfValue q, k, v;
};

// The biased mix on `grid`, 16-bit. `value_scales` are the engine's, of which
// its bias speaks.
TfValue TfliteAttention(TfliteValues& values, const core::AttentionOp& op,
                        const TfQkv& qkv, std::span<const double> value_scales,
                        const TfGrid& grid, const std::string& name);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_EXPORT_TFLITE_TFLITE_ATTENTION_H_
