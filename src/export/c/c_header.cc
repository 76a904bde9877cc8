#include "src/export/c/c_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <variant>

#include "src/base/as_size.h"
#include "src/export/c/c_text.h"

namespace edge_int8 {
namespace {

constexpr std::string_view kSizes =
    R"(// {0}: an integer model, exported by edge-int8.
//
//   static uint32_t arena[EI8_ARENA_BYTES / 4];
//   ei8_run(x, y, arena);
//
#ifdef EI8_OUTPUT_ZERO
// Output i is (y[i] - EI8_OUTPUT_ZERO) * EI8_OUTPUT_SCALE.
#else
// Coordinate i is y[i] * EI8_OUTPUT_SCALE.
#endif
// No function allocates, keeps state of its own or uses floating point.
#ifndef EI8_H_
#define EI8_H_

#include <stdint.h>

#ifdef EI8_FRAMES
#define EI8_CHANNELS {1}
#define EI8_FRAMES {2}
#define EI8_FRAME_BYTES {1}
#define EI8_INPUT_BYTES {3}
#else
#define EI8_INPUT_BYTES {3}  // [{1}][{9}][{2}]
#endif
#define EI8_OUTPUTS {4}  // [{5}][{6}][{7}]
#define EI8_ARENA_BYTES {8}

)";

constexpr std::string_view kScales =
    R"(#ifdef EI8_INPUT_ZERO
// A byte of the input is clamp(rint(value * factor) + zero, 0, 255). The code
// uses neither these numbers nor the next.
#define EI8_INPUT_FACTOR {0}f
#define EI8_INPUT_ZERO {4}
#else
// A byte of the input is clamp(rint(value * factor), 0, 255). The code uses
// neither this number nor the next.
#define EI8_INPUT_FACTOR {0}f
#endif
// Exactly mantissa / 2^shift, for machines without floating point.
#define EI8_OUTPUT_SCALE {1}f
#define EI8_OUTPUT_MANTISSA {2}
#define EI8_OUTPUT_SHIFT {3}
#ifdef EI8_OUTPUT_ZERO
#define EI8_OUTPUT_ZERO {5}
#endif

)";

constexpr std::string_view kFunctions = R"(#ifdef __cplusplus
extern "C" {
#endif

#ifdef EI8_FRAMES
// x: a window [channel][frame]. y: a pose's integers. arena: memory that starts
// at a multiple of 4; what is in it does not matter. Returns 0, or -1 for a null
// pointer or an arena that is not aligned.
#else
// x: a window, its values in the order above. y: the integers of the result.
// arena: memory that starts at a multiple of 4; what is in it does not matter.
// Returns 0, or -1 for a null pointer or an arena that is not aligned.
#endif
int ei8_run(const uint8_t* x, int32_t* y, void* arena);
#ifdef EI8_FRAMES

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
#endif

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

std::set<std::string> CConditions(const core::IntegerGraph& graph) {
  const core::TensorSpec& in = graph.tensors[0];
  const core::TensorSpec& out = graph.tensors[AsSize(graph.output)];
  const bool constants =
      std::ranges::any_of(graph.ops, [](const core::IntegerOp& op) {
        return std::holds_alternative<core::ConstantOp>(op);
      });
  std::set<std::string> names;
  if (in.height == 1) names.insert("EI8_FRAMES");
  if (in.zero_point != 0) names.insert("EI8_INPUT_ZERO");
  if (out.type != core::Type::kS32) names.insert("EI8_WIDENS");
  if (out.zero_point != 0) names.insert("EI8_OUTPUT_ZERO");
  if (constants) names.insert("EI8_CONSTANTS");
  return names;
}

std::string CHeader(const core::IntegerGraph& graph, int64_t arena_bytes) {
  const core::TensorSpec& in = graph.tensors[0];
  const core::TensorSpec& out =
      graph.tensors[static_cast<std::size_t>(graph.output)];
  const Rational scale = ToRational(graph.output_scale);
  const std::string text =
      fmt::format(kSizes, CComment(graph.name), in.channels, in.width,
                  in.size(), out.size(), out.channels, out.height, out.width,
                  arena_bytes, in.height) +
      fmt::format(kScales, Literal(graph.input_factor),
                  Literal(graph.output_scale), scale.mantissa, scale.shift,
                  in.zero_point, out.zero_point) +
      std::string(kFunctions);
  return WithConditions(text, CConditions(graph));
}

}  // namespace edge_int8
