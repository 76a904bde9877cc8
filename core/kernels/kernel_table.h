// The primitives the engine is made of, as a table of function pointers that
// each instruction set fills. This is the only header of ours that a file
// compiled for an instruction set may include, so it holds no inline function:
// one compiled with AVX-512 could be linked everywhere.
//
// Common to all: memory may be unaligned, counts may be 0, and reads may go up
// to kSlack bytes past the end of what they need (arena and tables leave room);
// writes never do.
#ifndef EDGE_INT8_CORE_KERNELS_KERNEL_TABLE_H_
#define EDGE_INT8_CORE_KERNELS_KERNEL_TABLE_H_

#include <cstddef>
#include <cstdint>

#include "core/kernels/general_kernels.h"

namespace edge_int8::core {

inline constexpr int kPanel = 16;  // output columns of one packed weight panel
inline constexpr int kStepBytes = 4;  // bytes of input that one step multiplies
inline constexpr int kSlack = 128;

// How gemm_u8 wants its weights. gemm_s16's are always int16 [panel][step][16
// columns][2 values].
enum class WeightForm : uint8_t {
  kBytes,   // int8 [panel][step][16 columns][4 values]
  kShared,  // the same, but the steps in an order that StepOrder gives
  kWords,   // not at all: there is no gemm_u8, bytes are always widened
};

// Up to 8 steps that follow each other in memory.
struct StepRun {
  int32_t first = 0;
  int32_t count = 0;
};

// The order of a block's steps in its packed weights, panel by panel. In the
// first `pairs` pairs of a panel the positive weights of two steps that one
// 16-bit lane adds up (values 0 and 1, or 2 and 3, of a column) sum to at most
// 258, and the negative ones to at least -258: times 127 that fits 16 bits.
struct StepOrder {
  const int32_t* offset;  // [panel][slot], byte offsets
  const int32_t* slot;    // [panel][step]
  const int32_t* pairs;   // [panel]
  const StepRun* runs;    // cover the steps in order
  int32_t run_count;
};

// acc[p][c] = bias[c] + sum over steps s and values v of
//   weights[c / 16][s][c % 16][v] * x[position[p] + step[s] + v]
// for c < columns, modulo 2^32: the caller knows that the true sum fits.
struct GemmArgs {
  const std::byte* x;
  const int32_t* position;  // byte offsets, one per position
  int32_t positions;
  const int32_t* step;  // byte offsets, one per step
  int32_t steps;
  const std::byte* weights;
  const int32_t* bias;  // columns rounded up to whole panels
  int32_t columns;
  int32_t* acc;
  int32_t acc_stride;                // values from one position to the next
  const StepOrder* order = nullptr;  // of kShared
};

inline constexpr float kRealAdd = 12582912;          // 1.5 * 2^23
inline constexpr int32_t kRealAddBits = 0x4b400000;  // as bits

// Multipliers of a row of channels, prepared so that every shift is at least
// 33 (core/engine/channel_scales.h says why that changes nothing):
//   value = ((clamp(acc, -limit, limit) << left) * mantissa / 2^32 + add)
//           >> shift
// limit and left are null when no channel needs them. Where real is not null
// the same value is, in floats and rounded once to the nearest whole number,
//   acc * real + real_add, less kRealAdd
// and kernels take whichever they like: the other fields hold as well. Where
// real_int16 is set too, no value of this row leaves int16.
// Rows start on a cache line: loads that cross one cost twice as much, and four
// of them go with every vector of accumulators.
struct ScaleRow {
  const int32_t* mantissa;
  const int32_t* next_mantissa;  // next_mantissa[c] = mantissa[c + 1]
  const int32_t* add;
  const int32_t* shift;
  const int32_t* limit;
  const int32_t* left;
  const float* real = nullptr;
  float real_add = kRealAdd;
  bool real_int16 = false;
};

// out[i] = clamp(value(acc[i], row[i % period]) + zero, low, high). period and
// count are multiples of 16; low and high are int16. out may be acc itself.
struct RequantizeArgs {
  const int32_t* acc;
  int32_t count;
  int32_t period;
  ScaleRow row;
  int32_t zero;
  int32_t low;
  int32_t high;
  int16_t* out;
};

// How the accumulators of gemm_fused end.
enum class GemmEnd : uint8_t {
  kBytes,      // clamp(value, low, high), bytes: low and high are, too
  kByteTable,  // table[clamp(value, 0, 255)], 256 bytes
  kWords,      // clamp(value, low, high), int16
  kWordTable,  // the same index into two planes: 256 low bytes, 256 high ones
  // A sum: table[clamp((clamp(value, low, high) + term + sum_add) >> sum_bits,
  // 0, 255)], 256 bytes
  kSum,
};

// A product that ends where it is stored: with acc as gemm_u8 (or gemm_s16)
// gives it and value = value(acc[p][c], row[c]), column c of position p goes to
//   out + out_position[p] + c * (int16 ? 2 : 1)
// and its term is the int16 at term + term_position[p] + 2 * c. gemm.acc and
// gemm.acc_stride are not used. Rows may be read, not used, up to two panels
// past the last column.
struct GemmFusedArgs {
  GemmArgs gemm;
  bool words_in;  // gemm.x is int16, its weights are as gemm_s16's
  ScaleRow row;
  GemmEnd end;
  int32_t low, high;  // int16
  const uint8_t* table;
  const std::byte* term;
  const int32_t* term_position;
  int32_t sum_add;
  int32_t sum_bits;
  std::byte* out;
  const int32_t* out_position;
};

// The two transforms of Winograd's F(2x2, 3x3) (core/engine/winograd_plan.h).
// Of each tile d, 4 by 4 places of int16, all modulo 2^16:
//   out[4 * i + j][tile][c] = (B d[c] Bt)[i][j],
//   B = {1, 0, -1, 0}, {0, 1, 1, 0}, {0, -1, 1, 0}, {0, 1, 0, -1}
struct WinogradInputArgs {
  const std::byte* x;
  const int32_t* position;  // byte offset of each tile's first place
  int32_t tiles;
  int64_t row_pitch;  // bytes
  int64_t place_pitch;
  int32_t channels;  // a multiple of 16
  int16_t* out;      // [16][tiles][channels]
};

// Of each tile m, 4 by 4 sums, with A = {1, 1, 1, 0}, {0, 1, -1, -1}, modulo
// 2^32 until it is shifted:
//   acc[place[tile] + (i * row + j) * columns + c]
//       = ((A m[c] At)[i][j] >> 2) + bias[c]
struct WinogradOutputArgs {
  const int32_t* products;  // [16][tiles][columns]
  int32_t tiles;
  int32_t columns;  // a multiple of 16
  const int32_t* bias;
  const int32_t* place;  // values
  int32_t row;           // places
  int32_t* acc;
};

// out[i] = clamp(((a[i] + b[i] + 2^(bits-1)) >> bits) + zero, low, high).
// bits in [1, 15]; out may be a or b.
struct SumArgs {
  const int16_t* a;
  const int16_t* b;
  int32_t count;
  int32_t bits;
  int32_t zero;
  int32_t low;
  int32_t high;
  int16_t* out;
};

// What attention stores in the place of accumulators: of channel c of place i
// of a line
//   clamp(value(acc, row[c]), low, high)
// as a byte or an int16 at
//   first + line * line_pitch + i * place_pitch + c * (words ? 2 : 1).
// row has no limits, and low and high fit what is stored.
struct AttentionOutput {
  ScaleRow row;  // of all channels
  int32_t low;
  int32_t high;
  bool words;
  std::byte* first;
  int64_t line_pitch;
  int64_t place_pitch;
};

// Attention over `lines` lines of one chunk, for some of its heads. q, k and v
// are stored with 128 added. Writes bias[c] + sum_j p_j v[c][j], c counted from
// the first head's first channel, to
//   acc[(line * length + i) * acc_stride + c]
// and may write anything to columns after those, in AttentionRows() rows.
// scratch: attention_scratch() bytes, 64-byte aligned.
struct AttentionArgs {
  const uint8_t* qkv;  // the first line's first place
  int64_t line_pitch;  // bytes from one line to the next
  int64_t place_pitch;
  int32_t lines;
  int32_t length;
  int32_t channels;  // of q, all heads; k follows, then v
  int32_t per_head;
  int32_t first_head;
  int32_t heads;  // to compute
  // Of all heads and channels.
  ScaleRow logit;          // one entry per head
  const uint16_t* coarse;  // 256 entries, at most 2^15
  const uint16_t* fine;
  const int32_t* bias;
  int32_t* acc;
  int32_t acc_stride;
  const AttentionOutput* output = nullptr;  // if not null, acc isn't written
  std::byte* scratch;
};

// Rows that may be written: the last line's are whole vectors of queries.
int32_t AttentionRows(int32_t length, int32_t lines);
// The same, and whole blocks of 64 queries for the softmax.
int32_t AttentionQueries(int32_t length, int32_t lines);

struct KernelTable {
  WeightForm weight_form;
  // gemm_u8 multiplies x - 128 instead of x; the packer adds 128 * sum(w) to
  // the bias.
  bool flips_bytes;

  void (*gemm_u8)(const GemmArgs&);
  void (*gemm_s16)(const GemmArgs&);
  // out[i] = in[i]. Null with kBytes, and only then. With kShared, bytes whose
  // steps aren't worth sharing are widened for gemm_s16.
  void (*widen_u8)(const uint8_t* in, int32_t count, int16_t* out);
  // Null where it would not pay: the other primitives do it then.
  void (*gemm_fused)(const GemmFusedArgs&);
  void (*winograd_input)(const WinogradInputArgs&);
  void (*winograd_output)(const WinogradOutputArgs&);
  void (*requantize)(const RequantizeArgs&);
  void (*sum_s16)(const SumArgs&);

  // in[i] in [0, 255].
  void (*narrow_u8)(const int16_t* in, int32_t count, uint8_t* out);
  // out[i] = table[in[i]], in[i] in [0, 255].
  void (*lookup_u8)(const uint8_t* table, const int16_t* in, int32_t count,
                    uint8_t* out);
  // planes: the low bytes of 256 entries, then their high bytes.
  void (*lookup_s16)(const uint8_t* planes, const int16_t* in, int32_t count,
                     int16_t* out);
  // out[i] = table[in[i] - low]. out may be in.
  void (*lookup_wide)(const int16_t* table, int32_t low, const int16_t* in,
                      int32_t count, int16_t* out);
  // core/arith/activation.h, Interpolate(). out may be in.
  void (*interpolate)(const int16_t* table, const int16_t* in, int32_t count,
                      int16_t* out);
  // core/arith/boundary.h, QuantizeInput().
  void (*quantize_u8)(const float* in, float factor, int32_t zero,
                      int32_t count, uint8_t* out);
  // out[t * pitch + c] = in[c * places + t].
  void (*transpose_u8)(const uint8_t* in, int32_t channels, int32_t places,
                       uint8_t* out, int64_t pitch);

  void (*attention)(const AttentionArgs&);
  // Bytes of its scratch; heads: to compute at once.
  int64_t (*attention_scratch)(int32_t length, int32_t lines, int32_t per_head,
                               int32_t heads);
  // Whether it takes AttentionArgs::output, where per_head is whole eights.
  bool attention_stores;

  // What is no product: never null.
  const GeneralKernels* general;

  // Multiplies and accumulates in registers as densely as gemm_u8 could at
  // best; returns the number of multiply-accumulates. Nobody reads *sink.
  int64_t (*peak)(int64_t rounds, int32_t* sink);
};

}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_KERNELS_KERNEL_TABLE_H_
