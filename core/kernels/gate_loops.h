// The gates of recurrent cells (core/arith/recurrent.h) as loops, compiled once
// per instruction set; part of general_loops.h, with its rules. Tested by
// general_kernels_test.cc.
#ifndef EDGE_INT8_CORE_KERNELS_GATE_LOOPS_H_
#define EDGE_INT8_CORE_KERNELS_GATE_LOOPS_H_

#include "core/kernels/general_kernels.h"

namespace edge_int8::core {
namespace {

[[gnu::always_inline]] inline int32_t ClampInt16(int32_t value) {
  value = value < -32768 ? -32768 : value;
  return value > 32767 ? 32767 : value;
}

// Products of int16 and their sums of two fit int32.
[[gnu::always_inline]] inline int32_t RoundedShift(int32_t value, int bits) {
  return (value + (1 << (bits - 1))) >> bits;
}

// core/arith/activation.h, Interpolate(), of a value that is clamped first.
[[gnu::always_inline]] inline int32_t TableAt(const int16_t* table,
                                              int32_t value) {
  const int32_t position = ClampInt16(value) + 32768;
  const int32_t i = position >> 4;
  const int32_t fraction = position & 15;
  return RoundedShift(table[i] * (16 - fraction) + table[i + 1] * fraction, 4);
}

void Gru(const GateArgs& args) {
  const GateArgs a = args;
  const int32_t n = a.hidden;
  for (int32_t i = 0; i < n; ++i) {
    const int32_t r = TableAt(a.sigmoid, a.input[i] + a.recurrent[i]);
    const int32_t z = TableAt(a.sigmoid, a.input[n + i] + a.recurrent[n + i]);
    const int32_t candidate =
        TableAt(a.tanh, a.input[2 * n + i] +
                            RoundedShift(r * a.recurrent[2 * n + i], 15));
    const int32_t h = a.h[i];
    a.h[i] =
        static_cast<int16_t>(candidate + RoundedShift(z * (h - candidate), 15));
  }
}

void Lstm(const GateArgs& args) {
  const GateArgs a = args;
  const int32_t n = a.hidden;
  const auto gate = [&](int32_t at) { return a.input[at] + a.recurrent[at]; };
  for (int32_t u = 0; u < n; ++u) {
    const int32_t i = TableAt(a.sigmoid, gate(u));
    const int32_t f = TableAt(a.sigmoid, gate(n + u));
    const int32_t g = TableAt(a.tanh, gate(2 * n + u));
    const int32_t o = TableAt(a.sigmoid, gate(3 * n + u));
    const int32_t c =
        ClampInt16(RoundedShift(f * a.c[u] + RoundedShift(i * g, 4), 15));
    a.c[u] = static_cast<int16_t>(c);
    a.h[u] = static_cast<int16_t>(RoundedShift(o * TableAt(a.tanh, c), 15));
  }
}

void Rnn(const GateArgs& args) {
  const GateArgs a = args;
  for (int32_t i = 0; i < a.hidden; ++i) {
    a.h[i] = static_cast<int16_t>(TableAt(a.tanh, a.input[i] + a.recurrent[i]));
  }
}

}  // namespace
}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_KERNELS_GATE_LOOPS_H_
