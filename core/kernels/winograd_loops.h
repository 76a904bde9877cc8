// The transforms of kernel_table.h's WinogradInputArgs and WinogradOutputArgs,
// written once for any vector of unsigned integers (GCC's, or one integer) and
// compiled once per instruction set, by the files that include this: internal
// linkage, and nothing of the standard library, so that no copy compiled for
// one is linked into another. Tested by winograd_test.cc.
#ifndef EDGE_INT8_CORE_KERNELS_WINOGRAD_LOOPS_H_
#define EDGE_INT8_CORE_KERNELS_WINOGRAD_LOOPS_H_

#include "core/kernels/kernel_table.h"

namespace edge_int8::core {
namespace {

template <class V>
[[gnu::always_inline]] inline V LoadAs(const void* from) {
  V value;
  __builtin_memcpy(&value, from, sizeof value);
  return value;
}
template <class V>
[[gnu::always_inline]] inline void StoreAs(void* to, V value) {
  __builtin_memcpy(to, &value, sizeof value);
}

// B times a column.
template <class V>
[[gnu::always_inline]] inline void TransformFour(V d0, V d1, V d2, V d3,
                                                 V (&out)[4]) {
  out[0] = static_cast<V>(d0 - d2);
  out[1] = static_cast<V>(d1 + d2);
  out[2] = static_cast<V>(d2 - d1);
  out[3] = static_cast<V>(d1 - d3);
}

// Words: of 16 bits.
template <class Words>
void TransformInputs(const WinogradInputArgs& a) {
  constexpr int kValues = sizeof(Words) / sizeof(int16_t);
  const int64_t product = int64_t{a.tiles} * a.channels;
  const int64_t row_pitch = a.row_pitch, place_pitch = a.place_pitch;
  for (int c = 0; c < a.channels; c += kValues) {
    int16_t* out = a.out + c;
    for (int t = 0; t < a.tiles; ++t, out += a.channels) {
      const std::byte* from = a.x + a.position[t] + 2 * c;
      Words columns[4][4];
#pragma GCC unroll 4
      for (int w = 0; w < 4; ++w, from += place_pitch) {
        TransformFour(LoadAs<Words>(from), LoadAs<Words>(from + row_pitch),
                      LoadAs<Words>(from + 2 * row_pitch),
                      LoadAs<Words>(from + 3 * row_pitch), columns[w]);
      }
      int16_t* to = out;
#pragma GCC unroll 4
      for (int i = 0; i < 4; ++i) {
        Words row[4];
        TransformFour(columns[0][i], columns[1][i], columns[2][i],
                      columns[3][i], row);
#pragma GCC unroll 4
        for (int j = 0; j < 4; ++j, to += product) StoreAs(to, row[j]);
      }
    }
  }
}

// Dwords: of 32 bits; Signed: the same, signed.
template <class Dwords, class Signed>
void TransformOutputs(const WinogradOutputArgs& a) {
  constexpr int kValues = sizeof(Dwords) / sizeof(int32_t);
  const int64_t product = int64_t{a.tiles} * a.columns;
  const int64_t row = int64_t{a.row} * a.columns;
  for (int c = 0; c < a.columns; c += kValues) {
    const auto bias = LoadAs<Dwords>(a.bias + c);
    const auto store = [&](int32_t* out, Dwords sum) {
      const auto quarter = LoadAs<Signed>(&sum) >> 2;
      StoreAs(out, LoadAs<Dwords>(&quarter) + bias);
    };
    const int32_t* m = a.products + c;
    for (int t = 0; t < a.tiles; ++t, m += a.columns) {
      Dwords upper[4], lower[4];
      const int32_t* from = m;
#pragma GCC unroll 4
      for (int j = 0; j < 4; ++j, from += product) {
        const auto middle = LoadAs<Dwords>(from + 4 * product);
        const auto next = LoadAs<Dwords>(from + 8 * product);
        upper[j] = LoadAs<Dwords>(from) + middle + next;
        lower[j] = middle - next - LoadAs<Dwords>(from + 12 * product);
      }
      int32_t* to = a.acc + a.place[t] + c;
      store(to, upper[0] + upper[1] + upper[2]);
      store(to + a.columns, upper[1] - upper[2] - upper[3]);
      store(to + row, lower[0] + lower[1] + lower[2]);
      store(to + row + a.columns, lower[1] - lower[2] - lower[3]);
    }
  }
}

}  // namespace
}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_KERNELS_WINOGRAD_LOOPS_H_
