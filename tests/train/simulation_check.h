// Simulation and engine side by side: the integers of both on the same windows.
#ifndef EDGE_INT8_TESTS_TRAIN_SIMULATION_CHECK_H_
#define EDGE_INT8_TESTS_TRAIN_SIMULATION_CHECK_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/arith/boundary.h"
#include "core/engine/aligned_buffer.h"
#include "core/engine/engine.h"
#include "src/pose/window_source.h"
#include "src/qgraph/lower.h"
#include "train/simulation/integer_simulation.h"

namespace edge_int8::train {

// [windows][output values].
inline std::vector<int32_t> EngineIntegers(const core::IntegerGraph& graph,
                                           const WindowSource& source) {
  std::unique_ptr<core::Engine> engine;
  EXPECT_EQ(core::Engine::Create(graph, {}, &engine), core::Status::kOk);
  const core::AlignedBuffer arena(engine->arena_bytes());
  std::vector<int32_t> all;
  std::vector<float> window(engine->input_size());
  std::vector<uint8_t> bytes(engine->input_size());
  std::vector<int32_t> output(engine->output_size());
  for (int64_t i = 0; i < source.size(); ++i) {
    source.Read(i, window);
    std::transform(window.begin(), window.end(), bytes.begin(), [&](float x) {
      return core::QuantizeInput(x, graph.input_factor,
                                 graph.tensors[0].zero_point);
    });
    engine->Run(bytes.data(), output.data(), arena.data());
    all.insert(all.end(), output.begin(), output.end());
  }
  return all;
}

// The whole source as one batch, [channels][windows][height][width].
inline at::Tensor BatchOf(const Graph& graph, const WindowSource& source) {
  const Extent& e = graph.extent(0);
  std::vector<float> values(static_cast<std::size_t>(source.size() * e.size()));
  for (int64_t i = 0; i < source.size(); ++i) {
    source.Read(
        i, std::span(values).subspan(static_cast<std::size_t>(i * e.size()),
                                     static_cast<std::size_t>(e.size())));
  }
  return at::from_blob(values.data(),
                       {source.size(), e.channels, e.height, e.width},
                       at::kFloat)
      .transpose(0, 1)
      .contiguous();
}

inline std::vector<int32_t> SimulatedIntegers(const IntegerSimulation& sim,
                                              const at::Tensor& x) {
  const at::Tensor codes = sim.Run(x).transpose(0, 1).contiguous().to(at::kInt);
  const auto* data = codes.data_ptr<int32_t>();
  return {data, data + codes.numel()};
}

// Largest difference of two outputs.
inline int64_t Gap(const std::vector<int32_t>& a,
                   const std::vector<int32_t>& b) {
  EXPECT_EQ(a.size(), b.size());
  int64_t gap = 0;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    gap = std::max(gap, std::abs(int64_t{a[i]} - b[i]));
  }
  return gap;
}

}  // namespace edge_int8::train

#endif  // EDGE_INT8_TESTS_TRAIN_SIMULATION_CHECK_H_
