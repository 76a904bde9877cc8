// Every kind of activation and stored type against Activate().
#include "core/engine/finish.h"

#include <gtest/gtest.h>

#include "core/kernels/scalar/scalar_kernels.h"
#include "src/base/random.h"

namespace edge_int8::core {
namespace {

int32_t Stored(Type type, const std::byte* bytes, std::size_t i) {
  if (type == Type::kS16) {
    return reinterpret_cast<const int16_t*>(bytes)[i];
  }
  return static_cast<int32_t>(bytes[i]) - (type == Type::kS8 ? 128 : 0);
}

void ExpectEqualsActivate(const Activation& a, Type type) {
  const Finish finish(a, type);
  std::vector<int64_t> values;
  for (int64_t v = -40000; v <= 40000; v += 37) values.push_back(v);
  std::vector<int16_t> pre;
  for (const int64_t v : values) {
    pre.push_back(static_cast<int16_t>(
        Clamp(v + finish.zero(), finish.low(), finish.high())));
  }
  std::vector<std::byte> out(values.size() * 2);
  finish.Run(kScalarKernels, pre.data(), static_cast<int32_t>(pre.size()),
             out.data());
  for (std::size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(Stored(type, out.data(), i), Activate(a, values[i])) << values[i];
    if (finish.byte_table() == nullptr) continue;
    const auto index =
        static_cast<std::size_t>(Clamp(values[i] + finish.zero(), 0, 255));
    EXPECT_EQ(static_cast<std::byte>(finish.byte_table()[index]), out[i]);
  }
}

std::vector<int16_t> RandomTable(std::size_t size, Type type) {
  Rng rng(size);
  std::vector<int16_t> table;
  for (std::size_t i = 0; i < size; ++i) {
    const auto word = static_cast<int16_t>(rng.Next() >> 48);
    table.push_back(type == Type::kS16  ? word
                    : type == Type::kU8 ? static_cast<int16_t>(word & 255)
                                        : static_cast<int16_t>(word >> 8));
  }
  return table;
}

TEST(Finish, ATableOfBytesExistsWhereBytesAreStored) {
  const Activation plain = {17, 3, 120, TableKind::kNone, {}};
  EXPECT_NE(Finish(plain, Type::kU8).byte_table(), nullptr);
  EXPECT_EQ(Finish(plain, Type::kS16).byte_table(), nullptr);
  const Activation wide = {0, 0, 4095, TableKind::kLookup,
                           RandomTable(4096, Type::kU8)};
  EXPECT_EQ(Finish(wide, Type::kU8).byte_table(), nullptr);
}

TEST(Finish, EqualsActivateForEveryKindAndType) {
  for (const Type type : {Type::kU8, Type::kS8, Type::kS16}) {
    const int32_t low = type == Type::kU8 ? 3 : -100;
    ExpectEqualsActivate({17, low, 120, TableKind::kNone, {}}, type);
    ExpectEqualsActivate(
        {128, 0, 255, TableKind::kLookup, RandomTable(256, type)}, type);
    ExpectEqualsActivate(
        {-5, -128, 127, TableKind::kLookup, RandomTable(256, type)}, type);
    ExpectEqualsActivate(
        {2000, 0, 4095, TableKind::kLookup, RandomTable(4096, type)}, type);
    ExpectEqualsActivate(
        {7, -2048, 2047, TableKind::kLookup, RandomTable(4096, type)}, type);
    // The widest shift of a table's index: zero - low is 65535.
    ExpectEqualsActivate(
        {32767, -32768, -32513, TableKind::kLookup, RandomTable(256, type)},
        type);
    ExpectEqualsActivate({0, -32768, 32767, TableKind::kInterpolate,
                          RandomTable(kInterpolateEntries, type)},
                         type);
  }
}

}  // namespace
}  // namespace edge_int8::core
