// Integer graphs with the operators and shapes that lowering a WiFlow variant
// gives, with random numbers in them.
#ifndef EDGE_INT8_TESTS_CORE_ENGINE_RANDOM_WIFLOW_H_
#define EDGE_INT8_TESTS_CORE_ENGINE_RANDOM_WIFLOW_H_

#include <numeric>

#include "tests/core_engine/random_graph.h"

namespace edge_int8::core {

struct WiflowShape {
  const char* name;
  int32_t tcn[4];
  int32_t conv[4];
  int32_t heads;
  bool depthwise;
  int32_t first_groups;
};

inline constexpr WiflowShape kWiflowShapes[] = {
    {"full", {540, 440, 340, 240}, {8, 16, 32, 64}, 8, false, 1},
    {"half", {270, 220, 170, 120}, {4, 8, 16, 32}, 4, false, 1},
    {"quarter", {135, 110, 85, 60}, {2, 4, 8, 16}, 2, false, 1},
    {"tiny", {68, 56, 44, 32}, {2, 4, 8, 16}, 2, true, 4},
};

// How a plan stores what lies between two convolutions.
struct WiflowPlan {
  int weight_bits = 8;
  Target stored = {Type::kU8, TableKind::kLookup, 8};
};
inline constexpr WiflowPlan kPlan8 = {};
inline constexpr WiflowPlan kPlan4 = {4, {Type::kU8, TableKind::kLookup, 8}};
inline constexpr WiflowPlan kPlan12 = {8, {Type::kU8, TableKind::kLookup, 12}};
inline constexpr WiflowPlan kPlan16 = {
    8, {Type::kS16, TableKind::kInterpolate, 8}};

class RandomWiflow {
 public:
  RandomWiflow(const WiflowShape& shape, const WiflowPlan& plan, uint64_t seed)
      : shape_(shape), plan_(plan), graph_(seed, 540, 1, 20) {}

  IntegerGraph Build() {
    int32_t x = 0;
    for (int i = 0; i < 4; ++i) x = TcnBlock(x, i);
    x = graph_.Transpose(x, {1, 2, 0});
    x = ResidualBlock(x, shape_.conv[0], 1);
    for (const int32_t channels : shape_.conv) {
      const bool halve = (graph_.spec(x).width + 1) / 2 >= 15;
      x = ResidualBlock(x, channels, halve ? 2 : 1);
    }
    x = graph_.Transpose(x, {0, 2, 1});
    x = Attention(x, AttentionAxis::kWidth);
    x = Attention(x, AttentionAxis::kHeight);
    x = Conv(x, std::max(graph_.spec(x).channels / 2, 4), kSquare,
             plan_.stored);
    x = Conv(x, 2, {}, {Type::kS16, TableKind::kInterpolate, 8});
    x = graph_.Pool(x, 15);
    return graph_.Finish(graph_.Transpose(x, {1, 0, 2}));
  }

  std::vector<uint8_t> RandomInput() { return graph_.RandomInput(); }

 private:
  static constexpr Target kTerm = {Type::kS16, TableKind::kNone, 8};

  int32_t Conv(int32_t x, int32_t channels, const ConvGeometry& g,
               const Target& target) {
    return graph_.Conv(x, channels, g, target, plan_.weight_bits);
  }

  int32_t TcnBlock(int32_t input, int index) {
    const int32_t out = shape_.tcn[index];
    const int32_t pw_groups = index == 0 ? shape_.first_groups : 1;
    const auto group = [&](int32_t x) {
      const int32_t c = graph_.spec(x).channels;
      return Conv(x, c,
                  {.kernel_w = 3,
                   .dilation_w = 1 << index,
                   .pad_left = 2 << index,
                   .groups = shape_.depthwise ? c : std::gcd(c, 20)},
                  plan_.stored);
    };
    int32_t x = Conv(group(input), out, {.groups = pw_groups}, plan_.stored);
    Target main = plan_.stored;  // The table writes the sum's units.
    main.type = Type::kS16;
    x = Conv(group(x), out, {}, main);
    int32_t skip = input;
    if (graph_.spec(input).channels != out) {
      skip = Conv(input, out, {.groups = pw_groups}, kTerm);
    }
    return graph_.Add({x, skip}, SumTarget());
  }

  // A sum's own grid has 8 bits, or 12.
  Target SumTarget() const {
    Target target = plan_.stored;
    if (target.kind == TableKind::kInterpolate) {
      target = {Type::kS16, TableKind::kLookup, 12};
    }
    return target;
  }

  int32_t ResidualBlock(int32_t input, int32_t out, int32_t stride) {
    const ConvGeometry wide = {.kernel_w = 3, .pad_left = 1, .pad_right = 1};
    ConvGeometry first = wide;
    first.stride_w = stride;
    int32_t x = Conv(input, out, first, plan_.stored);
    x = Conv(x, out, wide, plan_.stored);
    x = Conv(x, out, wide, kTerm);
    const int32_t skip = Conv(input, out, {.stride_w = stride}, kTerm);
    return graph_.Add({x, skip}, SumTarget());
  }

  int32_t Attention(int32_t x, AttentionAxis axis) {
    const int32_t channels = graph_.spec(x).channels;
    x = Conv(x, 3 * channels, {}, {Type::kS8, TableKind::kNone, 8});
    Target stored = plan_.stored;
    stored.kind = TableKind::kNone;
    return graph_.Attention(x, shape_.heads, axis, stored);
  }

  const WiflowShape& shape_;
  const WiflowPlan& plan_;
  RandomGraph graph_;
};

}  // namespace edge_int8::core

#endif  // EDGE_INT8_TESTS_CORE_ENGINE_RANDOM_WIFLOW_H_
