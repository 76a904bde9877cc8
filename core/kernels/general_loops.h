// The primitives of general_kernels.h as loops that a compiler makes vectors
// of, compiled once per instruction set by the files that include this:
// internal linkage, and nothing of the standard library, so that no copy
// compiled for one is linked into another. Tested by general_kernels_test.cc.
#ifndef EDGE_INT8_CORE_KERNELS_GENERAL_LOOPS_H_
#define EDGE_INT8_CORE_KERNELS_GENERAL_LOOPS_H_

#include "core/kernels/gate_loops.h"
#include "core/kernels/general_kernels.h"
#include "core/kernels/kernel_table.h"

namespace edge_int8::core {
namespace {

void CenterU8(const uint8_t* __restrict in, int32_t zero, int32_t count,
              int16_t* __restrict out) {
  for (int32_t i = 0; i < count; ++i) {
    out[i] = static_cast<int16_t>(in[i] - zero);
  }
}

void WidenS16(const int16_t* __restrict in, int32_t count,
              int32_t* __restrict out) {
  for (int32_t i = 0; i < count; ++i) out[i] = in[i];
}

void MapU8(const uint8_t* table, const uint8_t* in, int32_t count,
           uint8_t* out) {
  for (int32_t i = 0; i < count; ++i) out[i] = table[in[i]];
}

void MapU8S16(const uint8_t* planes, const uint8_t* in, int32_t count,
              int16_t* out) {
  for (int32_t i = 0; i < count; ++i) {
    out[i] = static_cast<int16_t>(planes[in[i]] | planes[256 + in[i]] << 8);
  }
}

void MultiplyS16(const int16_t* __restrict a, const int16_t* __restrict b,
                 int32_t count, int32_t* __restrict out) {
  for (int32_t i = 0; i < count; ++i) out[i] = a[i] * b[i];
}

void AccumulateS16(const int16_t* __restrict x, int32_t count,
                   int32_t* __restrict sum) {
  for (int32_t i = 0; i < count; ++i) sum[i] += x[i];
}

// (sum + 2^(bits-1)) >> bits would leave int32 for sums close to its end.
// A value written at 2 * i never passes the read at 4 * i.
void RoundSum(const int32_t* sum, int32_t bits, int32_t zero, int32_t low,
              int32_t high, int32_t count, int16_t* out) {
  constexpr int32_t kBlock = 64;
  int32_t values[kBlock];
  const auto round = [&](const int32_t* from, int32_t n, int16_t* to) {
    __builtin_memcpy(values, from, static_cast<std::size_t>(n) * 4);
    int16_t rounded[kBlock];
    for (int32_t i = 0; i < n; ++i) {
      int32_t y = (values[i] >> bits) + ((values[i] >> (bits - 1)) & 1) + zero;
      y = y < low ? low : y;
      y = y > high ? high : y;
      rounded[i] = static_cast<int16_t>(y);
    }
    __builtin_memcpy(to, rounded, static_cast<std::size_t>(n) * 2);
  };
  int32_t i = 0;
  for (; i + kBlock <= count; i += kBlock) round(sum + i, kBlock, out + i);
  round(sum + i, count - i, out + i);
}

// As many channels at a time as stay in registers for all places.
constexpr int32_t kPlaceLanes = 32;

template <class T, class Sum, class Fold>
[[gnu::always_inline]] inline void FoldPlaces(const PlaceRun& run, Sum* result,
                                              const Fold& fold) {
  int32_t c = 0;
  for (; c + kPlaceLanes <= run.channels; c += kPlaceLanes) {
    Sum lanes[kPlaceLanes];
    __builtin_memcpy(lanes, result + c, sizeof lanes);
    const std::byte* place = run.first + c * static_cast<int>(sizeof(T));
    for (int32_t p = 0; p < run.places; ++p, place += run.pitch) {
      T x[kPlaceLanes];
      __builtin_memcpy(x, place, sizeof x);
      for (int32_t i = 0; i < kPlaceLanes; ++i) lanes[i] = fold(lanes[i], x[i]);
    }
    __builtin_memcpy(result + c, lanes, sizeof lanes);
  }
  for (; c < run.channels; ++c) {
    const std::byte* place = run.first + c * static_cast<int>(sizeof(T));
    Sum folded = result[c];
    for (int32_t p = 0; p < run.places; ++p, place += run.pitch) {
      T x;
      __builtin_memcpy(&x, place, sizeof x);
      folded = fold(folded, x);
    }
    result[c] = folded;
  }
}

constexpr auto kAddUp = [](int32_t sum, int32_t x) { return sum + x; };
constexpr auto kLarger = [](auto a, auto b) { return a > b ? a : b; };

void SumPlacesU8(const PlaceRun& run, int32_t* sum) {
  FoldPlaces<uint8_t>(run, sum, kAddUp);
}
void SumPlacesS16(const PlaceRun& run, int32_t* sum) {
  FoldPlaces<int16_t>(run, sum, kAddUp);
}
void MaxPlacesU8(const PlaceRun& run, uint8_t* largest) {
  FoldPlaces<uint8_t>(run, largest, kLarger);
}
void MaxPlacesS16(const PlaceRun& run, int16_t* largest) {
  FoldPlaces<int16_t>(run, largest, kLarger);
}

template <class T>
[[gnu::always_inline]] inline void Blend(const T* __restrict a,
                                         const T* __restrict b, int32_t weight,
                                         int32_t count,
                                         int32_t* __restrict out) {
  const int32_t rest = 256 - weight;
  for (int32_t i = 0; i < count; ++i) out[i] = a[i] * rest + b[i] * weight;
}
void BlendS16(const int16_t* a, const int16_t* b, int32_t weight, int32_t count,
              int32_t* out) {
  Blend(a, b, weight, count, out);
}
void BlendS32(const int32_t* a, const int32_t* b, int32_t weight, int32_t count,
              int32_t* out) {
  Blend(a, b, weight, count, out);
}

// Exponentials are at most 2^15, their factors too: 32 bits unsigned hold the
// product and its half.
[[gnu::always_inline]] inline uint32_t Exponential(const ExpArgs& a,
                                                   int32_t below) {
  const int64_t half = int64_t{1} << (a.shift - 1);
  const int64_t far = (int64_t{below} * a.mantissa + half) >> a.shift;
  const auto u = static_cast<uint32_t>(far > 65535 ? 65535 : far);
  const auto product = static_cast<uint32_t>(a.coarse[u >> 8]) *
                       static_cast<uint32_t>(a.fine[u & 255]);
  return (product + (1u << 14)) >> 15;
}

void ExpLines(const ExpArgs& args, const int16_t* __restrict x,
              const int16_t* __restrict max, int32_t count,
              uint32_t* __restrict exps, uint32_t* __restrict sum) {
  const ExpArgs a = args;
  for (int32_t i = 0; i < count; ++i) {
    exps[i] = Exponential(a, max[i] - x[i]);
    sum[i] += exps[i];
  }
}

uint32_t ExpLine(const ExpArgs& args, const int16_t* __restrict x, int32_t max,
                 int32_t count, uint32_t* __restrict exps) {
  const ExpArgs a = args;
  uint32_t sum = 0;
  for (int32_t i = 0; i < count; ++i) {
    exps[i] = Exponential(a, max - x[i]);
    sum += exps[i];
  }
  return sum;
}

void Probabilities(const uint32_t* __restrict exps, uint32_t reciprocal,
                   int32_t count, int16_t* __restrict out) {
  for (int32_t i = 0; i < count; ++i) {
    out[i] = static_cast<int16_t>((exps[i] * reciprocal + (1u << 15)) >> 16);
  }
}
void ProbabilitiesLines(const uint32_t* __restrict exps,
                        const uint32_t* __restrict reciprocal, int32_t count,
                        int16_t* __restrict out) {
  for (int32_t i = 0; i < count; ++i) {
    out[i] = static_cast<int16_t>((exps[i] * reciprocal[i] + (1u << 15)) >> 16);
  }
}

int16_t LargestS16(const int16_t* x, int32_t count) {
  int16_t largest = -32768;
  for (int32_t i = 0; i < count; ++i) largest = kLarger(largest, x[i]);
  return largest;
}

void Moments(const int16_t* x, int32_t count, int64_t* sum, int64_t* squares) {
  int32_t all = 0;
  int64_t squared = 0;
  for (int32_t i = 0; i < count; ++i) {
    all += x[i];
    squared += x[i] * x[i];
  }
  *sum += all;
  *squares += squared;
}

void MomentsChannels(const int16_t* __restrict x, int32_t count,
                     int64_t* __restrict sum, int64_t* __restrict squares) {
  for (int32_t i = 0; i < count; ++i) {
    sum[i] += x[i];
    squares[i] += x[i] * x[i];
  }
}

// Unsigned where values of padding may leave 32 bits.
[[gnu::always_inline]] inline int32_t Normalized(int32_t x, int32_t n,
                                                 int32_t sum, int32_t left,
                                                 int32_t mantissa, int32_t add,
                                                 int32_t shift, int32_t gain,
                                                 int32_t bias) {
  const uint32_t distance =
      static_cast<uint32_t>(n) * static_cast<uint32_t>(x) -
      static_cast<uint32_t>(sum);
  const auto shifted = static_cast<int32_t>(distance << left);
  const auto high = static_cast<int32_t>((int64_t{shifted} * mantissa) >> 32);
  const int32_t t = (high + add) >> shift;
  return static_cast<int32_t>(static_cast<uint32_t>(t) *
                                  static_cast<uint32_t>(gain) +
                              static_cast<uint32_t>(bias));
}

void NormalizePlace(const NormArgs& args, const NormScale& scale) {
  const NormArgs a = args;
  const NormScale s = scale;
  int32_t* __restrict acc = a.acc;
  for (int32_t i = 0; i < a.count; ++i) {
    acc[i] = Normalized(a.x[i], a.n, s.sum, s.left, s.mantissa, s.add, s.shift,
                        a.gain[i], a.bias[i]);
  }
}

void NormalizeChannels(const NormArgs& args, const NormScales& scales) {
  const NormArgs a = args;
  const NormScales s = scales;
  int32_t* __restrict acc = a.acc;
  for (int32_t i = 0; i < a.count; ++i) {
    acc[i] = Normalized(a.x[i], a.n, s.sum[i], s.left[i], s.mantissa[i],
                        s.add[i], s.shift[i], a.gain[i], a.bias[i]);
  }
}

void PackDwords(const std::byte* rows, int64_t pitch, int32_t count,
                int32_t dwords, uint32_t flip, uint32_t last_mask,
                std::byte* out) {
  for (int32_t r = 0; r < kPanel; ++r) {
    for (int32_t d = 0; d < dwords; ++d) {
      uint32_t value = 0;
      if (r < count) {
        __builtin_memcpy(&value, rows + r * pitch + 4 * d, 4);
        value ^= flip;
        if (d + 1 == dwords) value &= last_mask;
      }
      __builtin_memcpy(out + 4 * (d * kPanel + r), &value, 4);
    }
  }
}

template <class T>
[[gnu::always_inline]] inline void Turn(const T* in, int64_t in_pitch,
                                        int32_t rows, int32_t columns, T* out,
                                        int64_t out_pitch) {
  for (int32_t i = 0; i < rows; ++i) {
    for (int32_t j = 0; j < columns; ++j) {
      out[i * out_pitch + j] = in[j * in_pitch + i];
    }
  }
}
void TurnU8(const uint8_t* in, int64_t in_pitch, int32_t rows, int32_t columns,
            uint8_t* out, int64_t out_pitch) {
  Turn(in, in_pitch, rows, columns, out, out_pitch);
}
void TurnU16(const uint16_t* in, int64_t in_pitch, int32_t rows,
             int32_t columns, uint16_t* out, int64_t out_pitch) {
  Turn(in, in_pitch, rows, columns, out, out_pitch);
}

constexpr GeneralKernels kGeneralLoops = {
    .center_u8 = CenterU8,
    .widen_s16 = WidenS16,
    .map_u8 = MapU8,
    .map_u8_s16 = MapU8S16,
    .multiply_s16 = MultiplyS16,
    .accumulate_s16 = AccumulateS16,
    .round_sum = RoundSum,
    .sum_places_u8 = SumPlacesU8,
    .sum_places_s16 = SumPlacesS16,
    .max_places_u8 = MaxPlacesU8,
    .max_places_s16 = MaxPlacesS16,
    .blend_s16 = BlendS16,
    .blend_s32 = BlendS32,
    .exp_lines = ExpLines,
    .exp_line = ExpLine,
    .probabilities = Probabilities,
    .probabilities_lines = ProbabilitiesLines,
    .largest_s16 = LargestS16,
    .moments = Moments,
    .moments_channels = MomentsChannels,
    .normalize = NormalizePlace,
    .normalize_channels = NormalizeChannels,
    .pack_dwords = PackDwords,
    .turn_u8 = TurnU8,
    .turn_u16 = TurnU16,
    .gru = Gru,
    .lstm = Lstm,
    .rnn = Rnn,
};

}  // namespace
}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_KERNELS_GENERAL_LOOPS_H_
