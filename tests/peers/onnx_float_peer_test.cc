// The float export in ONNX Runtime, after ONNX's own checker: as near as 1e-5
// to our float executor and to PyTorch's outputs. Skips where PyPI can't be
// reached.
#include <gtest/gtest.h>

#include <cmath>

#include "src/export/onnx/onnx_float.h"
#include "src/graph/float_executor.h"
#include "src/nets/checkpoint.h"
#include "tests/peers/peers.h"
#include "tests/testing/fixtures.h"
#include "tests/testing/operator_graphs.h"

namespace edge_int8 {
namespace {

constexpr float kTolerance = 1e-5f;  // float32 sums in another order

void ExpectNear(const std::vector<float>& got,
                const std::vector<float>& wanted) {
  ASSERT_EQ(got.size(), wanted.size());
  for (std::size_t n = 0; n < got.size(); ++n) {
    ASSERT_NEAR(got[n], wanted[n], kTolerance * (1 + std::abs(wanted[n]))) << n;
  }
}

std::vector<float> Windows(const Graph& graph, int count) {
  const auto size = static_cast<std::size_t>(graph.extent(0).size());
  const RandomWindows source(count, 3);
  std::vector<float> windows(size * static_cast<std::size_t>(count));
  for (int n = 0; n < count; ++n) {
    source.Read(n, std::span(windows).subspan(
                       size * static_cast<std::size_t>(n), size));
  }
  return windows;
}

class OnnxFloatPeer : public testing::TestWithParam<std::string> {};

TEST_P(OnnxFloatPeer, AgreesWithPyTorchAndTheFloatExecutor) {
  EDGE_INT8_NEED_PEERS(python);
  EDGE_INT8_NEED_FIXTURES();
  const auto models = Fixtures() / "models";
  const Model folded =
      FoldBatchNorms(LoadCheckpoint(models / (GetParam() + "_random.pth")));
  const Tensor x = ReadNpyTensor(models / (GetParam() + "_input.npy"));
  const std::vector<float> poses =
      PeerPoses(python, "run_onnx.py", OnnxFloatModel(folded, ""), x.shape,
                x.data, "--batch 3");
  ExpectNear(poses, ReadNpyTensor(models / (GetParam() + "_output.npy")).data);
  std::vector<float> ours(poses.size());
  const FloatExecutor executor(folded);
  executor.Run(x.data, static_cast<int>(x.shape[0]), ours,
               *executor.MakeWorkspace());
  ExpectNear(poses, ours);
}

INSTANTIATE_TEST_SUITE_P(Variants, OnnxFloatPeer,
                         testing::Values("full", "half", "quarter", "tiny"),
                         [](const auto& info) { return info.param; });

// Patterns no variant has: heights above 1 at the input, unequal pooling bins,
// both attention axes around a residual, sums without a SiLU.
TEST(OnnxFloatPeer, OtherNetworksAgreeWithTheFloatExecutor) {
  EDGE_INT8_NEED_PEERS(python);
  for (Graph (*const graph)() :
       {SmallGraph, EqualWidthsGraph, AttentionGraph}) {
    const Model folded = FoldedModel(graph(), 2);
    const Extent& e = folded.graph.extent(0);
    const std::vector<float> windows = Windows(folded.graph, 3);
    const Shape shape = e.height == 1 ? Shape{3, e.channels, e.width}
                                      : Shape{3, e.channels, e.height, e.width};
    const std::vector<float> poses = PeerPoses(
        python, "run_onnx.py", OnnxFloatModel(folded, ""), shape, windows);
    std::vector<float> ours(poses.size());
    const FloatExecutor executor(folded);
    executor.Run(windows, 3, ours, *executor.MakeWorkspace());
    ExpectNear(poses, ours);
  }
}

}  // namespace
}  // namespace edge_int8
