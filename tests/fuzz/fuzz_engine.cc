// Whatever graph the bytes make (random_integer_graph.h), every instruction set
// of this machine plans it and gives the reference's bits, in an arena of
// exactly the bytes it asked for and full of another run's values. The
// sanitizers see what is read or written past it.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <vector>

#include "core/engine/engine.h"
#include "core/reference/run_reference.h"
#include "tests/fuzz/refusal.h"
#include "tests/testing/random_integer_graph.h"

namespace edge_int8::core {
namespace {

// The input at the end of its memory, so that one byte past it is seen.
std::vector<int32_t> Run(const Engine& engine,
                         const std::vector<uint8_t>& window) {
  const auto input = std::make_unique<uint8_t[]>(window.size());
  std::ranges::copy(window, input.get());
  AlignedBuffer arena(engine.arena_bytes());
  std::memset(arena.data(), 0xa5, arena.size());
  std::vector<int32_t> output(engine.output_size());
  engine.Run(input.get(), output.data(), arena.data());
  return output;
}

void Try(const IntegerGraph& graph, const std::vector<uint8_t>& window) {
  const std::vector<Values> values = RunReference(graph, window);
  for (const Isa isa : AvailableIsas()) {
    std::unique_ptr<Engine> engine;
    Expect(Engine::Create(graph, {isa}, &engine) == Status::kOk);
    Expect(Run(*engine, window) ==
           values[static_cast<std::size_t>(graph.output)]);
  }
}

}  // namespace
}  // namespace edge_int8::core

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  using namespace edge_int8::core;
  edge_int8::Choices choices{std::span<const uint8_t>(data, size)};
  const IntegerGraph graph =
      RandomIntegerGraph(choices, {.ops = 8, .max_values = 500});
  std::vector<uint8_t> window = RandomWindow(graph, size);
  // Now and then where sums are largest.
  if (size % 8 == 6) std::ranges::fill(window, uint8_t{0});
  if (size % 8 == 7) std::ranges::fill(window, uint8_t{255});
  Try(graph, window);
  return 0;
}
