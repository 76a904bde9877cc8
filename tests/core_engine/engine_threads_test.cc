// One engine, several threads: apart from engine_test.cc, which also runs where
// there are no threads (tests/web/kernels).
#include <gtest/gtest.h>

#include <thread>

#include "core/engine/engine.h"
#include "tests/core_engine/random_wiflow.h"

namespace edge_int8::core {
namespace {

std::vector<int32_t> RunIn(const Engine& engine,
                           const std::vector<uint8_t>& input) {
  const AlignedBuffer arena(engine.arena_bytes());
  std::vector<int32_t> output(engine.output_size());
  engine.Run(input.data(), output.data(), arena.data());
  return output;
}

TEST(EngineThreads, SeveralShareOneEngine) {
  RandomWiflow builder(kWiflowShapes[3], kPlan8, 5);
  const std::vector<uint8_t> input = builder.RandomInput();
  const IntegerGraph graph = builder.Build();
  std::unique_ptr<Engine> engine;
  ASSERT_EQ(Engine::Create(graph, {}, &engine), Status::kOk);
  const std::vector<int32_t> expected = RunIn(*engine, input);
  std::vector<std::vector<int32_t>> outputs(4);
  std::vector<std::thread> threads;
  for (auto& output : outputs) {
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i) output = RunIn(*engine, input);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& output : outputs) EXPECT_EQ(output, expected);
}

}  // namespace
}  // namespace edge_int8::core
