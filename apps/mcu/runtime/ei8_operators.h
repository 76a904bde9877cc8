// Operators that a model may have besides those of ei8_runtime.h; an export
// holds the files of the ones it uses. docs/arithmetic.md defines each; the
// code is the plain form of it. x' is a stored value minus its tensor's zero
// point.
#ifndef EI8_OPERATORS_H_
#define EI8_OPERATORS_H_

#include "ei8_arithmetic.h"

// Values from one row, place and channel to the next; 0 along an axis that is
// repeated.
typedef struct {
  int32_t row, column, channel;
} ei8_strides;

// One term of a sum: a value in the sum's units, or x' rescaled to them.
typedef struct {
  const ei8_tensor* tensor;
  ei8_strides strides;
  int32_t mantissa;
  uint8_t shift;
  uint8_t rescale;
  uint8_t negate;
} ei8_sum_term;

typedef struct {
  const ei8_tensor* out;
  const ei8_sum_term* terms;
  ei8_activation activation;
  int32_t term_count;
  int32_t fraction_bits;
} ei8_sum;

typedef struct {
  const ei8_tensor *in, *out;
  ei8_activation activation;
  int32_t mantissa, shift;
} ei8_requantize;

typedef struct {
  const ei8_tensor *a, *b, *out;
  ei8_strides a_strides, b_strides;
  ei8_activation activation;
  int32_t mantissa, shift;
} ei8_multiply;

// out [t][m][n] = sum over k of a' [t][m][k] * b' [t or 0][n][k]
typedef struct {
  const ei8_tensor *a, *b, *out;
  ei8_activation activation;
  int32_t mantissa, shift;
  int32_t scratch;  // offset: an int16 for each k
} ei8_matmul;

// Along rows of `length` values, `step` apart. Row i begins at value
// i / inner * outer_step + i % inner.
typedef struct {
  const ei8_tensor *in, *out;
  const uint16_t* coarse;  // exp(-i / 16) * 2^15
  const uint16_t* fine;    // exp(-i / 4096) * 2^15
  int32_t mantissa, shift;
  int32_t extra_bits;
  int32_t rows, length, step, inner, outer_step;
  int32_t scratch;  // offset: an int32 for each value of a row
} ei8_softmax;

// Over sets of `places` neighbouring places by `channels` neighbouring
// channels.
typedef struct {
  const ei8_tensor *in, *out;
  const int16_t* gain;
  const int32_t* bias;
  int64_t epsilon;
  ei8_activation activation;
  int32_t mantissa, shift;
  int32_t places, channels;
  int32_t centered;
} ei8_normalize;

// Rows [begin, end) by columns [begin, end): two numbers for each.
typedef struct {
  const ei8_tensor *in, *out;
  const int32_t* rows;
  const int32_t* columns;
  const int32_t* mantissa;  // null: the largest value instead of a mean
  const uint8_t* shift;
  ei8_activation activation;
  int32_t scale_step;  // 1: a scale for each place; 0: one
} ei8_window_pool;

// Copies values: four loops, the innermost first, steps in bytes.
typedef struct {
  const ei8_tensor* in;
  int32_t from, to;
  int32_t count[4];
  int32_t from_step[4];
  int32_t to_step[4];
} ei8_copy;

typedef struct {
  const ei8_tensor* out;
  const ei8_copy* copies;
  int32_t copy_count;
  int32_t fill;   // where nothing is copied to
  int32_t fills;  // 0 if there is no such place
} ei8_move;

// Between two rows and two columns: first, second and how much of second in
// 1/256, three numbers for each.
typedef struct {
  const ei8_tensor *in, *out;
  const int32_t* rows;
  const int32_t* columns;
  ei8_activation activation;
  int32_t mantissa, shift;
} ei8_resize;

// A product of a matrix and a vector: weights [row][value], of ei8_weight()'s
// bits.
typedef struct {
  const uint8_t* weights;
  ei8_scales scales;
  int32_t row_bytes;
  int32_t weight_bits;
} ei8_rows;

enum { EI8_GRU, EI8_LSTM, EI8_RNN };
typedef struct {
  const ei8_tensor *in, *out;
  ei8_rows of_x, of_h;
  const int16_t* sigmoid;
  const int16_t* tanh;
  int32_t kind;
  int32_t gates;
  int32_t reverse;
  // Offset: int16 of the input's channels, h, c, and gates times h twice.
  int32_t scratch;
} ei8_recurrent;

void ei8_run_sum(const void* op, const ei8_memory* memory);
void ei8_run_requantize(const void* op, const ei8_memory* memory);
void ei8_run_multiply(const void* op, const ei8_memory* memory);
void ei8_run_matmul(const void* op, const ei8_memory* memory);
void ei8_run_softmax(const void* op, const ei8_memory* memory);
void ei8_run_normalize(const void* op, const ei8_memory* memory);
void ei8_run_window_pool(const void* op, const ei8_memory* memory);
void ei8_run_move(const void* op, const ei8_memory* memory);
void ei8_run_resize(const void* op, const ei8_memory* memory);
void ei8_run_recurrent(const void* op, const ei8_memory* memory);

// As ei8_reorder(), from stored values of any type to int32.
void ei8_widen(const ei8_order* order, const ei8_tensor* from,
               const ei8_memory* memory, int32_t* to);

// Value `i` of a tensor that starts at `from`, minus its zero point.
static inline int32_t ei8_value(const ei8_tensor* t, const void* from,
                                int32_t i) {
  return ei8_load(from, t->type, i) - t->zero;
}

static inline int32_t ei8_places(const ei8_tensor* t) {
  return t->height * t->width;
}

static inline int32_t ei8_size(const ei8_tensor* t) {
  return t->height * t->width * t->channels;
}

#endif  // EI8_OPERATORS_H_
