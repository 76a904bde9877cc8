// Every instruction set returns the reference's bits: random graphs over every
// operator of format version 2, each kind as the last one of many.
#include <gtest/gtest.h>

#include "core/container/validate.h"
#include "core/engine/engine.h"
#include "core/reference/run_reference.h"
#include "tests/testing/random_integer_graph.h"

namespace edge_int8::core {
namespace {

constexpr int kGraphsPerKind = 60;

std::vector<int32_t> RunInUsedArena(const Engine& engine,
                                    const std::vector<uint8_t>& window) {
  AlignedBuffer arena(engine.arena_bytes());
  std::memset(arena.data(), 0xa5, arena.size());
  std::vector<int32_t> output(engine.output_size());
  engine.Run(window.data(), output.data(), arena.data());
  return output;
}

class EveryOperator : public testing::TestWithParam<int> {};

TEST_P(EveryOperator, EqualsReferenceInRandomGraphs) {
  for (uint64_t seed = 0; seed < kGraphsPerKind; ++seed) {
    Choices choices(seed * kOpKinds + static_cast<uint64_t>(GetParam()));
    const IntegerGraph graph = RandomIntegerGraph(
        choices, {.ops = 1 + static_cast<int>(seed % 8),
                  .max_values = seed % 10 == 9 ? 30000 : 3000,
                  .last = static_cast<OpKind>(GetParam())});
    ASSERT_TRUE(ValidateGraph(graph).ok()) << "seed " << seed;
    const std::vector<uint8_t> window = RandomWindow(graph, seed);
    const std::vector<Values> expected = RunReference(graph, window);
    for (const Isa isa : AvailableIsas()) {
      std::unique_ptr<Engine> engine;
      ASSERT_EQ(Engine::Create(graph, {isa}, &engine), Status::kOk);
      ASSERT_EQ(RunInUsedArena(*engine, window),
                expected[static_cast<std::size_t>(graph.output)])
          << "seed " << seed << " on " << IsaName(isa);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, EveryOperator, testing::Range(0, kOpKinds));

}  // namespace
}  // namespace edge_int8::core
