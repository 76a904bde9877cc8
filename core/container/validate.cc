#include "core/container/validate.h"

#include "core/container/graph_checker.h"

namespace edge_int8::core {

Result ValidateGraph(const IntegerGraph& graph) {
  return GraphChecker(graph).Run();
}

Result GraphChecker::Run() {
  CheckTensors() && CheckExpTables() && CheckOps() && CheckEnds();
  return result_;
}

bool GraphChecker::Require(bool ok, Status status, int32_t item) {
  if (!ok) result_ = {status, op_, item};
  return ok;
}

bool GraphChecker::CheckTensor(const TensorSpec& t, int32_t id) {
  const bool positive = t.channels >= 1 && t.height >= 1 && t.width >= 1;
  // Two factors at a time: three of 2^31 would not fit 64 bits.
  const bool small =
      positive && int64_t{t.channels} * t.height <= kMaxTensorElements &&
      int64_t{t.channels} * t.height * t.width <= kMaxTensorElements;
  const int32_t last_zero = t.type == Type::kU8 ? 255 : 0;
  return Require(small, Status::kBadExtent, id) &&
         Require(t.type <= Type::kS32, Status::kBadType, id) &&
         Require(t.zero_point >= 0 && t.zero_point <= last_zero,
                 Status::kBadZeroPoint, id) &&
         Require(
             t.scales.empty() ||
                 (static_cast<std::size_t>(t.channels) % t.scales.size() == 0 &&
                  std::ranges::all_of(t.scales, IsReal)),
             Status::kBadScale, id);
}

bool GraphChecker::CheckTensors() {
  const std::size_t count = graph_.tensors.size();
  if (!Require(count >= 1 && count <= kMaxTensors, Status::kTensorCount)) {
    return false;
  }
  int64_t elements = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const auto id = static_cast<int32_t>(i);
    if (!CheckTensor(graph_.tensors[i], id)) return false;
    elements += graph_.tensors[i].size();
  }
  const TensorSpec& input = graph_.tensors[0];
  written_.assign(count, false);
  ranges_.resize(count);
  line_sums_.resize(count);
  return Write(0, TypeRange(Type::kU8)) &&
         Require(elements <= kMaxTotalElements, Status::kTooManyElements) &&
         Require(input.type == Type::kU8, Status::kBadInputTensor);
}

// SoftmaxRow() divides by a sum that must be 2^15 or more: its largest term is
// exp(0), the product of both first entries. Nothing may exceed that either.
bool GraphChecker::CheckExpTables() {
  const bool needed = std::ranges::any_of(graph_.ops, [](const IntegerOp& op) {
    return std::holds_alternative<AttentionOp>(op) ||
           std::holds_alternative<SoftmaxOp>(op);
  });
  if (!needed) return true;
  for (const auto* table :
       {&graph_.exp_tables.coarse, &graph_.exp_tables.fine}) {
    const bool valid = table->front() == 1 << 15 &&
                       std::ranges::is_sorted(*table, std::greater<>());
    if (!Require(valid, Status::kBadExpTable)) return false;
  }
  return true;
}

bool GraphChecker::CheckOps() {
  const std::size_t count = graph_.ops.size();
  if (!Require(count >= 1 && count <= kMaxOps, Status::kOpCount)) return false;
  for (std::size_t i = 0; i < count; ++i) {
    op_ = static_cast<int32_t>(i);
    const bool ok =
        std::visit([&](const auto& op) { return CheckOp(op); }, graph_.ops[i]);
    if (!ok) return false;
  }
  op_ = -1;
  return true;
}

bool GraphChecker::CheckShape(std::span<const int32_t> shape, int32_t id) {
  if (shape.empty()) return true;
  int64_t size = 1;
  for (const int32_t extent : shape) {
    if (!Require(extent >= 1 && extent <= kMaxTensorElements, Status::kBadShape,
                 id)) {
      return false;
    }
    size = std::min(size * extent, 2 * kMaxTensorElements);
  }
  return Require(shape.size() <= kMaxShapeAxes && size == tensor(id).size(),
                 Status::kBadShape, id);
}

bool GraphChecker::CheckEnds() {
  const auto missing = std::ranges::find(written_, false);
  return Require(missing == written_.end(), Status::kNeverWritten,
                 static_cast<int32_t>(missing - written_.begin())) &&
         IsTensor(graph_.output) &&
         Require(graph_.output != 0, Status::kBadOutputTensor, 0) &&
         Require(IsReal(graph_.input_factor) && IsReal(graph_.output_scale),
                 Status::kBadFloat) &&
         CheckShape(graph_.input_shape, 0) &&
         CheckShape(graph_.output_shape, graph_.output);
}

}  // namespace edge_int8::core
