// Every operator that TFLite has a builtin for, in LiteRT: not much further
// from float than the engine, and the others refused by name. Skips where PyPI
// can't be reached.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "src/export/tflite/tflite_model.h"
#include "tests/peers/network_cases.h"
#include "tests/testing/small_networks.h"

namespace edge_int8 {
namespace {

// Empty where the network was exported.
std::string Refusal(const SmallNetwork& network, std::vector<Case>* cases,
                    std::vector<double>* engine) {
  const Model folded = FoldBatchNorms(network.build(3));
  const core::IntegerGraph graph = Quantized(folded);
  Case made = CaseOf(network.name, folded);
  try {
    made.bytes = MakeTfliteModel(graph, FindRealScales(graph), {}).bytes;
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
    return error.what();
  }
  engine->push_back(Distance(EngineOutputs(graph, made), made.wanted));
  cases->push_back(std::move(made));
  return "";
}

TEST(TfliteOperatorsPeer, LiteRtFollowsTheEngine) {
  EDGE_INT8_NEED_PEERS(python);
  std::vector<Case> cases;
  std::vector<double> engine;
  std::vector<SmallNetwork> networks = SmallNetworks();
  using small_networks::Activated;
  for (const SmallNetwork& more :
       {Activated("gelu", FunctionKind::kGelu),
        Activated("gelu_tanh", FunctionKind::kGeluTanh),
        Activated("elu", FunctionKind::kElu, 1),
        Activated("hard_swish", FunctionKind::kHardSwish),
        Activated("tanh", FunctionKind::kTanh),
        Activated("silu", FunctionKind::kSilu),
        Activated("swish", FunctionKind::kSwish, 1.7)}) {
    networks.push_back(more);
  }
  for (const SmallNetwork& network : networks) {
    const std::string refusal = Refusal(network, &cases, &engine);
    if (refusal.empty()) continue;
    EXPECT_THAT(network.name,
                testing::AnyOf("conv_mish", "transformer", "gru", "lstm", "rnn",
                               testing::HasSubstr("_norm")))
        << refusal;
    EXPECT_THAT(refusal, testing::AnyOf(testing::HasSubstr("mish"),
                                        testing::HasSubstr("normalization"),
                                        testing::HasSubstr("recurrent")));
  }
  // Its plain kernels have no ELU.
  const auto got = RunAll(python, "run_tflite.py' --runtime litert", cases);
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const double loss =
        20 * std::log10(Distance(got[i], cases[i].wanted) / engine[i]);
    EXPECT_LT(loss, 3) << cases[i].name;
    RecordProperty(cases[i].name, fmt::format("{:.1f}", loss));
  }
}

}  // namespace
}  // namespace edge_int8
