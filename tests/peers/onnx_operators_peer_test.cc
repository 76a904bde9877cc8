// Every operator of any network in ONNX Runtime: float exports against the
// float executor, quantized ones against the engine's own distance to float.
// One run of Python for all networks. Skips where PyPI can't be reached.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/arith/boundary.h"
#include "src/export/onnx/onnx_float.h"
#include "src/export/onnx/onnx_qdq.h"
#include "src/graph/float_executor.h"
#include "src/qgraph/lower.h"
#include "src/qgraph/reference_output.h"
#include "tests/peers/peers.h"
#include "tests/testing/function_network.h"
#include "tests/testing/operator_graphs.h"
#include "tests/testing/small_networks.h"

namespace edge_int8 {
namespace {

constexpr int kWindows = 5;

struct Case {
  std::string name;
  std::string bytes;  // of the .onnx file
  Shape shape;
  std::vector<float> windows;
  std::vector<float> wanted;
};

std::vector<float> WindowsOf(const Graph& graph) {
  const auto size = static_cast<std::size_t>(graph.extent(0).size());
  const RandomWindows source(kWindows, 21);
  std::vector<float> windows(size * kWindows);
  for (int n = 0; n < kWindows; ++n) {
    source.Read(n, std::span(windows).subspan(
                       size * static_cast<std::size_t>(n), size));
  }
  return windows;
}

Case CaseOf(const std::string& name, const Model& folded) {
  Case made{name, "", folded.graph.input_shape, WindowsOf(folded.graph), {}};
  made.shape.insert(made.shape.begin(), kWindows);
  made.wanted.resize(kWindows *
                     static_cast<std::size_t>(
                         folded.graph.extent(folded.graph.output).size()));
  const FloatExecutor executor(folded);
  executor.Run(made.windows, kWindows, made.wanted, *executor.MakeWorkspace());
  return made;
}

std::vector<std::vector<float>> RunAll(const std::string& python,
                                       const std::vector<Case>& cases) {
  const TempFolder folder;
  std::string models, inputs, outputs;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const std::string at = (folder / std::to_string(i)).string();
    folder.Write(std::to_string(i) + ".onnx", cases[i].bytes);
    folder.Write(std::to_string(i) + ".x.npy",
                 NpyBytes(cases[i].shape, cases[i].windows));
    models += " " + at + ".onnx";
    inputs += " " + at + ".x.npy";
    outputs += " " + at + ".y.npy";
  }
  const CommandResult ran = RunCommand(fmt::format(
      "'{}' '{}/bench/peers/run_onnx.py' --exact-int8 --batch 3 --threads 1 "
      "--model{} --input{} --output{}",
      python, std::string(kSourceDir), models, inputs, outputs));
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
double Distance(const std::vector<float>& a, const std::vector<float>& b) {
  if (a.size() != b.size()) return 1e9;
  double sum = 0;
  for (std::size_t n = 0; n < a.size(); ++n) {
    sum += std::pow(double{a[n]} - b[n], 2);
  }
  return std::sqrt(sum / static_cast<double>(a.size()));
}
double Deviation(const std::vector<float>& a) {
  double mean = 0;
  for (const float v : a) mean += v / static_cast<double>(a.size());
  return Distance(a, std::vector<float>(a.size(), static_cast<float>(mean)));
}

TEST(OnnxOperatorsPeer, FloatAgreesWithTheFloatExecutor) {
  EDGE_INT8_NEED_PEERS(python);
  std::vector<Case> cases;
  for (const SmallNetwork& network : SmallNetworks()) {
    const Model folded = FoldBatchNorms(network.build(3));
    cases.push_back(CaseOf(network.name, folded));
    cases.back().bytes = OnnxFloatModel(folded, "");
  }
  cases.push_back(CaseOf("functions", FunctionNetwork()));
  cases.back().bytes = OnnxFloatModel(FunctionNetwork(), "");
  const auto got = RunAll(python, cases);
  for (std::size_t i = 0; i < cases.size(); ++i) {
    EXPECT_LT(Distance(got[i], cases[i].wanted),
              1e-4 * Deviation(cases[i].wanted))
        << cases[i].name;
  }
}

TEST(OnnxOperatorsPeer, QuantizedIsAsNearToFloatAsTheEngine) {
  EDGE_INT8_NEED_PEERS(python);
  std::vector<Case> cases;
  std::vector<double> engine;
  for (const SmallNetwork& network : SmallNetworks()) {
    const Model folded = FoldBatchNorms(network.build(3));
    const RandomWindows calibration(32, 5);
    const core::IntegerGraph graph =
        Lower(folded, PlanWithBits(folded, {}, calibration));
    cases.push_back(CaseOf(network.name, folded));
    cases.back().bytes = OnnxQdqModel(graph, FindRealScales(graph), "");
    std::vector<float> ours;
    const auto size = static_cast<std::size_t>(graph.tensors[0].size());
    for (std::size_t n = 0; n < kWindows; ++n) {
      std::vector<uint8_t> bytes;
      for (std::size_t i = 0; i < size; ++i) {
        bytes.push_back(core::QuantizeInput(cases.back().windows[n * size + i],
                                            graph.input_factor,
                                            graph.tensors[0].zero_point));
      }
      const int32_t zero =
          graph.tensors[static_cast<std::size_t>(graph.output)].zero_point;
      for (const int32_t y : ReferenceOutput(graph, bytes)) {
        ours.push_back(core::DequantizeOutput(y, graph.output_scale, zero));
      }
    }
    engine.push_back(Distance(ours, cases.back().wanted));
  }
  const auto got = RunAll(python, cases);
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const double theirs = Distance(got[i], cases[i].wanted);
    EXPECT_LT(20 * std::log10(theirs / engine[i]), 3) << cases[i].name;
    RecordProperty(cases[i].name,
                   fmt::format("{:.1f}", 20 * std::log10(theirs / engine[i])));
  }
}

}  // namespace
}  // namespace edge_int8
