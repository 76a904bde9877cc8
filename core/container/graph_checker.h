// The validator's state: what is written so far, the values each tensor can
// hold, and the first broken rule. Private to validate*.cc.
#ifndef EDGE_INT8_CORE_CONTAINER_GRAPH_CHECKER_H_
#define EDGE_INT8_CORE_CONTAINER_GRAPH_CHECKER_H_

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "core/container/integer_graph.h"
#include "core/container/status.h"

namespace edge_int8::core {

inline constexpr int64_t kInt32Limit = int64_t{1} << 31;  // |acc| stays below
inline constexpr int64_t kBiasLimit = int64_t{1} << 30;
inline constexpr int64_t kNoSum = int64_t{1} << 40;  // of sizes: no bound known

// The values a tensor can hold, both ends included.
struct ValueRange {
  int64_t low = 0;
  int64_t high = 0;

  bool Holds(const ValueRange& r) const {
    return low <= r.low && r.high <= high;
  }
  // The largest |value - zero|.
  int64_t Reach(int64_t zero) const {
    return std::max(std::abs(low - zero), std::abs(high - zero));
  }
};

// Finite and positive.
bool IsReal(float scale);

// What the type can hold.
ValueRange TypeRange(Type type);

// Per axis, at least the sum of |x'| over any line along it. Of probabilities
// that is far less than their number times the largest: it lets them weigh
// 16-bit values of any number.
using LineSums = std::array<int64_t, 3>;

// Requantize() of every value in the range; it is monotonic.
inline ValueRange RequantizeRange(const ValueRange& range, Multiplier m) {
  return {Requantize(static_cast<int32_t>(range.low), m),
          Requantize(static_cast<int32_t>(range.high), m)};
}

// Each method returns false after recording the rule it found broken, so a
// check is a chain of && whose later links trust the earlier ones.
class GraphChecker {
 public:
  explicit GraphChecker(const IntegerGraph& graph) : graph_(graph) {}
  Result Run();

 private:
  bool Require(bool ok, Status status, int32_t item = -1);

  // validate.cc: the graph around the operators.
  bool CheckTensors();
  bool CheckTensor(const TensorSpec& tensor, int32_t id);
  bool CheckShape(std::span<const int32_t> shape, int32_t id);
  bool CheckExpTables();
  bool CheckOps();
  bool CheckEnds();

  // validate_conv.cc, validate_ops.cc; those of format version 2:
  // validate_values.cc, validate_places.cc, validate_recurrent.cc.
  bool CheckOp(const ConvOp& op);
  bool CheckOp(const AddOp& op);
  bool CheckOp(const AttentionOp& op);
  bool CheckOp(const PoolOp& op);
  bool CheckOp(const TransposeOp& op);
  bool CheckOp(const RequantizeOp& op);
  bool CheckOp(const MultiplyOp& op);
  bool CheckOp(const MatMulOp& op);
  bool CheckOp(const SoftmaxOp& op);
  bool CheckOp(const NormalizeOp& op);
  bool CheckOp(const WindowPoolOp& op);
  bool CheckOp(const MoveOp& op);
  bool CheckOp(const ResizeOp& op);
  bool CheckOp(const RecurrentOp& op);
  bool CheckOp(const ConstantOp& op);

  bool CheckConvGeometry(const ConvOp& op);
  bool CheckAddTerms(const AddOp& op);
  bool CheckAttentionRanges(const AttentionOp& op);
  bool CheckBins(const PoolOp& op);
  bool TurnLineSums(const TransposeOp& op);
  void MoveLineSums(const MoveOp& op);
  bool CheckGains(const NormalizeOp& op, int64_t count);
  bool CheckMaximum(const WindowPoolOp& op);
  bool CheckAverage(const WindowPoolOp& op);
  bool CheckMoveTerm(const MoveTerm& term, int32_t output,
                     std::vector<bool>* moved);
  bool CheckGateTables(const RecurrentOp& op);

  // validate_parts.cc: what operators have in common.
  bool CanRead(int32_t id);
  // Not kS32.
  bool CanReadStored(int32_t id);
  bool Write(int32_t id, const ValueRange& range);
  bool IsTensor(int32_t id);
  bool CheckExtent(int32_t id, int64_t channels, int64_t height, int64_t width);
  // Extents are equal, or 1 and repeated; where all are 1, so is the result's.
  bool CheckBroadcast(std::span<const int32_t> inputs, int32_t output);
  bool CheckStoredType(int32_t id);
  bool CheckMultipliers(std::span<const Multiplier> scale, std::size_t count);
  bool CheckMultiplier(const Multiplier& scale) {
    return CheckMultipliers({&scale, 1}, 1);
  }
  bool CheckBias(std::span<const int32_t> bias, std::size_t count);
  // That the weights fit their bits, and that every sum of a row times values
  // up to `reach`, whose sizes add up to at most `together`, with its bias, in
  // any order, stays below 2^31.
  bool CheckWeights(std::span<const int8_t> weights, int32_t bits);
  bool CheckRowSums(std::span<const int8_t> weights,
                    std::span<const int32_t> bias, int64_t reach,
                    int64_t together = kNoSum);
  // Empty, or `count` positive ones.
  bool CheckRealScales(std::span<const float> scales, std::size_t count);
  // Works out the values the activation can write; they must fit tensor `id`.
  bool CheckActivation(const Activation& activation, int32_t id,
                       ValueRange* range);
  bool AddWork(int64_t macs);

  const TensorSpec& tensor(int32_t id) const {
    return graph_.tensors[static_cast<std::size_t>(id)];
  }
  const ValueRange& range(int32_t id) const {
    return ranges_[static_cast<std::size_t>(id)];
  }
  // The largest |x'|.
  int64_t Reach(int32_t id) const {
    return range(id).Reach(tensor(id).zero_point);
  }
  LineSums& line_sums(int32_t id) {
    return line_sums_[static_cast<std::size_t>(id)];
  }

  const IntegerGraph& graph_;
  std::vector<char> written_;
  std::vector<ValueRange> ranges_;
  std::vector<LineSums> line_sums_;
  int64_t work_ = 0;
  int32_t op_ = -1;
  Result result_;
};

}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_CONTAINER_GRAPH_CHECKER_H_
