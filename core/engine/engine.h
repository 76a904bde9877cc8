// Runs an integer graph as fast as this machine can, bit-equal to
// core/reference. Tested by engine_test.cc: random graphs and whole variants,
// every instruction set, against RunReference().
//
//   std::unique_ptr<Engine> engine;
//   Engine::Create(graph, {}, &engine);
//   AlignedBuffer arena(engine->arena_bytes());
//   engine->Run(input, output, arena.data());
//
// All planning happens in Create: weights are packed, every tensor has its
// place in the arena. Afterwards the engine never changes, allocates nothing
// and can be run by any number of threads, each with its own arena.
#ifndef EDGE_INT8_CORE_ENGINE_ENGINE_H_
#define EDGE_INT8_CORE_ENGINE_ENGINE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/container/integer_graph.h"
#include "core/container/status.h"
#include "core/engine/aligned_buffer.h"
#include "core/engine/step.h"
#include "core/kernels/isa.h"

namespace edge_int8::core {

struct EngineOptions {
  std::optional<Isa> isa;  // the best available one if not given
};

// What a run does one after the other: operators, and the copies at both ends.
struct EngineNode {
  std::string name;  // of the tensor it writes
  std::string_view kind;
  int64_t macs = 0;
  int64_t weight_bytes = 0;
};

class Engine {
 public:
  // `graph` must be valid (core/container/validate.h) and is not needed
  // afterwards. Fails with kIsaUnavailable, or with kTooManyElements when a
  // tensor with the margins that its readers' padding asks for passes 1 GiB.
  static Status Create(const IntegerGraph& graph, const EngineOptions& options,
                       std::unique_ptr<Engine>* engine);

  Isa isa() const { return isa_; }
  // Bytes a run needs, everything included but the engine, the input and the
  // output; known before any run.
  std::size_t arena_bytes() const { return arena_bytes_; }
  std::size_t weight_bytes() const { return weight_bytes_; }
  // Values of the graph's input and output tensor.
  std::size_t input_size() const { return input_size_; }
  std::size_t output_size() const { return output_size_; }
  std::span<const EngineNode> nodes() const { return nodes_; }

  // input: [C][H][W] of tensor 0; output: [C][H][W] of the output tensor;
  // arena: arena_bytes(), 64-byte aligned, contents irrelevant.
  void Run(const uint8_t* input, int32_t* output, std::byte* arena) const;
  // The same from CSI values to coordinates (core/arith/boundary.h).
  void RunFloats(const float* window, float* pose, std::byte* arena) const;
  // Also adds each node's time in nanoseconds to node_ns[node].
  void RunTimed(const uint8_t* input, int32_t* output, std::byte* arena,
                std::span<double> node_ns) const;

 private:
  Engine() = default;
  void PlaceTensors(const IntegerGraph& graph);
  void BuildSteps(const IntegerGraph& graph);
  void AddStep(const IntegerGraph& graph, std::unique_ptr<Step> step,
               std::string_view kind, int64_t macs);
  void PlanMemory();
  RunContext Context(const uint8_t* input, int32_t* output,
                     std::byte* arena) const;

  Isa isa_ = Isa::kScalar;
  const KernelTable* kernels_ = nullptr;
  // By tensor of the graph; then what recurrent layers keep between two steps.
  std::vector<TensorLayout> layouts_;
  std::vector<AlignedBuffer> constants_;
  std::vector<std::unique_ptr<Step>> steps_;
  std::vector<int64_t> scratch_;  // arena offset by step
  // Where RunFloats keeps the input's bytes and the output's integers. Their
  // lives are the first and the last step's, so they rarely cost room.
  int64_t input_bytes_ = 0;
  int64_t output_words_ = 0;
  float input_factor_ = 0;
  int32_t input_zero_ = 0;
  float output_scale_ = 0;
  int32_t output_zero_ = 0;
  std::vector<EngineNode> nodes_;
  std::size_t arena_bytes_ = 0;
  std::size_t weight_bytes_ = 0;
  std::size_t input_size_ = 0;
  std::size_t output_size_ = 0;
};

}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_ENGINE_ENGINE_H_
