// A run allocates nothing: every operator new of this test program is counted,
// also those of other threads, while engines run that have their own arenas.
#include <gtest/gtest.h>

#include <memory>
#include <thread>

#include "core/engine/engine.h"
#include "core/kernels/kernels.h"
#include "tests/core_engine/random_wiflow.h"
#include "tests/testing/allocation_counter.h"
#include "tests/testing/random_integer_graph.h"

namespace edge_int8::core {
namespace {

TEST(EngineMemory, TheCounterCounts) {
  const int64_t before = allocations;
  const auto value = std::make_unique<std::vector<int>>(3);
  EXPECT_EQ(allocations - before, 2);
}

TEST(EngineMemory, RunningAllocatesNothing) {
  for (const WiflowPlan* plan : {&kPlan8, &kPlan12, &kPlan16}) {
    RandomWiflow builder(kWiflowShapes[3], *plan, 2);
    const std::vector<uint8_t> input = builder.RandomInput();
    const IntegerGraph graph = builder.Build();
    for (const Isa isa : AvailableIsas()) {
      std::unique_ptr<Engine> engine;
      ASSERT_EQ(Engine::Create(graph, {isa}, &engine), Status::kOk);
      const AlignedBuffer arena(engine->arena_bytes());
      std::vector<int32_t> output(engine->output_size());
      const std::vector<float> window(engine->input_size(), 0.3f);
      std::vector<float> pose(engine->output_size());
      std::vector<double> node_ns(engine->nodes().size());
      const int64_t before = allocations;
      engine->Run(input.data(), output.data(), arena.data());
      engine->RunFloats(window.data(), pose.data(), arena.data());
      engine->RunTimed(input.data(), output.data(), arena.data(), node_ns);
      EXPECT_EQ(allocations - before, 0) << IsaName(isa);
    }
  }
}

TEST(EngineMemory, RunningAnyOperatorAllocatesNothing) {
  for (int kind = 0; kind < kOpKinds; ++kind) {
    Choices choices(static_cast<uint64_t>(kind));
    const IntegerGraph graph =
        RandomIntegerGraph(choices, {.last = static_cast<OpKind>(kind)});
    const std::vector<uint8_t> window = RandomWindow(graph, 1);
    for (const Isa isa : AvailableIsas()) {
      std::unique_ptr<Engine> engine;
      ASSERT_EQ(Engine::Create(graph, {isa}, &engine), Status::kOk);
      const AlignedBuffer arena(engine->arena_bytes());
      std::vector<int32_t> output(engine->output_size());
      const int64_t before = allocations;
      engine->Run(window.data(), output.data(), arena.data());
      EXPECT_EQ(allocations - before, 0) << kind << " on " << IsaName(isa);
    }
  }
}

TEST(EngineMemory, ThreadsWithTheirOwnArenasAllocateNothing) {
  const IntegerGraph graph = RandomWiflow(kWiflowShapes[3], kPlan8, 2).Build();
  std::unique_ptr<Engine> engine;
  ASSERT_EQ(Engine::Create(graph, {}, &engine), Status::kOk);
  std::atomic<int> ready{0}, done{0};
  std::atomic<bool> go{false}, leave{false};
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      const AlignedBuffer arena(engine->arena_bytes());
      const std::vector<float> window(engine->input_size(), 0.3f);
      std::vector<float> pose(engine->output_size());
      ++ready;
      while (!go) std::this_thread::yield();
      for (int i = 0; i < 5; ++i) {
        engine->RunFloats(window.data(), pose.data(), arena.data());
      }
      ++done;
      while (!leave) std::this_thread::yield();
    });
  }
  while (ready < 3) std::this_thread::yield();
  const int64_t before = allocations;
  go = true;
  while (done < 3) std::this_thread::yield();
  EXPECT_EQ(allocations - before, 0);
  leave = true;
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace edge_int8::core
