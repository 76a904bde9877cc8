// Small networks of seeds, one for each operator of the fused graph, with what
// usually stands around it: what lowering, calibration and the engines are run
// on besides the WiFlow family.
#ifndef EDGE_INT8_TESTS_TESTING_SMALL_NETWORKS_H_
#define EDGE_INT8_TESTS_TESTING_SMALL_NETWORKS_H_

#include <functional>
#include <string>
#include <vector>

#include "src/graph/model.h"
#include "tests/testing/network_builder.h"

namespace edge_int8 {

struct SmallNetwork {
  std::string name;
  std::function<Model(uint64_t seed)> build;
};

namespace small_networks {

using B = NetworkBuilder;
using F = FunctionKind;

inline constexpr Extent kInput = {6, 4, 10};

inline std::vector<PoolRange> Ranges(int extent, int size, int step) {
  std::vector<PoolRange> ranges;
  for (int begin = 0; begin + size <= extent; begin += step) {
    ranges.push_back({begin, begin + size, size});
  }
  return ranges;
}

inline SmallNetwork Activated(const std::string& name, F kind, double a = 0,
                              double b = 0) {
  return {"conv_" + name, [=](uint64_t seed) {
            B net(name, kInput);
            TensorId x = net.Convolution({8, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1}, 0);
            x = net.Apply(kind, x, a, b);
            return net.Finish(net.Conv1x1(3, x), seed);
          }};
}

inline Model Residual(uint64_t seed) {
  B net("residual", kInput);
  const TensorId a = net.Apply(F::kRelu, net.Conv1x1(8, 0));
  TensorId x = net.Apply(F::kRelu, net.Conv1x1(8, a));
  x = net.Sum(net.Conv1x1(8, x), a);
  const TensorId b = net.Apply(F::kRelu, x);
  const TensorId c = net.Sum(net.Conv1x1(8, b), b, true);
  const TensorId d =
      net.Sum(net.Sum(c, net.Conv1x1(8, b)), net.Fixed({8, 1, 1}));
  return net.Finish(net.Apply(F::kGelu, d), seed);
}

// Channels weighted by their own means.
inline Model Gated(uint64_t seed) {
  B net("gated", kInput);
  const TensorId x = net.Apply(F::kHardSwish, net.Conv1x1(8, 0));
  TensorId g = net.Add(
      "mean", Pool{PoolKind::kAverage, {{0, 4, 4}}, {{0, 10, 10}}}, {x});
  g = net.Apply(F::kRelu, net.Conv1x1(4, g));
  g = net.Apply(F::kHardSigmoid, net.Conv1x1(8, g), 1.0 / 6, 0.5);
  return net.Finish(net.Conv1x1(3, net.Times(x, g)), seed);
}

inline Model Pooled(uint64_t seed) {
  B net("pooled", kInput);
  TensorId x = net.Conv1x1(8, 0);
  x = net.Add("most", Pool{PoolKind::kMax, Ranges(4, 2, 2), Ranges(10, 3, 2)},
              {x});
  x = net.Apply(F::kRelu, x);
  x = net.Add("mean",
              Pool{PoolKind::kAverage, Ranges(2, 2, 1), Ranges(4, 2, 1)}, {x});
  return net.Finish(net.Apply(F::kTanh, x), seed);
}

inline Model Joined(uint64_t seed) {
  B net("joined", kInput);
  const TensorId a = net.Apply(F::kRelu, net.Conv1x1(4, 0));
  const TensorId b = net.Apply(F::kSilu, net.Conv1x1(6, a));
  TensorId x = net.Concat({a, b, 0});
  x = net.Apply(F::kRelu, net.Conv1x1(6, x));
  x = net.Concat({x, a});
  Move pad{{10, 4, 13}, 0, {{0, 0, 2, {{40, 10, 13}, {10, 1, 1}}}}};
  x = net.Add("pad", pad, {x});
  return net.Finish(net.Add("swap", Transpose{{2, 1, 0}}, {x}), seed);
}

// Attention spelled out over the width, with a norm before it and one behind.
inline Model Transformer(uint64_t seed) {
  B net("transformer", {12, 1, 10});
  TensorId x = net.Conv1x1(12, 0);
  x = net.Sum(x, net.Fixed({12, 1, 10}));
  const TensorId y = net.Norm({NormalizeOver::kLayer}, x);
  const auto heads = [&](const std::string& name) {
    // [12][1][10] as [6][2][10]: two heads.
    Move split{
        {6, 2, 10}, 0, {{0, 0, 0, {{2, 60, 10}, {6, 10, 20}, {10, 1, 1}}}}};
    return net.Add(name, split, {net.Conv1x1(12, y)});
  };
  const TensorId q = heads("q");
  const TensorId k = heads("k");
  const TensorId v = heads("v");
  TensorId s = net.Add("scores", MatMul{}, {k, q});  // [queries][head][keys]
  s = net.Apply(F::kAffine, s, 0.41, 0);
  s = net.Add("softmax", Softmax{2}, {s});
  const auto across = [&](const std::string& name, TensorId t) {
    return net.Add(name, Transpose{{2, 1, 0}}, {t});
  };
  // p [keys][head][queries], v [keys][head][6] give [6][head][queries].
  TensorId m = net.Add("mix", MatMul{}, {across("p", s), across("vt", v)});
  Move join{
      {12, 1, 10}, 0, {{0, 0, 0, {{2, 10, 60}, {6, 20, 10}, {10, 1, 1}}}}};
  m = net.Add("join", join, {m});
  x = net.Sum(net.Conv1x1(12, m), x);
  TensorId z = net.Norm({NormalizeOver::kLayer}, x);
  z = net.Apply(F::kGelu, net.Conv1x1(20, z));
  x = net.Sum(x, net.Conv1x1(12, z));
  return net.Finish(net.Conv1x1(2, x), seed);
}

inline SmallNetwork Recurring(const std::string& name, RecurrentKind kind) {
  return {name, [=](uint64_t seed) {
            B net(name, {6, 1, 12});
            const TensorId x = net.Conv1x1(6, 0);
            const TensorId a = net.Layer(kind, 7, false, x);
            const TensorId b = net.Layer(kind, 7, true, x);
            return net.Finish(net.Conv1x1(3, net.Concat({a, b})), seed);
          }};
}

inline SmallNetwork Normalized(const std::string& name, Normalize norm) {
  return {name, [=](uint64_t seed) {
            B net(name, kInput);
            TensorId x = net.Norm(norm, net.Conv1x1(8, 0));
            x = net.Apply(F::kSilu, x);
            return net.Finish(net.Conv1x1(3, x), seed);
          }};
}

inline Model Resized(uint64_t seed) {
  B net("resized", kInput);
  Resize resize;
  for (int i = 0; i < 8; ++i)
    resize.rows.push_back(
        {i / 2, i < 6 ? i / 2 + 1 : 3, i % 2 == 0 ? 0.0f : 0.5f});
  for (int i = 0; i < 10; ++i)
    resize.cols.push_back({i, i < 9 ? i + 1 : 9, 0.25f});
  TensorId x = net.Add("resize", resize, {net.Conv1x1(5, 0)});
  return net.Finish(net.Convolution({3, 3, 3}, x), seed);
}

// A heat map's expected place.
inline Model SoftArgmax(uint64_t seed) {
  B net("soft_argmax", kInput);
  TensorId x = net.Conv1x1(5, 0);
  x = net.Apply(F::kAffine, x, 6, 0);
  x = net.Add("softmax", Softmax{2}, {x});
  x = net.Times(x, net.Fixed({1, 1, 10}));
  Pool sum{PoolKind::kAverage, Ranges(4, 1, 1), {{0, 10, 1}}};
  return net.Finish(net.Add("place", sum, {x}), seed);
}

}  // namespace small_networks

// One for each operator, and the patterns around it.
inline std::vector<SmallNetwork> SmallNetworks() {
  using namespace small_networks;
  return {Activated("identity", F::kIdentity),
          Activated("relu", F::kRelu),
          Activated("relu6", F::kClip, 0, 6),
          Activated("leaky_relu", F::kLeakyRelu, 0.1),
          Activated("sigmoid", F::kSigmoid),
          Activated("hard_sigmoid", F::kHardSigmoid, 1.0 / 6, 0.5),
          Activated("affine", F::kAffine, 1.7, -0.6),
          Activated("falling", F::kAffine, -1.7, 0.6),
          Activated("mish", F::kMish),
          {"residual", Residual},
          {"gated", Gated},
          {"pooled", Pooled},
          {"joined", Joined},
          {"transformer", Transformer},
          Recurring("gru", RecurrentKind::kGru),
          Recurring("lstm", RecurrentKind::kLstm),
          Recurring("rnn", RecurrentKind::kRnn),
          Normalized("layer_norm", {NormalizeOver::kLayer, 2}),
          Normalized("instance_norm", {NormalizeOver::kInstance}),
          Normalized("group_norm", {NormalizeOver::kGroup, 4}),
          Normalized("rms_norm", {NormalizeOver::kLayer, 1, false}),
          {"resized", Resized},
          {"soft_argmax", SoftArgmax}};
}

}  // namespace edge_int8

#endif  // EDGE_INT8_TESTS_TESTING_SMALL_NETWORKS_H_
