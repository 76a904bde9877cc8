// A small valid graph with one of each operator of format version 2, written
// out, for tests that break one rule at a time.
#ifndef EDGE_INT8_TESTS_CORE_CONTAINER_EVERY_OPERATOR_H_
#define EDGE_INT8_TESTS_CORE_CONTAINER_EVERY_OPERATOR_H_

#include <functional>
#include <vector>

#include "core/container/validate.h"
#include "tests/core_container/sample_artifact.h"
#include "tests/testing/random_integer_graph.h"

namespace edge_int8::core {

// The operators by number; operator n writes tensor n + 1.
inline constexpr int kRequantizes = 0, kMultiplies = 1, kSums = 2,
                     kMultipliesMatrices = 3, kSoftmaxes = 4, kWeighs = 5,
                     kNormalizes = 6, kAverages = 7, kMaximizes = 8, kMoves = 9,
                     kResizes = 10, kRecurs = 11, kHolds = 12;

inline constexpr Multiplier kHalf = {1 << 30, 31};
inline const Activation kWords = {0, -32767, 32767, TableKind::kNone, {}};
inline const Activation kBytes = {100, 0, 255, TableKind::kNone, {}};

inline IntegerGraph EveryOperatorGraph() {
  IntegerGraph g;
  g.exp_tables = RealExpTables();
  g.tensors = {{"x", 4, 3, 5, Type::kU8, 7},
               {"words", 4, 3, 5, Type::kS16, 0},
               {"product", 4, 3, 5, Type::kS16, 0},
               {"sum", 4, 3, 5, Type::kU8, 100},
               {"scores", 5, 3, 5, Type::kS16, 0},
               {"weights", 5, 3, 5, Type::kS16, 0},
               {"mixed", 5, 3, 5, Type::kU8, 100},
               {"normal", 4, 3, 5, Type::kS16, 0},
               {"average", 4, 2, 1, Type::kU8, 100},
               {"most", 4, 1, 2, Type::kU8, 100},
               {"moved", 4, 1, 6, Type::kU8, 100},
               {"larger", 4, 2, 12, Type::kU8, 100},
               {"state", 2, 1, 6, Type::kS16, 0},
               {"held", 1, 1, 3, Type::kS8, 0}};
  RecurrentOp gru = {10, 12, RecurrentKind::kGru};
  gru.input_weights.assign(6 * 4, 100);
  gru.recurrent_weights.assign(6 * 2, -100);
  gru.input_bias.assign(6, 5);
  gru.recurrent_bias.assign(6, -5);
  gru.input_scale.assign(6, kHalf);
  gru.recurrent_scale.assign(6, kHalf);
  gru.sigmoid.assign(kInterpolateEntries, 9);
  gru.tanh.assign(kInterpolateEntries, -9);
  NormalizeOp norm = {3, 7};
  norm.gain.assign(4, 8191);
  norm.bias.assign(4, -1000);
  norm.scale = kHalf;
  norm.activation = kWords;
  g.ops = {
      RequantizeOp{0, 1, kHalf, kWords},
      MultiplyOp{1, 0, 2, kHalf, kWords},
      AddOp{{{2, true, kHalf, true}, {1, false, {}}}, 3, 7, kBytes},
      MatMulOp{3, 3, 4, kHalf, kWords},
      SoftmaxOp{4, 5, 0, 0, kHalf},
      MatMulOp{5, 4, 6, kHalf,
               kBytes},  // 16 bits by 16, of a row that sums to 1
      norm,
      WindowPoolOp{3,
                   8,
                   PoolKind::kAverage,
                   {{0, 2}, {1, 3}},
                   {{0, 5}},
                   {kHalf, kHalf},
                   kBytes},
      WindowPoolOp{3, 9, PoolKind::kMax, {{0, 3}}, {{0, 3}, {4, 5}}, {}, {}},
      MoveOp{10,
             3,
             {{9, 1, 0, {{4, 2, 6}, {2, -1, 1}}},
              {8, 0, 4, {{4, 2, 6}, {2, 1, 1}}}}},
      ResizeOp{10,
               11,
               {{0, 0, 0}, {0, 0, 256}},
               std::vector<ResizeTap>(12, {2, 5, 100}),
               kHalf,
               kBytes},
      gru,
      ConstantOp{13, {-128, 0, 127}},
  };
  g.output = 12;
  return g;
}

// The result of validating after a change of operator `index`, which is a T.
template <class T>
Result AfterChange(int index, const std::function<void(T*)>& change) {
  IntegerGraph g = EveryOperatorGraph();
  change(&std::get<T>(g.ops[static_cast<std::size_t>(index)]));
  return ValidateGraph(g);
}

inline Result AfterGraphChange(
    const std::function<void(IntegerGraph*)>& change) {
  IntegerGraph g = EveryOperatorGraph();
  change(&g);
  return ValidateGraph(g);
}

}  // namespace edge_int8::core

#endif  // EDGE_INT8_TESTS_CORE_CONTAINER_EVERY_OPERATOR_H_
