// Imported networks against PyTorch's outputs, from the fixtures.
#include "src/nets/onnx/onnx_import.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "src/formats/npy.h"
#include "src/graph/fold_norms.h"
#include "tests/nets/onnx/relative_error.h"
#include "tests/testing/fixtures.h"

namespace edge_int8 {
namespace {

class OnnxFixture : public testing::TestWithParam<const char*> {};

TEST_P(OnnxFixture, AnswersAsPyTorchDoes) {
  EDGE_INT8_NEED_FIXTURES();
  const std::string stem = (Fixtures() / "onnx" / GetParam()).string();
  const Tensor input = ReadNpyTensor(stem + "_input.npy");
  const Tensor expected = ReadNpyTensor(stem + "_output.npy");
  NetworkOptions options;
  options.window = {input.shape.begin() + 1, input.shape.end()};
  const Model model = FoldBatchNorms(ImportOnnx(stem + ".onnx", options));
  EXPECT_EQ(model.graph.input_shape, options.window);
  EXPECT_EQ(model.graph.output_shape,
            Shape(expected.shape.begin() + 1, expected.shape.end()));
  EXPECT_LT(RelativeError(expected.data, RunNodeByNode(model, input.data)),
            1e-4);
  for (const std::string_view isa : FloatIsas()) {
    const FloatExecutor executor(model, isa);
    std::vector<float> output(expected.data.size());
    executor.Run(input.data, static_cast<int>(input.shape[0]), output,
                 *executor.MakeWorkspace());
    EXPECT_LT(RelativeError(expected.data, output), 1e-4) << isa;
  }
}

INSTANTIATE_TEST_SUITE_P(Networks, OnnxFixture,
                         testing::Values("tcn_two_points", "sk_mmfi",
                                         "res_transformer", "unet_softargmax",
                                         "wiflow_mmfi", "mobile_se", "gru_pose",
                                         "dense_ae", "mixed_ops"),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace edge_int8
