// The rules of recurrent layers.
#include "core/container/graph_checker.h"
#include "core/container/packed_weights.h"
#include "core/container/validate.h"

namespace edge_int8::core {

// With gates in [0, 32767] and h, n in [-32767, 32767], no product of
// core/arith/recurrent.h leaves 32 bits and h stays in that range.
bool GraphChecker::CheckGateTables(const RecurrentOp& op) {
  const auto fits = [](const std::vector<int16_t>& table, int32_t low) {
    return std::ranges::all_of(table, [&](int16_t v) { return v >= low; });
  };
  const std::size_t sigmoids =
      op.kind == RecurrentKind::kRnn ? 0 : kInterpolateEntries;
  return Require(op.sigmoid.size() == sigmoids &&
                     op.tanh.size() == kInterpolateEntries,
                 Status::kTableSize) &&
         Require(fits(op.sigmoid, 0) && fits(op.tanh, -kGateOne),
                 Status::kGateTable);
}

bool GraphChecker::CheckOp(const RecurrentOp& op) {
  if (!CanReadStored(op.input) || !IsTensor(op.output)) return false;
  const TensorSpec& in = tensor(op.input);
  const TensorSpec& out = tensor(op.output);
  if (!Require(op.kind <= RecurrentKind::kRnn, Status::kUnknownKind) ||
      !Require(out.type == Type::kS16, Status::kResultType, op.output) ||
      !Require(in.height == 1, Status::kExtentMismatch, op.input) ||
      !CheckExtent(op.output, out.channels, 1, in.width)) {
    return false;
  }
  const int64_t rows = int64_t{GateCount(op.kind)} * out.channels;
  const auto count = static_cast<std::size_t>(rows);
  const auto inputs = static_cast<int64_t>(op.input_weights.size());
  const auto recurrent = static_cast<int64_t>(op.recurrent_weights.size());
  return Require(IsWeightBits(op.weight_bits), Status::kWeightBits) &&
         Require(
             inputs == rows * in.channels && recurrent == rows * out.channels,
             Status::kWeightCount) &&
         CheckBias(op.input_bias, count) &&
         CheckBias(op.recurrent_bias, count) &&
         CheckMultipliers(op.input_scale, count) &&
         CheckMultipliers(op.recurrent_scale, count) &&
         CheckWeights(op.input_weights, op.weight_bits) &&
         CheckWeights(op.recurrent_weights, op.weight_bits) &&
         CheckRowSums(op.input_weights, op.input_bias, Reach(op.input)) &&
         CheckRowSums(op.recurrent_weights, op.recurrent_bias, kGateOne) &&
         CheckGateTables(op) && AddWork((inputs + recurrent) * in.width) &&
         Write(op.output, {-kGateOne, kGateOne});
}

}  // namespace edge_int8::core
