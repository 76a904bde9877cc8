// The runtime of a model exported as C: kernels that walk const descriptors.
// An export is a copy of these files with another prefix, so that two models
// fit one program, and one file of tables. Plain C99: integers only, nothing
// allocated, nothing included beyond <stdint.h> and <stddef.h>.
//
// A tensor is stored [height][width][channels]: what a convolution sums over
// then lies side by side.
#ifndef EI8_RUNTIME_H_
#define EI8_RUNTIME_H_

#include <stdint.h>

enum { EI8_U8, EI8_S8, EI8_S16, EI8_S32 };  // ei8_tensor.type
// .activation.kind; EI8_TABLE_U8 writes EI8_U8 tensors only.
enum { EI8_PLAIN, EI8_TABLE_U8, EI8_TABLE_S16, EI8_LINE };
enum { EI8_WINDOW = -1 };    // .offset
enum { EI8_POSITIONS = 4 };  // that a dot product works on at once

typedef struct {
  int32_t offset;  // bytes into the arena, or EI8_WINDOW
  int32_t height, width, channels;
  int16_t zero;  // the stored value that means 0
  uint8_t type;
  uint8_t bytes;  // of one value
} ei8_tensor;

// What a run works in. The window is the input, stored as any other tensor.
typedef struct {
  uint8_t* arena;
  uint8_t* window;
} ei8_memory;

// pre = clamp(value + zero, low, high), then as it is, by a table's entry
// pre - low, or on the line between two of the 4,097 entries of a table.
typedef struct {
  const void* table;
  int32_t zero, low, high;
  uint8_t kind;
} ei8_activation;

// Per channel: floor((acc + bias) * mantissa / 2^shift + 1/2).
typedef struct {
  const int32_t* bias;
  const int32_t* mantissa;
  const uint8_t* shift;
} ei8_scales;

// sum[p] = weights . rows[p] for four rows of n values. Sums wrap at 2^32: the
// bias carries -zero * sum(weights), so only the last addition is in range.
typedef void (*ei8_dot)(const void* weights, const void* const* rows, int32_t n,
                        uint32_t* sum);

// Where in its input a convolution's output positions find what they sum over.
typedef struct {
  int32_t patch;       // values that one output sums over
  int32_t in_group;    // channels
  int32_t contiguous;  // 1 if a patch inside the input needs no copy
  int32_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w;
  int32_t pad_top, pad_left;
} ei8_taps;

typedef struct {
  const ei8_tensor *in, *out;
  ei8_dot dot;
  const uint8_t* weights;  // [out][kernel_h][kernel_w][in / groups]
  ei8_scales scales;
  ei8_activation activation;
  int32_t scratch;    // offset into the arena: a patch for each position
  int32_t row_bytes;  // of one output channel's weights
  int32_t out_group;  // channels
  ei8_taps taps;
} ei8_conv;

// One channel per group. The bias is as it is: the zero point is taken off each
// value.
typedef struct {
  const ei8_tensor *in, *out;
  const uint8_t* weights;  // [kernel_h][kernel_w][channels]
  ei8_scales scales;
  ei8_activation activation;
  int32_t scratch;    // offset: an int32 for each channel
  int32_t row_bytes;  // of one tap's weights
  int32_t weight_bits;
  int32_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w;
  int32_t pad_top, pad_left;
} ei8_depthwise;

// A term without rescale is in the sum's units already.
typedef struct {
  const ei8_tensor* tensor;
  int32_t mantissa;
  uint8_t shift;
  uint8_t rescale;
} ei8_term;

typedef struct {
  const ei8_tensor* out;
  const ei8_term* terms;
  ei8_activation activation;
  int32_t term_count;
  int32_t fraction_bits;
} ei8_add;

typedef struct {
  const ei8_tensor *in, *out;  // in: q, k, v in one tensor of 3 * channels
  const int32_t* logit_mantissa;
  const uint8_t* logit_shift;
  ei8_scales scales;
  ei8_activation activation;
  const uint16_t* coarse;  // exp(-i / 16) * 2^15
  const uint16_t* fine;    // exp(-i / 4096) * 2^15
  int32_t scratch;         // offset: length int32, then length int16
  int32_t heads;
  int32_t lines, line_step;    // places from one line to the next
  int32_t length, place_step;  // and from one place on a line to the next
} ei8_attention;

typedef struct {
  const ei8_tensor *in, *out;
  const int32_t* mantissa;  // null when all bins have one size
  const uint8_t* shift;
  int32_t bins;
} ei8_pool;

// to[i][j][k] = from[i * step[0] + j * step[1] + k * step[2]], whole values.
typedef struct {
  int32_t extent[3];
  int32_t step[3];
  int32_t bytes;
} ei8_order;

typedef struct {
  const ei8_tensor *in, *out;
  ei8_order order;
} ei8_transpose;

typedef struct {
  void (*run)(const void* op, const ei8_memory* memory);
  const void* op;
} ei8_step;

void ei8_run_conv(const void* op, const ei8_memory* memory);
void ei8_run_depthwise(const void* op, const ei8_memory* memory);
void ei8_run_add(const void* op, const ei8_memory* memory);
void ei8_run_attention(const void* op, const ei8_memory* memory);
void ei8_run_pool(const void* op, const ei8_memory* memory);
void ei8_run_transpose(const void* op, const ei8_memory* memory);

void ei8_reorder(const ei8_order* order, const void* from, void* to);

// By the type of the input and the bits of a weight. Weights of fewer than 8
// lie one behind the other from the lowest bit on (4: two in a byte, the first
// in the low half); a row starts with a whole byte.
void ei8_dot_u8_w8(const void* weights, const void* const* rows, int32_t n,
                   uint32_t* sum);
void ei8_dot_u8_w4(const void* weights, const void* const* rows, int32_t n,
                   uint32_t* sum);
void ei8_dot_s8_w8(const void* weights, const void* const* rows, int32_t n,
                   uint32_t* sum);
void ei8_dot_s8_w4(const void* weights, const void* const* rows, int32_t n,
                   uint32_t* sum);
void ei8_dot_s16_w8(const void* weights, const void* const* rows, int32_t n,
                    uint32_t* sum);
void ei8_dot_s16_w4(const void* weights, const void* const* rows, int32_t n,
                    uint32_t* sum);
void ei8_dot_u8_w3(const void* weights, const void* const* rows, int32_t n,
                   uint32_t* sum);
void ei8_dot_s8_w3(const void* weights, const void* const* rows, int32_t n,
                   uint32_t* sum);
void ei8_dot_s16_w3(const void* weights, const void* const* rows, int32_t n,
                    uint32_t* sum);
void ei8_dot_u8_w2(const void* weights, const void* const* rows, int32_t n,
                   uint32_t* sum);
void ei8_dot_s8_w2(const void* weights, const void* const* rows, int32_t n,
                   uint32_t* sum);
void ei8_dot_s16_w2(const void* weights, const void* const* rows, int32_t n,
                    uint32_t* sum);

// The model: the generated file defines these.
extern const ei8_step ei8_steps[];
extern const int32_t ei8_step_count;
extern const int32_t ei8_window_offset;  // of the window in a run's arena
extern const ei8_order ei8_input_order;  // from [channels][height][width]
extern const ei8_tensor* const ei8_output;
extern const ei8_order ei8_output_order;  // to [channels][height][width]
#ifdef EI8_CONSTANTS
extern const void* const ei8_constants[];  // tensors that no window changes

enum { EI8_CONSTANT = -2 };  // .offset of the first; -3 of the next
#endif

static inline void* ei8_at(const ei8_tensor* t, const ei8_memory* memory) {
#ifdef EI8_CONSTANTS
  if (t->offset <= EI8_CONSTANT) {  // Only ever read.
    return (void*)(uintptr_t)ei8_constants[EI8_CONSTANT - t->offset];
  }
#endif
  return t->offset == EI8_WINDOW ? memory->window : memory->arena + t->offset;
}

#endif  // EI8_RUNTIME_H_
