// Primitives of the operators that are not a convolution's: elementwise, over
// windows, over lines. Each instruction set fills the table from the same loops
// (general_loops.h), which its compiler turns into its vectors, and replaces
// those it knows better. Tested by general_kernels_test.cc against scalar code.
//
// The rules of kernel_table.h hold: any count, unaligned, reads may go up to
// kSlack bytes past the end, writes never.
#ifndef EDGE_INT8_CORE_KERNELS_GENERAL_KERNELS_H_
#define EDGE_INT8_CORE_KERNELS_GENERAL_KERNELS_H_

#include <cstddef>
#include <cstdint>

namespace edge_int8::core {

// Places that lie `pitch` bytes apart, `channels` values each.
struct PlaceRun {
  const std::byte* first;
  int64_t pitch;
  int32_t places;
  int32_t channels;
};

// Exponentials of the distances of a line's values from its largest
// (core/arith/softmax.h): IntegerExp(min(Requantize(below, logit), 65535)) of
// below in [0, 2^16). Tables as int32, 256 entries each.
struct ExpArgs {
  const int32_t* coarse;
  const int32_t* fine;
  int32_t mantissa;
  int32_t shift;
};

// Multipliers as those of a ScaleRow, of values that fit 32 bits
// (kernel_table.h):
//   value(d) = (((d << left) * mantissa / 2^32) + add) >> shift
// and what a norm does to x (core/arith/normalize.h):
//   acc = value(n * x - sum) * gain + bias
struct NormScale {
  int32_t sum;
  int32_t left;
  int32_t mantissa;
  int32_t add;
  int32_t shift;
};
struct NormArgs {
  const int16_t* x;
  int32_t count;
  int32_t n;
  const int32_t* gain;
  const int32_t* bias;
  int32_t* acc;
};
// The fields of a NormScale for each channel.
struct NormScales {
  const int32_t* sum;
  const int32_t* left;
  const int32_t* mantissa;
  const int32_t* add;
  const int32_t* shift;
};

// One step of a gated cell, units of core/container/integer_graph.h.
// input: P of this step; recurrent: H; both [gates][hidden], clamped to int16.
// sigmoid, tanh: Interpolate() tables. state: h, and c of an LSTM, in place.
struct GateArgs {
  const int16_t* input;
  const int16_t* recurrent;
  const int16_t* sigmoid;
  const int16_t* tanh;
  int32_t hidden;
  int16_t* h;
  int16_t* c;
};

struct GeneralKernels {
  // out[i] = in[i] - zero.
  void (*center_u8)(const uint8_t* in, int32_t zero, int32_t count,
                    int16_t* out);
  // out[i] = in[i].
  void (*widen_s16)(const int16_t* in, int32_t count, int32_t* out);
  // out[i] = table[in[i]], of 256 entries.
  void (*map_u8)(const uint8_t* table, const uint8_t* in, int32_t count,
                 uint8_t* out);
  // The same of int16 as two planes: 256 low bytes, 256 high ones.
  void (*map_u8_s16)(const uint8_t* planes, const uint8_t* in, int32_t count,
                     int16_t* out);

  // out[i] = a[i] * b[i].
  void (*multiply_s16)(const int16_t* a, const int16_t* b, int32_t count,
                       int32_t* out);
  // sum[i] += x[i].
  void (*accumulate_s16)(const int16_t* x, int32_t count, int32_t* sum);
  // out[i] = clamp(RoundShift(sum[i], bits) + zero, low, high); low and high
  // are int16, bits in [1, 30]. out may be sum.
  void (*round_sum)(const int32_t* sum, int32_t bits, int32_t zero, int32_t low,
                    int32_t high, int32_t count, int16_t* out);

  // sum[c] += x[place][c] over the places of a run.
  void (*sum_places_u8)(const PlaceRun& run, int32_t* sum);
  void (*sum_places_s16)(const PlaceRun& run, int32_t* sum);
  // largest[c] = max(largest[c], x[place][c]).
  void (*max_places_u8)(const PlaceRun& run, uint8_t* largest);
  void (*max_places_s16)(const PlaceRun& run, int16_t* largest);

  // out[i] = a[i] * (256 - weight) + b[i] * weight, weight in [0, 256].
  void (*blend_s16)(const int16_t* a, const int16_t* b, int32_t weight,
                    int32_t count, int32_t* out);
  void (*blend_s32)(const int32_t* a, const int32_t* b, int32_t weight,
                    int32_t count, int32_t* out);

  // exps[i] = exp(max[i] - x[i]), sum[i] += exps[i]: lines beside each other.
  void (*exp_lines)(const ExpArgs& args, const int16_t* x, const int16_t* max,
                    int32_t count, uint32_t* exps, uint32_t* sum);
  // The same along one line, whose sum is the result.
  uint32_t (*exp_line)(const ExpArgs& args, const int16_t* x, int32_t max,
                       int32_t count, uint32_t* exps);
  // out[i] = (exps[i] * reciprocal + 2^15) >> 16, of a line and of lines beside
  // each other.
  void (*probabilities)(const uint32_t* exps, uint32_t reciprocal,
                        int32_t count, int16_t* out);
  void (*probabilities_lines)(const uint32_t* exps, const uint32_t* reciprocal,
                              int32_t count, int16_t* out);
  int16_t (*largest_s16)(const int16_t* x, int32_t count);

  // *sum += x[i], *squares += x[i]^2; of channels beside each other; |sum| is
  // at most 2^30.
  void (*moments)(const int16_t* x, int32_t count, int64_t* sum,
                  int64_t* squares);
  void (*moments_channels)(const int16_t* x, int32_t count, int64_t* sum,
                           int64_t* squares);
  void (*normalize)(const NormArgs& args, const NormScale& scale);
  void (*normalize_channels)(const NormArgs& args, const NormScales& scales);

  // Of 16 rows of dwords, `rows` of which exist and the others are 0:
  //   out[d * 16 + r] = (rows[r][d] ^ flip), the last dword & last_mask.
  void (*pack_dwords)(const std::byte* rows, int64_t pitch, int32_t count,
                      int32_t dwords, uint32_t flip, uint32_t last_mask,
                      std::byte* out);
  // out[i * out_pitch + j] = in[j * in_pitch + i] for i < rows, j < columns,
  // of values of 1 and 2 bytes; pitches in values.
  void (*turn_u8)(const uint8_t* in, int64_t in_pitch, int32_t rows,
                  int32_t columns, uint8_t* out, int64_t out_pitch);
  void (*turn_u16)(const uint16_t* in, int64_t in_pitch, int32_t rows,
                   int32_t columns, uint16_t* out, int64_t out_pitch);

  void (*gru)(const GateArgs& args);
  void (*lstm)(const GateArgs& args);
  void (*rnn)(const GateArgs& args);
};

}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_KERNELS_GENERAL_KERNELS_H_
