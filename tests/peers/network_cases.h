// Networks as other runtimes and the engine run them: one run of Python for all
// of them, and how far each is from the float executor.
#ifndef EDGE_INT8_TESTS_PEERS_NETWORK_CASES_H_
#define EDGE_INT8_TESTS_PEERS_NETWORK_CASES_H_

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "core/arith/boundary.h"
#include "src/graph/float_executor.h"
#include "src/qgraph/lower.h"
#include "src/qgraph/reference_output.h"
#include "tests/peers/peers.h"
#include "tests/testing/operator_graphs.h"

namespace edge_int8 {

inline constexpr int kWindows = 5;

struct Case {
  std::string name;
  std::string bytes;  // of the model's file
  Shape shape;
  std::vector<float> windows;
  std::vector<float> wanted;
};

inline std::vector<float> WindowsOf(const Graph& graph) {
  const auto size = static_cast<std::size_t>(graph.extent(0).size());
  const RandomWindows source(kWindows, 21);
  std::vector<float> windows(size * kWindows);
  for (int n = 0; n < kWindows; ++n) {
    source.Read(n, std::span(windows).subspan(
                       size * static_cast<std::size_t>(n), size));
  }
  return windows;
}

inline Case CaseOf(const std::string& name, const Model& folded) {
  Case made{name, "", folded.graph.input_shape, WindowsOf(folded.graph), {}};
  made.shape.insert(made.shape.begin(), kWindows);
  made.wanted.resize(kWindows *
                     static_cast<std::size_t>(
                         folded.graph.extent(folded.graph.output).size()));
  const FloatExecutor executor(folded);
  executor.Run(made.windows, kWindows, made.wanted, *executor.MakeWorkspace());
  return made;
}

// `script` of bench/peers with a quote behind its name, and its flags.
inline std::vector<std::vector<float>> RunAll(const std::string& python,
                                              const std::string& script,
                                              const std::vector<Case>& cases) {
  const TempFolder folder;
  std::string models, inputs, outputs;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const std::string at = (folder / std::to_string(i)).string();
    folder.Write(std::to_string(i) + ".model", cases[i].bytes);
    folder.Write(std::to_string(i) + ".x.npy",
                 NpyBytes(cases[i].shape, cases[i].windows));
    models += " " + at + ".model";
    inputs += " " + at + ".x.npy";
    outputs += " " + at + ".y.npy";
  }
  const CommandResult ran = RunCommand(fmt::format(
      "'{}' '{}/bench/peers/{} --model{} --input{} --output{}", python,
      std::string(kSourceDir), script, models, inputs, outputs));
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
  std::vector<std::vector<float>> results;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const auto y = folder / (std::to_string(i) + ".y.npy");
    results.push_back(std::filesystem::exists(y) ? ReadNpyTensor(y).data
                                                 : std::vector<float>());
  }
  return results;
}

// Root of the mean square, of `a` minus `b` or of `a` minus its mean.
inline double Distance(const std::vector<float>& a,
                       const std::vector<float>& b) {
  if (a.size() != b.size()) return 1e9;
  double sum = 0;
  for (std::size_t n = 0; n < a.size(); ++n) {
    sum += std::pow(double{a[n]} - b[n], 2);
  }
  return std::sqrt(sum / static_cast<double>(a.size()));
}
inline double Deviation(const std::vector<float>& a) {
  double mean = 0;
  for (const float v : a) mean += v / static_cast<double>(a.size());
  return Distance(a, std::vector<float>(a.size(), static_cast<float>(mean)));
}

inline core::IntegerGraph Quantized(const Model& folded) {
  const RandomWindows calibration(32, 5);
  return Lower(folded, PlanWithBits(folded, {}, calibration));
}

// The reference's real outputs for the case's windows.
inline std::vector<float> EngineOutputs(const core::IntegerGraph& graph,
                                        const Case& asked) {
  std::vector<float> outputs;
  const auto size = static_cast<std::size_t>(graph.tensors[0].size());
  const int32_t zero =
      graph.tensors[static_cast<std::size_t>(graph.output)].zero_point;
  for (std::size_t n = 0; n < kWindows; ++n) {
    std::vector<uint8_t> bytes;
    for (std::size_t i = 0; i < size; ++i) {
      bytes.push_back(core::QuantizeInput(asked.windows[n * size + i],
                                          graph.input_factor,
                                          graph.tensors[0].zero_point));
    }
    for (const int32_t y : ReferenceOutput(graph, bytes)) {
      outputs.push_back(core::DequantizeOutput(y, graph.output_scale, zero));
    }
  }
  return outputs;
}

}  // namespace edge_int8

#endif  // EDGE_INT8_TESTS_PEERS_NETWORK_CASES_H_
