// Every instruction set returns the reference's bits: random small graphs of
// every operator and geometry, and whole variants under several plans.
#include "core/engine/engine.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/arith/boundary.h"
#include "core/container/validate.h"
#include "core/engine/value_range.h"
#include "core/engine/winograd_plan.h"
#include "core/reference/run_reference.h"
#include "tests/core_engine/random_wiflow.h"

namespace edge_int8::core {
namespace {

std::vector<int32_t> RunEngine(const Engine& engine,
                               const std::vector<uint8_t>& input) {
  AlignedBuffer arena(engine.arena_bytes());
  // What is in an arena must not matter.
  std::memset(arena.data(), 0xa5, arena.size());
  std::vector<int32_t> output(engine.output_size());
  engine.Run(input.data(), output.data(), arena.data());
  return output;
}

// The first tensor that differs would be hard to see from the output alone, so
// every prefix of the graph that ends in some tensor is not tried here; the
// random small graphs below do that job.
void ExpectEqualsReference(const IntegerGraph& graph,
                           const std::vector<uint8_t>& input,
                           const std::string& what) {
  const Result valid = ValidateGraph(graph);
  ASSERT_TRUE(valid.ok()) << what << ": " << StatusName(valid.status) << " op "
                          << valid.op << " item " << valid.item;
  const std::vector<Values> expected = RunReference(graph, input);
  for (const Isa isa : AvailableIsas()) {
    std::unique_ptr<Engine> engine;
    ASSERT_EQ(Engine::Create(graph, {isa}, &engine), Status::kOk);
    EXPECT_EQ(RunEngine(*engine, input),
              expected[static_cast<std::size_t>(graph.output)])
        << what << " on " << IsaName(isa);
  }
}

Target RandomTarget(RandomGraph* g) {
  switch (g->Below(9)) {
    case 0:
      return {Type::kU8, TableKind::kNone, 8};
    case 1:
      return {Type::kU8, TableKind::kLookup, 8};
    case 2:
      return {Type::kS8, TableKind::kLookup, 8};
    case 3:
      return {Type::kS16, TableKind::kLookup, 8};
    case 4:
      return {Type::kU8, TableKind::kLookup, 12};
    case 5:
      return {Type::kS16, TableKind::kLookup, 12};
    case 6:
      return {Type::kS8, TableKind::kNone, 8};
    case 7:
      return {Type::kS16, TableKind::kNone, 8};
    default:
      return {Type::kS16, TableKind::kInterpolate, 8};
  }
}

ConvGeometry RandomGeometry(RandomGraph* g, const TensorSpec& in) {
  ConvGeometry c;
  c.kernel_h = 1 + g->Below(std::min(3, in.height));
  c.kernel_w = 1 + g->Below(3);
  c.stride_h = 1 + g->Below(2);
  c.stride_w = 1 + g->Below(3);
  c.dilation_w = 1 + g->Below(3);
  c.pad_top = g->Below(2);
  c.pad_bottom = g->Below(2);
  c.pad_left = g->Below(4);
  c.pad_right = std::max(
      g->Below(3), (c.kernel_w - 1) * c.dilation_w + 1 - c.pad_left - in.width);
  return c;
}

TEST(Engine, OneConvolutionOfEveryGeometryEqualsReference) {
  for (uint64_t seed = 0; seed < 400; ++seed) {
    RandomGraph g(seed, 1, 1, 1);
    const int32_t groups = 1 + g.Below(4) * g.Below(3);
    const int32_t in = groups * (1 + g.Below(seed % 5 == 0 ? 40 : 9));
    const int32_t out = groups * (1 + g.Below(seed % 7 == 0 ? 40 : 9));
    g = RandomGraph(seed, in, 1 + g.Below(5), 1 + g.Below(30));
    g.AllowOddChannels();
    ConvGeometry c = RandomGeometry(&g, g.spec(0));
    c.groups = groups;
    const int bits = g.Below(4) == 0 ? 4 : 8;
    const int32_t x = g.Conv(0, out, c, RandomTarget(&g), bits);
    const std::vector<uint8_t> input = g.RandomInput();
    ExpectEqualsReference(g.Finish(x), input, "seed " + std::to_string(seed));
    if (HasFailure()) break;
  }
}

TEST(Engine, ChainsOfConvolutionsAndSumsEqualReference) {
  for (uint64_t seed = 0; seed < 300; ++seed) {
    RandomGraph g(seed, 1 + static_cast<int32_t>(seed % 37),
                  1 + static_cast<int32_t>(seed % 4),
                  1 + static_cast<int32_t>(seed % 23));
    g.AllowOddChannels();
    const Target term = {Type::kS16, TableKind::kNone, 8};
    const int32_t channels = 1 + g.Below(40);
    const ConvGeometry three = {.kernel_w = 3, .pad_left = 1, .pad_right = 1};
    const int32_t a = g.Conv(0, channels, {}, RandomTarget(&g));
    const int32_t b = g.Conv(a, channels, three, RandomTarget(&g));
    const int32_t c = g.Conv(b, channels, three, term);
    const int32_t d = g.Conv(a, channels, {}, term);
    const Target target = RandomTarget(&g);
    int32_t y = 0;
    switch (g.Below(3)) {
      case 0:
        y = g.Add({c, d}, target);
        break;
      case 1:
        y = g.Add({b, d}, target);
        break;
      default:
        y = g.Add({c, a, d}, target);
        break;
    }
    const std::vector<uint8_t> input = g.RandomInput();
    ExpectEqualsReference(g.Finish(y), input, "seed " + std::to_string(seed));
    if (HasFailure()) break;
  }
}

TEST(Engine, AttentionOfEveryShapeEqualsReference) {
  for (uint64_t seed = 0; seed < 120; ++seed) {
    RandomGraph g(seed, 5, 1 + static_cast<int32_t>(seed % 21),
                  1 + static_cast<int32_t>(seed * 7 % 43));
    g.AllowOddChannels();
    const int32_t heads = 1 + g.Below(5);
    const int32_t per_head =
        g.Below(2) == 0 ? 8 * (1 + g.Below(3)) : 1 + g.Below(12);
    const int32_t channels = heads * per_head;
    const int32_t qkv =
        g.Conv(0, 3 * channels, {}, {Type::kS8, TableKind::kNone, 8});
    const AttentionAxis axis =
        seed % 2 == 0 ? AttentionAxis::kWidth : AttentionAxis::kHeight;
    Target target = RandomTarget(&g);
    const int32_t y = g.Attention(qkv, heads, axis, target);
    const std::vector<uint8_t> input = g.RandomInput();
    ExpectEqualsReference(g.Finish(y), input, "seed " + std::to_string(seed));
    if (HasFailure()) break;
  }
}

// Half of the inputs are bounded by their clamp, half by what attention's
// values add up to; all values are as large as they can be.
TEST(Engine, SquaresOfBoundedWordsEqualReference) {
  int suited = 0;
  for (uint64_t seed = 0; seed < 120; ++seed) {
    RandomGraph g(seed, 5, 2 + static_cast<int32_t>(seed % 9),
                  2 + static_cast<int32_t>(seed * 7 % 47));
    const int32_t channels = 16 + g.Below(50);
    const Target words = {Type::kS16, TableKind::kNone, 8};
    const bool attends = seed % 2 == 0;
    int32_t x =
        g.Conv(0, attends ? 3 * channels : channels, {},
               attends ? Target{Type::kS8, TableKind::kNone, 8} : words);
    if (attends) x = g.Attention(x, 1, AttentionAxis::kHeight, words);
    ConvGeometry c = kSquare;
    c.pad_left = g.Below(4);
    c.pad_bottom = g.Below(3);
    const Target target = RandomTarget(&g);
    const int32_t y = g.Conv(x, 9 + g.Below(40), c, target);
    const std::vector<uint8_t> input = g.RandomInput();
    IntegerGraph graph = g.Finish(y);
    if (attends) {
      for (Multiplier& m : std::get<AttentionOp>(graph.ops[1]).scale) {
        m.shift += 5;
      }
    } else {
      std::get<ConvOp>(graph.ops[0]).activation.low = -kWinogradInput;
      std::get<ConvOp>(graph.ops[0]).activation.high = kWinogradInput;
    }
    const std::vector<TensorLayout> layouts = PlanLayouts(graph);
    const auto& op = std::get<ConvOp>(graph.ops[attends ? 2 : 1]);
    suited += SuitsWinograd(op, layouts[static_cast<std::size_t>(x)],
                            layouts[static_cast<std::size_t>(y)],
                            LargestValue(graph, x));
    ExpectEqualsReference(graph, input, "seed " + std::to_string(seed));
    if (HasFailure()) break;
  }
  EXPECT_GE(suited, 100);
}

// What attention adds up to is small, what it stores is not.
TEST(Engine, AClampFarOutEqualsReference) {
  RandomGraph g(3, 5, 6, 9);
  const int32_t qkv = g.Conv(0, 48, {}, {Type::kS8, TableKind::kNone, 8});
  const int32_t mix = g.Attention(qkv, 2, AttentionAxis::kWidth,
                                  {Type::kS16, TableKind::kNone, 8});
  const int32_t y = g.Conv(mix, 16, kSquare, {});
  const std::vector<uint8_t> input = g.RandomInput();
  IntegerGraph graph = g.Finish(y);
  auto& attention = std::get<AttentionOp>(graph.ops[1]);
  for (Multiplier& m : attention.scale) m.shift += 8;
  attention.activation.low = 20000;
  attention.activation.high = 30000;
  ExpectEqualsReference(graph, input, "a clamp of 20,000 to 30,000");
}

TEST(Engine, TransposesAndPoolsEqualReference) {
  const std::array<int32_t, 3> orders[] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                           {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
  uint64_t seed = 0;
  for (const auto& order : orders) {
    for (const Type type : {Type::kU8, Type::kS8, Type::kS16}) {
      RandomGraph g(++seed, 19, 5, 7);
      int32_t x = g.Conv(0, 18, {}, {type, TableKind::kNone, 8});
      x = g.Transpose(x, order);
      x = g.Conv(x, 6, {.kernel_w = 3, .pad_left = 2},
                 {Type::kS16, TableKind::kNone, 8});
      x = g.Pool(x, 4);
      x = g.Transpose(x, {1, 0, 2});
      const std::vector<uint8_t> input = g.RandomInput();
      ExpectEqualsReference(g.Finish(x), input, std::to_string(seed));
    }
  }
}

class EveryVariant : public testing::TestWithParam<int> {};

TEST_P(EveryVariant, EqualsReferenceUnderEveryPlan) {
  const WiflowShape& shape = kWiflowShapes[GetParam()];
  int n = 0;
  for (const WiflowPlan* plan : {&kPlan8, &kPlan4, &kPlan12, &kPlan16}) {
    RandomWiflow builder(shape, *plan, 11);
    const std::vector<uint8_t> input = builder.RandomInput();
    ExpectEqualsReference(builder.Build(), input,
                          shape.name + std::to_string(n++));
  }
}

INSTANTIATE_TEST_SUITE_P(Variants, EveryVariant, testing::Range(0, 4),
                         [](const auto& info) {
                           return kWiflowShapes[info.param].name;
                         });

// Also with values that aren't in [0, 1], and in a used arena.
TEST(Engine, FloatsAreQuantizedRunAndScaled) {
  RandomWiflow builder(kWiflowShapes[3], kPlan8, 5);
  builder.RandomInput();
  IntegerGraph graph = builder.Build();
  graph.input_factor = 200.0f;
  graph.output_scale = 1e-4f;
  std::vector<float> window;
  std::vector<uint8_t> bytes;
  Rng rng(3);
  for (int64_t i = 0; i < graph.tensors[0].size(); ++i) {
    window.push_back(i % 97 == 0 ? NAN
                                 : static_cast<float>(rng.Uniform() * 2 - 0.4));
    bytes.push_back(QuantizeInput(window.back(), graph.input_factor));
  }
  for (const Isa isa : AvailableIsas()) {
    std::unique_ptr<Engine> engine;
    ASSERT_EQ(Engine::Create(graph, {isa}, &engine), Status::kOk);
    const std::vector<int32_t> output = RunEngine(*engine, bytes);
    AlignedBuffer arena(engine->arena_bytes());
    std::memset(arena.data(), 0xa5, arena.size());
    std::vector<float> pose(engine->output_size());
    engine->RunFloats(window.data(), pose.data(), arena.data());
    for (std::size_t i = 0; i < pose.size(); ++i) {
      EXPECT_EQ(pose[i], DequantizeOutput(output[i], graph.output_scale));
    }
  }
}

TEST(Engine, HalfNeedsAtMost64KiBOfArena) {
  const IntegerGraph graph = RandomWiflow(kWiflowShapes[1], kPlan8, 1).Build();
  for (const Isa isa : AvailableIsas()) {
    std::unique_ptr<Engine> engine;
    ASSERT_EQ(Engine::Create(graph, {isa}, &engine), Status::kOk);
    EXPECT_LE(engine->arena_bytes(), 65536u) << IsaName(isa);
  }
}

TEST(Engine, RefusesAnInstructionSetThatIsNotThere) {
  RandomGraph g(1, 3, 1, 4);
  const IntegerGraph graph = g.Finish(0);
  for (int i = 0; i < kIsaCount; ++i) {
    const auto isa = static_cast<Isa>(i);
    std::unique_ptr<Engine> engine;
    EXPECT_EQ(Engine::Create(graph, {isa}, &engine),
              IsAvailable(isa) ? Status::kOk : Status::kIsaUnavailable);
  }
}

// A position's share of a tile, worked out from it, leaves 32 bits.
TEST(Engine, AStrideFarPastTheInputIsPlannedLikeAnyOther) {
  RandomGraph g(1, 32768, 1, 1);
  const ConvGeometry c = {
      .kernel_h = 1, .kernel_w = 1, .stride_w = 65535, .groups = 16384};
  const int32_t x = g.Conv(0, 16384, c, {});
  const std::vector<uint8_t> input = g.RandomInput();
  ExpectEqualsReference(g.Finish(x), input, "a stride of 65,535");
}

// Several blocks of steps, some without any.
TEST(Engine, GroupsWithoutWeightsEqualReference) {
  RandomGraph g(2, 64, 1, 23);
  const ConvGeometry c = {
      .kernel_w = 3, .dilation_w = 2, .pad_left = 4, .groups = 2};
  const int32_t x = g.Conv(0, 48, c, {});
  const std::vector<uint8_t> input = g.RandomInput();
  IntegerGraph graph = g.Finish(x);
  auto& weights = std::get<ConvOp>(graph.ops[0]).weights;
  std::fill_n(weights.begin(), weights.size() / 2, int8_t{0});
  ExpectEqualsReference(graph, input, "a group without weights");
}

TEST(Engine, RefusesMarginsBeyondItsOffsets) {
  RandomGraph g(1, 64, 1, 65536);
  const ConvGeometry c = {.kernel_h = 1, .kernel_w = 1, .pad_top = 500};
  const IntegerGraph graph = g.Finish(g.Conv(0, 1, c, {}));
  std::unique_ptr<Engine> engine;
  EXPECT_EQ(Engine::Create(graph, {}, &engine), Status::kTooManyElements);
}

}  // namespace
}  // namespace edge_int8::core
