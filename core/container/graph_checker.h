// The validator's state: what is written so far, the values each tensor can
// hold, and the first broken rule. Private to validate*.cc.
#ifndef EDGE_INT8_CORE_CONTAINER_GRAPH_CHECKER_H_
#define EDGE_INT8_CORE_CONTAINER_GRAPH_CHECKER_H_

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "core/container/integer_graph.h"
#include "core/container/status.h"

namespace edge_int8::core {

inline constexpr int64_t kInt32Limit = int64_t{1} << 31;  // |acc| stays below
inline constexpr int64_t kBiasLimit = int64_t{1} << 30;

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

// What the type can hold.
ValueRange TypeRange(Type type);

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
  bool CheckExpTables();
  bool CheckOps();
  bool CheckEnds();

  // validate_ops.cc and validate_conv.cc.
  bool CheckOp(const ConvOp& op);
  bool CheckOp(const AddOp& op);
  bool CheckOp(const AttentionOp& op);
  bool CheckOp(const PoolOp& op);
  bool CheckOp(const TransposeOp& op);

  bool CheckConvGeometry(const ConvOp& op);
  bool CheckConvWeights(const ConvOp& op);
  bool CheckConvAccumulators(const ConvOp& op);
  bool CheckAddTerms(const AddOp& op);
  bool CheckAttentionRanges(const AttentionOp& op);
  bool CheckBins(const PoolOp& op);

  // validate_parts.cc: what operators have in common.
  bool CanRead(int32_t id);
  bool Write(int32_t id, const ValueRange& range);
  bool IsTensor(int32_t id);
  bool CheckExtent(int32_t id, int64_t channels, int64_t height, int64_t width);
  bool CheckStoredType(int32_t id);
  bool CheckMultipliers(std::span<const Multiplier> scale, std::size_t count);
  bool CheckBias(std::span<const int32_t> bias, std::size_t count);
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

  const IntegerGraph& graph_;
  std::vector<char> written_;
  std::vector<ValueRange> ranges_;
  int64_t work_ = 0;
  int32_t op_ = -1;
  Result result_;
};

}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_CONTAINER_GRAPH_CHECKER_H_
