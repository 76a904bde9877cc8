// Products that end where they are stored against the primitives they stand
// for: every ending and input, every number of positions and columns around the
// blocks, with and without limits, writing nothing beside their columns.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "core/kernels/isa.h"
#include "core/kernels/kernels.h"
#include "core/kernels/scalar/scalar_kernels.h"
#include "src/base/random.h"
#include "tests/core_kernels/random_values.h"

namespace edge_int8::core {
namespace {

constexpr std::byte kUntouched{kGuard};

template <class T>
std::vector<T> Values(Rng* rng, int32_t n, int64_t low, int64_t high) {
  return Random<T>(rng).Values(static_cast<std::size_t>(n), low, high);
}

constexpr int32_t kZero = 128;  // the rows bring it along
constexpr int32_t kSumZero = 33;

struct Shape {
  int32_t positions, steps, columns;
  bool limited, words_in, in_float, fits;
  GemmEnd end;
};

bool StoresWords(GemmEnd end) {
  return end == GemmEnd::kWords || end == GemmEnd::kWordTable;
}

// Inputs of one product; scales spread its sums over the whole table and
// beyond both ends, but not beyond int16 where `fits`.
struct Product {
  std::vector<uint8_t> x, table;
  std::vector<int8_t> weights;
  std::vector<int16_t> wide_weights, term;
  std::vector<int32_t> bias, mantissa, add, add_zero, shift, limit, left;
  std::vector<float> real;
  std::vector<int32_t> position, step, out_position, term_position;
  GemmFusedArgs args = {};
  int32_t period, pitch;  // the latter in values

  Product(const Shape& s, Rng* rng)
      : x(Values<uint8_t>(rng, 1000, 0, 255)),
        table(Values<uint8_t>(rng, 512, 0, 255)),
        period((s.columns + kPanel - 1) / kPanel * kPanel),
        pitch(s.columns + 5) {
    weights = Values<int8_t>(rng, period * s.steps * kStepBytes, -127, 127);
    wide_weights = Values<int16_t>(rng, period * s.steps * 2, -127, 127);
    if (s.words_in) {
      for (std::size_t i = 1; i < x.size(); i += 2) x[i] %= 4;  // 10 bits
    }
    term = Values<int16_t>(rng, s.positions * (pitch + 3), -32768, 32767);
    bias = Values<int32_t>(rng, period, -60000, 60000);
    if (!s.in_float) bias[0] = INT32_MAX - 40000000;
    mantissa = Values<int32_t>(rng, period, 1 << 30, 0x7fffffff);
    const int32_t most = StoresWords(s.end) ? 4 : 9;
    const int32_t least = s.words_in ? 11 : 5;
    shift = s.fits ? Values<int32_t>(rng, period, least, least + 4)
                   : Values<int32_t>(rng, period, 1, most);
    for (const int32_t by : shift) {
      add.push_back(1 << (by - 1));
      add_zero.push_back(add.back() + (kZero << by));
    }
    if (s.in_float) {  // as ChannelScales does
      for (std::size_t c = 0; c < mantissa.size(); ++c) {
        mantissa[c] = (mantissa[c] & ~255) | 128;
        real.push_back(
            std::ldexp(static_cast<float>(mantissa[c]), -32 - shift[c]));
      }
    }
    limit = Values<int32_t>(rng, period, 1, 1 << 19);
    left = Values<int32_t>(rng, period, 0, 11);
    const int32_t bytes = StoresWords(s.end) ? 2 : 1;
    for (int32_t p = 0; p < s.positions; ++p) {
      position.push_back(p * 11);
      out_position.push_back(((s.positions - 1 - p) * pitch + 2) * bytes);
      term_position.push_back(p * (pitch + 3) * 2);
    }
    for (int32_t i = 0; i < s.steps; ++i) step.push_back(i * 7);
    args.gemm.x = reinterpret_cast<const std::byte*>(x.data());
    args.gemm.position = position.data();
    args.gemm.positions = s.positions;
    args.gemm.step = step.data();
    args.gemm.steps = s.steps;
    args.gemm.weights =
        s.words_in ? reinterpret_cast<const std::byte*>(wide_weights.data())
                   : reinterpret_cast<const std::byte*>(weights.data());
    args.gemm.bias = bias.data();
    args.gemm.columns = s.columns;
    args.words_in = s.words_in;
    args.row = {mantissa.data(),
                mantissa.data() + 1,
                add_zero.data(),
                shift.data(),
                s.limited ? limit.data() : nullptr,
                s.limited ? left.data() : nullptr,
                s.in_float ? real.data() : nullptr,
                kRealAdd + kZero,
                s.fits};
    args.end = s.end;
    args.low = s.end == GemmEnd::kBytes ? 9 : -29000;
    args.high = s.end == GemmEnd::kBytes ? 201 : 31000;
    args.table = table.data();
    args.term = reinterpret_cast<const std::byte*>(term.data());
    args.term_position = term_position.data();
    args.sum_bits = 6;
    args.sum_add = (1 << 5) + (kSumZero << 6);
    args.out_position = out_position.data();
  }

  std::vector<std::byte> Guarded() const {
    const auto values = static_cast<std::size_t>(args.gemm.positions * pitch);
    return std::vector<std::byte>(values * (StoresWords(args.end) ? 2 : 1),
                                  kUntouched);
  }
};

// What the columns of one position become; `pre` are its requantized values.
void End(const Product& product, int32_t p, const int16_t* pre,
         std::byte* out) {
  const GemmFusedArgs& args = product.args;
  const int32_t columns = args.gemm.columns;
  auto* const bytes = reinterpret_cast<uint8_t*>(out);
  std::vector<int16_t> words(static_cast<std::size_t>(columns));
  if (args.end == GemmEnd::kBytes) {
    NarrowU8Scalar(pre, columns, bytes);
    return;
  }
  if (args.end == GemmEnd::kByteTable) {
    LookupU8Scalar(args.table, pre, columns, bytes);
    return;
  }
  if (args.end == GemmEnd::kSum) {
    const std::byte* term = args.term + args.term_position[p];
    SumS16Scalar({pre, reinterpret_cast<const int16_t*>(term), columns,
                  args.sum_bits, kSumZero, 0, 255, words.data()});
    LookupU8Scalar(args.table, words.data(), columns, bytes);
    return;
  }
  if (args.end == GemmEnd::kWordTable) {
    LookupS16Scalar(args.table, pre, columns, words.data());
  } else {
    std::copy_n(pre, columns, words.begin());
  }
  std::memcpy(out, words.data(), words.size() * sizeof(int16_t));
}

std::vector<std::byte> Expected(const Product& product) {
  const GemmFusedArgs& args = product.args;
  GemmArgs gemm = args.gemm;
  const auto values = static_cast<std::size_t>(gemm.positions * product.period);
  std::vector<int32_t> acc(values);
  gemm.acc = acc.data();
  gemm.acc_stride = product.period;
  (args.words_in ? GemmS16Scalar : GemmU8Scalar)(gemm);
  std::vector<int16_t> pre(values);
  ScaleRow row = args.row;
  row.add = product.add.data();
  const bool index =
      args.end == GemmEnd::kByteTable || args.end == GemmEnd::kWordTable;
  RequantizeScalar({acc.data(), gemm.positions * product.period, product.period,
                    row, kZero, index ? 0 : args.low, index ? 255 : args.high,
                    pre.data()});
  std::vector<std::byte> out = product.Guarded();
  for (int32_t p = 0; p < gemm.positions; ++p) {
    End(product, p, pre.data() + p * product.period,
        out.data() + args.out_position[p]);
  }
  return out;
}

class GemmFused : public testing::TestWithParam<Isa> {};

INSTANTIATE_TEST_SUITE_P(Kernels, GemmFused, testing::ValuesIn(AvailableIsas()),
                         [](const auto& info) {
                           return std::string(IsaName(info.param));
                         });

TEST_P(GemmFused, EqualsThePrimitivesItStandsFor) {
  const KernelTable& kernels = *FindKernels(GetParam());
  if (kernels.gemm_fused == nullptr) GTEST_SKIP() << "not in this table";
  Rng rng(11);
  int32_t turn = 0;
  for (const GemmEnd end :
       {GemmEnd::kBytes, GemmEnd::kByteTable, GemmEnd::kWords,
        GemmEnd::kWordTable, GemmEnd::kSum}) {
    for (int32_t positions = 1; positions <= 23; ++positions) {
      for (const int32_t columns :
           {1, 2, 6, 11, 15, 16, 17, 27, 31, 32, 33, 47, 48, 49, 64, 81}) {
        ++turn;
        const Shape shape = {positions,
                             (positions + columns) % 6,
                             columns,
                             turn % 3 == 0,
                             turn % 2 == 0,
                             turn % 3 == 1,
                             turn % 12 < 6 && turn % 3 == 1,
                             end};
        Product product(shape, &rng);
        std::vector<std::byte> out = product.Guarded();
        product.args.out = out.data();
        kernels.gemm_fused(product.args);
        ASSERT_EQ(out, Expected(product))
            << "ending " << static_cast<int>(end) << ", " << positions
            << " positions, " << columns << " columns, "
            << (shape.words_in ? "words" : "bytes");
      }
    }
  }
}

}  // namespace
}  // namespace edge_int8::core
