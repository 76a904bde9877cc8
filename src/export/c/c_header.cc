#include "src/export/c/c_header.h"

#include <fmt/format.h>

#include <cmath>

namespace edge_int8 {
namespace {

constexpr std::string_view kSizes =
    R"(// {0}: an integer model, exported by edge-int8.
//
//   static uint32_t arena[EI8_ARENA_BYTES / 4];
//   ei8_run(x, y, arena);
//
// Coordinate i is y[i] * EI8_OUTPUT_SCALE.
// No function allocates, keeps state of its own or uses floating point.
#ifndef EI8_H_
#define EI8_H_

#include <stdint.h>

#define EI8_CHANNELS {1}
#define EI8_FRAMES {2}
#define EI8_FRAME_BYTES {1}
#define EI8_INPUT_BYTES {3}
#define EI8_OUTPUTS {4}  // [{5}][{6}][{7}]
#define EI8_ARENA_BYTES {8}

)";

constexpr std::string_view kScales =
    R"(// A byte of the input is clamp(rint(value * factor), 0, 255). The code uses
// neither this number nor the next.
#define EI8_INPUT_FACTOR {0}f
// Exactly mantissa / 2^shift, for machines without floating point.
#define EI8_OUTPUT_SCALE {1}f
#define EI8_OUTPUT_MANTISSA {2}
#define EI8_OUTPUT_SHIFT {3}

)";

constexpr std::string_view kFunctions = R"(#ifdef __cplusplus
extern "C" {
#endif

// x: a window [channel][frame]. y: a pose's integers. arena: memory that starts
// at a multiple of 4; what is in it does not matter. Returns 0, or -1 for a null
// pointer or an arena that is not aligned.
int ei8_run(const uint8_t* x, int32_t* y, void* arena);

// Frame by frame: once a window's frames are in, a pose comes with every `hop`
// further ones.
typedef struct {
  uint8_t frames[EI8_INPUT_BYTES];  // the oldest first
  uint32_t arena[EI8_ARENA_BYTES / 4];
  int32_t count, hop;
} ei8_stream;

// hop: from 1 (a pose for every frame) to a window's frames (windows that share
// none). Returns 0, or -1 when it is outside.
int ei8_start(ei8_stream* stream, int hop);

// frame: one byte a channel. Returns 1 when a pose is in y, 0 when not yet, -1
// for a null pointer.
int ei8_push(ei8_stream* stream, const uint8_t* frame, int32_t* y);

#ifdef __cplusplus
}
#endif

#endif  // EI8_H_
)";

// A C literal of a float: the digits that read back to the same float, with a
// point so that the suffix is allowed.
std::string Literal(float value) {
  const std::string text = fmt::format("{:.9g}", value);
  return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

// value = mantissa / 2^shift with an odd mantissa; a float has 24 bits.
struct Rational {
  int64_t mantissa = 0;
  int shift = 0;
};
Rational ToRational(float value) {
  int exponent = 0;
  const double fraction = std::frexp(double{value}, &exponent);
  Rational r = {static_cast<int64_t>(std::ldexp(fraction, 24)), 24 - exponent};
  while (r.mantissa != 0 && r.mantissa % 2 == 0) {
    r.mantissa /= 2;
    --r.shift;
  }
  return r;
}

}  // namespace

std::string CHeader(const core::IntegerGraph& graph, int64_t arena_bytes) {
  const core::TensorSpec& in = graph.tensors[0];
  const core::TensorSpec& out =
      graph.tensors[static_cast<std::size_t>(graph.output)];
  const Rational scale = ToRational(graph.output_scale);
  return fmt::format(kSizes, graph.name, in.channels, in.width, in.size(),
                     out.size(), out.channels, out.height, out.width,
                     arena_bytes) +
         fmt::format(kScales, Literal(graph.input_factor),
                     Literal(graph.output_scale), scale.mantissa, scale.shift) +
         std::string(kFunctions);
}

}  // namespace edge_int8
