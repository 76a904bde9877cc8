// One direction of a GRU, LSTM or plain recurrent layer: two products and one
// step of every unit for each place. Gates and h count 2^-15, sums before them
// and an LSTM's cell 2^-11.
#include "ei8_operators.h"

static int32_t to_int16(int32_t value) {
  return ei8_clamp(value, -32768, 32767);
}

// floor(value / 2^bits + 1/2), |value| < 2^31.
static int32_t round_shift(int32_t value, int32_t bits) {
  return ((value >> (bits - 1)) + 1) >> 1;
}

static int32_t dot(const ei8_rows* m, const uint8_t* row, const int16_t* x,
                   int32_t n) {
  int32_t sum = 0;
  if (m->weight_bits == 8) {
    const int8_t* w = (const int8_t*)row;
    for (int32_t i = 0; i < n; ++i) sum += w[i] * x[i];
    return sum;
  }
  for (int32_t i = 0; i < n; ++i) {
    sum += ei8_weight(row, m->weight_bits, i) * x[i];
  }
  return sum;
}

static void multiply(const ei8_rows* m, const int16_t* x, int32_t n,
                     int32_t rows, int16_t* y) {
  for (int32_t i = 0; i < rows; ++i) {
    const int32_t sum =
        m->scales.bias[i] + dot(m, m->weights + i * m->row_bytes, x, n);
    y[i] = (int16_t)to_int16(
        ei8_scale(sum, m->scales.mantissa[i], m->scales.shift[i]));
  }
}

static int32_t sigmoid(const ei8_recurrent* s, int32_t sum) {
  return ei8_line(s->sigmoid, to_int16(sum));
}

static int32_t hyperbolic(const ei8_recurrent* s, int32_t sum) {
  return ei8_line(s->tanh, to_int16(sum));
}

// x, r: the products of the unit's first gate; gate g is g * n further on.
static int32_t gru(const ei8_recurrent* s, const int16_t* x, const int16_t* r,
                   int32_t n, int32_t h) {
  const int32_t reset = sigmoid(s, x[0] + r[0]);
  const int32_t keep = sigmoid(s, x[n] + r[n]);
  const int32_t fresh =
      hyperbolic(s, x[2 * n] + round_shift(reset * r[2 * n], 15));
  return fresh + round_shift(keep * (h - fresh), 15);
}

static int32_t lstm(const ei8_recurrent* s, const int16_t* x, const int16_t* r,
                    int32_t n, int16_t* c) {
  const int32_t in = sigmoid(s, x[0] + r[0]);
  const int32_t forget = sigmoid(s, x[n] + r[n]);
  const int32_t fresh = hyperbolic(s, x[2 * n] + r[2 * n]);
  const int32_t out = sigmoid(s, x[3 * n] + r[3 * n]);
  const int32_t added = round_shift(in * fresh, 4);
  *c = (int16_t)to_int16(round_shift(forget * *c + added, 15));
  return round_shift(out * hyperbolic(s, *c), 15);
}

void ei8_run_recurrent(const void* op, const ei8_memory* memory) {
  const ei8_recurrent* s = (const ei8_recurrent*)op;
  const void* in = ei8_at(s->in, memory);
  int16_t* out = (int16_t*)ei8_at(s->out, memory);
  const int32_t inputs = s->in->channels, n = s->out->channels;
  int16_t* x = (int16_t*)(void*)(memory->arena + s->scratch);
  int16_t *h = x + inputs, *c = h + n;
  int16_t *of_x = c + n, *of_h = of_x + s->gates * n;
  for (int32_t u = 0; u < 2 * n; ++u) h[u] = 0;
  for (int32_t step = 0; step < s->in->width; ++step) {
    const int32_t t = s->reverse ? s->in->width - 1 - step : step;
    for (int32_t i = 0; i < inputs; ++i) {
      x[i] = (int16_t)ei8_value(s->in, in, t * inputs + i);
    }
    multiply(&s->of_x, x, inputs, s->gates * n, of_x);
    multiply(&s->of_h, h, n, s->gates * n, of_h);
    for (int32_t u = 0; u < n; ++u) {
      int32_t y;
      if (s->kind == EI8_GRU) {
        y = gru(s, of_x + u, of_h + u, n, h[u]);
      } else if (s->kind == EI8_LSTM) {
        y = lstm(s, of_x + u, of_h + u, n, c + u);
      } else {
        y = hyperbolic(s, of_x[u] + of_h[u]);
      }
      h[u] = (int16_t)y;
      out[t * n + u] = h[u];
    }
  }
}
