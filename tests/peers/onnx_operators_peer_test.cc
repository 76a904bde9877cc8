// Every operator of any network in ONNX Runtime: float exports against the
// float executor, quantized ones against the engine's own distance to float.
// One run of Python for all networks. Skips where PyPI can't be reached.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

#include "src/export/onnx/onnx_float.h"
#include "src/export/onnx/onnx_qdq.h"
#include "tests/peers/network_cases.h"
#include "tests/testing/function_network.h"
#include "tests/testing/small_networks.h"

namespace edge_int8 {
namespace {

constexpr const char* kOnnx = "run_onnx.py' --exact-int8 --batch 3 --threads 1";

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
  const auto got = RunAll(python, kOnnx, cases);
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
    const core::IntegerGraph graph = Quantized(folded);
    cases.push_back(CaseOf(network.name, folded));
    cases.back().bytes = OnnxQdqModel(graph, FindRealScales(graph), "");
    engine.push_back(
        Distance(EngineOutputs(graph, cases.back()), cases.back().wanted));
  }
  const auto got = RunAll(python, kOnnx, cases);
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const double theirs = Distance(got[i], cases[i].wanted);
    EXPECT_LT(20 * std::log10(theirs / engine[i]), 3) << cases[i].name;
    RecordProperty(cases[i].name,
                   fmt::format("{:.1f}", 20 * std::log10(theirs / engine[i])));
  }
}

}  // namespace
}  // namespace edge_int8
