// The product that ends in bytes against the three primitives it stands for:
// every number of positions and columns around the blocks, with and without
// limits, writing nothing beside its columns.
#include <gtest/gtest.h>

#include <vector>

#include "core/kernels/isa.h"
#include "core/kernels/kernels.h"
#include "core/kernels/scalar_kernels.h"
#include "src/base/random.h"

namespace edge_int8::core {
namespace {

constexpr std::size_t kRoom = 256;
constexpr uint8_t kGuard = 77;

template <class T>
std::vector<T> Values(Rng* rng, int32_t n, int64_t low, int64_t high) {
  std::vector<T> values(static_cast<std::size_t>(n) + kRoom);
  for (T& v : values) {
    v = static_cast<T>(low + static_cast<int64_t>(rng->Below(
                                 static_cast<uint64_t>(high - low + 1))));
  }
  return values;
}

constexpr int32_t kZero = 128;  // the rows bring it along

struct Shape {
  int32_t positions, steps, columns;
  bool limited;
};

// Inputs of one product; scales spread its sums over the whole table and
// beyond both ends.
struct Product {
  std::vector<uint8_t> x, table;
  std::vector<int8_t> weights;
  std::vector<int32_t> bias, mantissa, add, add_zero, shift, limit, left;
  std::vector<int32_t> position, step, out_position;
  GemmToBytesArgs args = {};
  int32_t period, pitch;

  Product(const Shape& s, Rng* rng)
      : x(Values<uint8_t>(rng, 1000, 0, 255)),
        table(Values<uint8_t>(rng, 256, 0, 255)),
        period((s.columns + kPanel - 1) / kPanel * kPanel),
        pitch(s.columns + 5) {
    weights = Values<int8_t>(rng, period * s.steps * kStepBytes, -127, 127);
    bias = Values<int32_t>(rng, period, -60000, 60000);
    bias[0] = INT32_MAX - 40000000;
    mantissa = Values<int32_t>(rng, period, 1 << 30, 0x7fffffff);
    shift = Values<int32_t>(rng, period, 1, 9);
    for (const int32_t by : shift) {
      add.push_back(1 << (by - 1));
      add_zero.push_back(add.back() + (kZero << by));
    }
    limit = Values<int32_t>(rng, period, 1, 1 << 19);
    left = Values<int32_t>(rng, period, 0, 11);
    for (int32_t p = 0; p < s.positions; ++p) {
      position.push_back(p * 11);
      out_position.push_back((s.positions - 1 - p) * pitch + 2);
    }
    for (int32_t i = 0; i < s.steps; ++i) step.push_back(i * 7);
    args.gemm.x = reinterpret_cast<const std::byte*>(x.data());
    args.gemm.position = position.data();
    args.gemm.positions = s.positions;
    args.gemm.step = step.data();
    args.gemm.steps = s.steps;
    args.gemm.weights = reinterpret_cast<const std::byte*>(weights.data());
    args.gemm.bias = bias.data();
    args.gemm.columns = s.columns;
    args.row = {mantissa.data(),
                mantissa.data() + 1,
                add_zero.data(),
                shift.data(),
                s.limited ? limit.data() : nullptr,
                s.limited ? left.data() : nullptr};
    args.table = table.data();
    args.out_position = out_position.data();
  }
};

std::vector<uint8_t> Expected(const Product& product) {
  GemmArgs gemm = product.args.gemm;
  const auto values = static_cast<std::size_t>(gemm.positions * product.period);
  std::vector<int32_t> acc(values);
  gemm.acc = acc.data();
  gemm.acc_stride = product.period;
  GemmU8Scalar(gemm);
  std::vector<int16_t> pre(values);
  ScaleRow row = product.args.row;
  row.add = product.add.data();
  RequantizeScalar({acc.data(), gemm.positions * product.period, product.period,
                    row, kZero, 0, 255, pre.data()});
  std::vector<uint8_t> out(
      static_cast<std::size_t>(gemm.positions * product.pitch), kGuard);
  for (int32_t p = 0; p < gemm.positions; ++p) {
    LookupU8Scalar(
        product.args.table, pre.data() + p * product.period, gemm.columns,
        out.data() + product.out_position[static_cast<std::size_t>(p)]);
  }
  return out;
}

class GemmToBytes : public testing::TestWithParam<Isa> {};

INSTANTIATE_TEST_SUITE_P(Kernels, GemmToBytes,
                         testing::ValuesIn(AvailableIsas()),
                         [](const auto& info) {
                           return std::string(IsaName(info.param));
                         });

TEST_P(GemmToBytes, EqualsProductRequantizeAndLookup) {
  const KernelTable& kernels = *FindKernels(GetParam());
  if (kernels.gemm_to_bytes == nullptr) GTEST_SKIP() << "not in this table";
  Rng rng(11);
  for (int32_t positions = 1; positions <= 23; ++positions) {
    for (const int32_t columns :
         {1, 2, 6, 11, 15, 16, 17, 27, 31, 32, 33, 47, 48, 49, 64, 81}) {
      const Shape shape = {positions, (positions + columns) % 6, columns,
                           columns % 3 == 0};
      Product product(shape, &rng);
      std::vector<uint8_t> out(
          static_cast<std::size_t>(positions * product.pitch), kGuard);
      product.args.out = out.data();
      kernels.gemm_to_bytes(product.args);
      ASSERT_EQ(out, Expected(product))
          << positions << " positions, " << columns << " columns";
    }
  }
}

}  // namespace
}  // namespace edge_int8::core
