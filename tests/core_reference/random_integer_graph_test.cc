#include "tests/testing/random_integer_graph.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <set>

#include "core/container/validate.h"
#include "core/reference/run_reference.h"

namespace edge_int8::core {
namespace {

TEST(RandomIntegerGraph, OfEverySeedAndKindIsValid) {
  for (int kind = 0; kind < kOpKinds; ++kind) {
    int wanted = 0;
    for (uint64_t seed = 0; seed < 40; ++seed) {
      Choices choices(seed * kOpKinds + static_cast<uint64_t>(kind));
      const IntegerGraph graph = RandomIntegerGraph(
          choices,
          {.last = static_cast<OpKind>(kind), .described = seed % 2 == 0});
      const Result valid = ValidateGraph(graph);
      EXPECT_TRUE(valid.ok()) << StatusName(valid.status);
      wanted += graph.ops.back().index() == static_cast<std::size_t>(kind);
    }
    EXPECT_GE(wanted, 36) << kind;
  }
}

// A graph whose values all end at a clamp would compare nothing.
TEST(RandomIntegerGraph, ValuesSpread) {
  int tensors = 0, dull = 0;
  for (uint64_t seed = 0; seed < 60; ++seed) {
    Choices choices(seed);
    const IntegerGraph graph = RandomIntegerGraph(choices, {.ops = 8});
    const std::vector<Values> values =
        RunReference(graph, RandomWindow(graph, seed));
    for (const Values& v : values) {
      if (v.size() < 16) continue;
      const std::set<int32_t> distinct(v.begin(), v.end());
      ++tensors;
      dull += distinct.size() < 5;
    }
  }
  EXPECT_GT(tensors, 300);
  EXPECT_LT(dull, tensors / 10);
}

TEST(RandomIntegerGraph, OfBytesIsTheSameForTheSameBytes) {
  Rng rng(5);
  for (int n = 0; n < 200; n += 7) {
    std::vector<uint8_t> bytes;
    for (int i = 0; i < n; ++i) {
      bytes.push_back(static_cast<uint8_t>(rng.Next() >> 56));
    }
    const auto run = [&] {
      Choices choices{std::span<const uint8_t>(bytes)};
      const IntegerGraph graph = RandomIntegerGraph(choices, {.ops = 20});
      EXPECT_TRUE(ValidateGraph(graph).ok());
      return RunReference(graph, RandomWindow(graph, 1));
    };
    EXPECT_EQ(run(), run());
  }
}

}  // namespace
}  // namespace edge_int8::core
