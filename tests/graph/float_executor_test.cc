#include "src/graph/float_executor.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <tuple>

#include "src/graph/float_isas.h"
#include "src/graph/float_plan.h"
#include "src/graph/float_steps.h"
#include "src/graph/fold_norms.h"
#include "src/nets/wiflow.h"
#include "tests/graph/random_input.h"

namespace edge_int8 {
namespace {

// Outputs are of size about 1; the fast path sums in another order and has its
// own exp.
constexpr double kTolerance = 1e-5;

std::vector<float> RunFast(const FloatExecutor& executor, const Graph& graph,
                           const std::vector<float>& input, int batch) {
  std::vector<float> output(
      static_cast<std::size_t>(batch * graph.extent(graph.output).size()));
  const auto workspace = executor.MakeWorkspace();
  executor.Run(std::span(input).first(
                   static_cast<std::size_t>(batch * graph.extent(0).size())),
               batch, output, *workspace);
  return output;
}

class EveryIsaAndVariant
    : public testing::TestWithParam<std::tuple<std::string, std::string>> {
 protected:
  std::string isa() const { return std::get<0>(GetParam()); }
  Model model() const {
    return RandomModel(BuildWiflow(WiflowVariant(std::get<1>(GetParam()))), 21);
  }
};

TEST_P(EveryIsaAndVariant, TheFastPathEqualsThePlainOne) {
  const Model random = model();
  const std::vector<float> input = RandomInput(random.graph, 7, 22);
  const std::vector<float> plain = RunNodeByNode(random, input);
  EXPECT_LT(LargestDifference(plain, RunFast(FloatExecutor(random, isa()),
                                             random.graph, input, 7)),
            kTolerance);
  const Model folded = FoldBatchNorms(random);
  EXPECT_LT(LargestDifference(plain, RunFast(FloatExecutor(folded, isa()),
                                             folded.graph, input, 7)),
            kTolerance);
}

// Keeping every tensor changes what is fused, and nothing else.
TEST_P(EveryIsaAndVariant, APlanThatKeepsTensorsHasThemAllAfterARun) {
  const Model folded = FoldBatchNorms(model());
  const FloatPlan plan =
      MakeFloatPlan(folded, FindFloatKernels(isa()), FloatMemory::kKept);
  const std::vector<float> input = RandomInput(folded.graph, 1, 24);
  std::vector<float> arena(plan.arena_floats), scratch(plan.scratch_floats);
  std::vector<float> output(static_cast<std::size_t>(
      folded.graph.extent(folded.graph.output).size()));
  RunSteps(plan, {input.data(), output.data(), arena.data(), scratch.data()});
  EXPECT_LT(LargestDifference(RunNodeByNode(folded, input), output),
            kTolerance);
  int checked = 0;
  FloatExecutor(folded, isa())
      .RunObserved(input, output, [&](TensorId id, std::span<float> values) {
        for (const FloatStep& step : plan.steps) {
          if (step.written != id) continue;
          const FloatView& v = step.out;
          const float* from = &arena[static_cast<std::size_t>(
              plan.buffers[static_cast<std::size_t>(v.buffer)])];
          std::vector<float> kept;
          for (int c = 0; c < v.extent.channels; ++c) {
            for (int h = 0; h < v.extent.height; ++h) {
              for (int w = 0; w < v.extent.width; ++w) {
                kept.push_back(
                    from[c * v.stride_c + h * v.stride_h + w * v.stride_w]);
              }
            }
          }
          const std::vector<float> want(values.begin(), values.end());
          EXPECT_LT(LargestDifference(want, kept), kTolerance)
              << folded.graph.tensors[static_cast<std::size_t>(id)].name;
          ++checked;
        }
      });
  // All but the input, scores and probabilities and what transposes share.
  EXPECT_EQ(checked, static_cast<int>(folded.graph.nodes.size()) - 4 - 3);
}

TEST_P(EveryIsaAndVariant, AWindowHasTheSameBitsInEveryBatch) {
  const Model random = model();
  const FloatExecutor executor(random, isa());
  const std::vector<float> input = RandomInput(random.graph, 64, 23);
  const std::vector<float> all = RunFast(executor, random.graph, input, 64);
  for (const int batch : {1, 2, 7}) {
    const std::vector<float> some =
        RunFast(executor, random.graph, input, batch);
    EXPECT_EQ(std::memcmp(some.data(), all.data(), some.size() * sizeof(float)),
              0)
        << "batch " << batch;
  }
  // From another place in the batch, in a workspace that has been used.
  const auto workspace = executor.MakeWorkspace();
  const auto in = static_cast<std::size_t>(random.graph.extent(0).size());
  std::vector<float> two(2 * 30);
  executor.Run(std::span(input).first(2 * in), 2, two, *workspace);
  executor.Run(std::span(input).subspan(61 * in, 2 * in), 2, two, *workspace);
  EXPECT_EQ(
      std::memcmp(two.data(), all.data() + 61 * 30, two.size() * sizeof(float)),
      0);
}

INSTANTIATE_TEST_SUITE_P(Wiflow, EveryIsaAndVariant,
                         testing::Combine(testing::ValuesIn([] {
                                            std::vector<std::string> isas;
                                            for (const auto isa : FloatIsas())
                                              isas.emplace_back(isa);
                                            return isas;
                                          }()),
                                          testing::Values("full", "half",
                                                          "quarter", "tiny")),
                         [](const auto& test) {
                           return std::get<0>(test.param) + "_" +
                                  std::get<1>(test.param);
                         });

class EveryIsa : public testing::TestWithParam<std::string_view> {
 protected:
  void ExpectFastEqualsPlain(Graph graph) const {
    const Model model = RandomModel(std::move(graph), 31);
    const std::vector<float> input = RandomInput(model.graph, 3, 32);
    const FloatExecutor executor(model, GetParam());
    EXPECT_LT(LargestDifference(RunNodeByNode(model, input),
                                RunFast(executor, model.graph, input, 3)),
              kTolerance);
  }
};

INSTANTIATE_TEST_SUITE_P(Float, EveryIsa, testing::ValuesIn(FloatIsas()),
                         [](const auto& test) {
                           return std::string(test.param);
                         });

TEST_P(EveryIsa, ConvolutionsOfEveryShapeAgree) {
  // Crosses vector widths, block sizes, groups that spill into each other.
  for (const int channels : {1, 3, 8, 17, 40}) {
    for (const int outs : {1, 2, 5, 16, 33}) {
      for (const int groups : {1, 5, 8, 40}) {
        if (channels % groups != 0 || outs * groups > 400) continue;
        GraphBuilder builder("conv", {channels, 5, 7});
        const TensorId x = builder.AppendConv("conv",
                                              {.out_channels = outs * groups,
                                               .kernel_h = 3,
                                               .kernel_w = 2,
                                               .stride_h = 2,
                                               .dilation_w = 2,
                                               .pad_top = 1,
                                               .pad_bottom = 1,
                                               .pad_left = 3,
                                               .groups = groups},
                                              0, true, false);
        SCOPED_TRACE(testing::Message()
                     << channels << " channels, " << outs << " outputs in each"
                     << " of " << groups << " groups");
        ExpectFastEqualsPlain(builder.Finish(x));
      }
    }
  }
}

TEST_P(EveryIsa, SumsAndSilusInAnyOrderAgree) {
  const Extent extent = {19, 3, 4};
  const Conv conv = {.out_channels = 19};
  {
    GraphBuilder b("silu of a sum with itself", extent);
    const TensorId x = b.AppendConv("a", conv, 0, true, false);
    ExpectFastEqualsPlain(b.Finish(b.Append("sum", Add{}, {x, x})));
  }
  {
    GraphBuilder b("sum with the input, three silus", extent);
    TensorId x = b.AppendConv("a", conv, 0, true, false);
    x = b.Append("s1", Silu(), {x});
    x = b.Append("sum", Add{}, {0, x});
    x = b.Append("s2", Silu(), {x});
    ExpectFastEqualsPlain(b.Finish(b.Append("s3", Silu(), {x})));
  }
  {
    GraphBuilder b("the sum's term is read later too", extent);
    const TensorId x = b.AppendConv("a", conv, 0, true, false);
    const TensorId y = b.AppendConv("b", conv, x, true, false);
    const TensorId s = b.Append("silu", Silu(), {y});
    const TensorId z = b.Append("sum", Add{}, {y, x});
    ExpectFastEqualsPlain(b.Finish(b.Append("end", Add{}, {z, s})));
  }
  {
    GraphBuilder b("a transposed term, a tensor read through its transpose",
                   {4, 4, 4});
    const TensorId x = b.AppendConv("a", {.out_channels = 4}, 0, true, false);
    const TensorId t = b.Append("t", Transpose{{2, 0, 1}}, {x});
    const TensorId same = b.Append("same", Transpose{}, {x});
    const TensorId s = b.Append("silu", Silu(), {same});
    const TensorId y = b.Append("sum", Add{}, {t, x});
    ExpectFastEqualsPlain(b.Finish(b.Append("end", Add{}, {y, s})));
  }
}

TEST_P(EveryIsa, AttentionOfEveryShapeAgrees) {
  for (const Axis axis : {Axis::kWidth, Axis::kHeight}) {
    for (const int width : {1, 5, 20, 33}) {
      GraphBuilder b("attention", {6, 4, width});
      const TensorId qkv =
          b.AppendConv("qkv", {.out_channels = 30}, 0, true, false);
      TensorId p = b.Append("scores", AttentionScores{2, axis}, {qkv});
      p = b.Append("softmax", Softmax{}, {p});
      SCOPED_TRACE(width);
      ExpectFastEqualsPlain(
          b.Finish(b.Append("mix", AttentionMix{2, axis, ""}, {p, qkv})));
    }
  }
}

TEST_P(EveryIsa, RareOperatorsOnTheirOwnAgree) {
  {
    GraphBuilder b("scores", {12, 2, 6});
    ExpectFastEqualsPlain(
        b.Finish(b.Append("scores", AttentionScores{2, Axis::kHeight}, {0})));
  }
  {
    GraphBuilder b("softmax, uneven pool", {3, 7, 5});
    const TensorId p = b.Append("softmax", Softmax{}, {0});
    ExpectFastEqualsPlain(b.Finish(b.AppendRowPool("pool", 4, p)));
  }
  {
    GraphBuilder b("nothing but a transpose", {3, 4, 5});
    ExpectFastEqualsPlain(b.Finish(b.Append("t", Transpose{{1, 2, 0}}, {0})));
  }
}

TEST_P(EveryIsa, SiluIsRightFarFromZeroAndPassesNanOn) {
  GraphBuilder builder("silu", {1, 1, 8});
  const Model model{builder.Finish(builder.Append("silu", Silu(), {0})), {}};
  const std::vector<float> x = {-1e30f, -100, -20,   -0.0f,
                                1e-30f, 20,   1e30f, NAN};
  const std::vector<float> y =
      RunFast(FloatExecutor(model, GetParam()), model.graph, x, 1);
  for (std::size_t i = 0; i < 7; ++i) {
    const double expected = x[i] < -700 ? 0.0 : x[i] / (1 + std::exp(-x[i]));
    EXPECT_NEAR(y[i], expected, 1e-6 * std::abs(expected) + 1e-7) << x[i];
  }
  EXPECT_TRUE(std::isnan(y[7]));
}

TEST(FloatExecutor, ObserversSeeEveryTensorAndMayChangeIt) {
  GraphBuilder builder("two", {1, 1, 3});
  const TensorId first = builder.Append("first", Silu(), {0});
  const TensorId second = builder.Append("second", Add{}, {first, 0});
  const Model model{builder.Finish(second), {}};
  std::vector<TensorId> seen;
  std::vector<float> output(3);
  FloatExecutor(model).RunObserved(
      std::vector<float>{1, 2, 3}, output,
      [&](TensorId tensor, std::span<float> values) {
        seen.push_back(tensor);
        if (tensor == first) values[1] = 10;
      });
  EXPECT_EQ(seen, (std::vector<TensorId>{0, first, second}));
  EXPECT_EQ(output[1], 12);
}

TEST(FloatExecutor, AnUnknownInstructionSetIsAUsageError) {
  const Model model = RandomModel(BuildWiflow(WiflowVariant("tiny")), 1);
  try {
    FloatExecutor(model, "mmx");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
  }
}

}  // namespace
}  // namespace edge_int8
