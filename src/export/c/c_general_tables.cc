// Descriptors of the operators of ei8_operators.h.
#include <algorithm>
#include <array>
#include <variant>

#include "src/export/c/c_table_writer.h"
#include "src/export/c/c_text.h"

namespace edge_int8 {
namespace {

// By name of the kernel's file, ei8_<name>.c.
constexpr std::array<std::string_view, 11> kGeneralKernels = {
    "sum",     "requantize", "multiply",    "matmul",
    "softmax", "normalize",  "window_pool", "move",
    "resize",  "recurrent",  "widen"};

std::string_view CType(core::Type type) {
  if (type == core::Type::kU8) return "uint8_t";
  return type == core::Type::kS8 ? "int8_t" : "int16_t";
}

std::string Strides(const core::TensorSpec& t) {
  return fmt::format("{{{}, {}, {}}}", t.height == 1 ? 0 : t.width * t.channels,
                     t.width == 1 ? 0 : t.channels, t.channels == 1 ? 0 : 1);
}

std::string MultiplierText(core::Multiplier m) {
  return fmt::format("{}, {}", m.mantissa, m.shift);
}

std::vector<int64_t> Numbers(const std::vector<core::PlaceRange>& ranges) {
  std::vector<int64_t> numbers;
  for (const core::PlaceRange& r : ranges) {
    numbers.insert(numbers.end(), {r.begin, r.end});
  }
  return numbers;
}

std::vector<int64_t> Numbers(const std::vector<core::ResizeTap>& taps) {
  std::vector<int64_t> numbers;
  for (const core::ResizeTap& t : taps) {
    numbers.insert(numbers.end(), {t.first, t.second, t.weight});
  }
  return numbers;
}

}  // namespace

bool IsGeneralCKernel(std::string_view kernel) {
  return std::ranges::find(kGeneralKernels, kernel) != kGeneralKernels.end();
}

void TableWriter::WriteSum(const core::AddOp& op) {
  Put("static const ei8_sum_term terms_{}[{}] = {{\n", op_, op.terms.size());
  for (const core::AddTerm& term : op.terms) {
    Put("    {{&tensors[{}], {}, {}, {}, {}}},\n", term.tensor,
        Strides(tensor(term.tensor)), MultiplierText(term.scale),
        term.rescale ? 1 : 0, term.negate ? 1 : 0);
  }
  Put("}};\n");
  const std::string activation = ActivationOf(op.activation, op.output);
  Open("sum", op.output);
  Put("    &tensors[{}], terms_{}, {}, {}, {},\n}};\n", op.output, op_,
      activation, op.terms.size(), op.fraction_bits);
}

void TableWriter::Write(const core::RequantizeOp& op) {
  const std::string activation = ActivationOf(op.activation, op.output);
  Open("requantize", op.output);
  Put("    &tensors[{}], &tensors[{}], {}, {},\n}};\n", op.input, op.output,
      activation, MultiplierText(op.scale));
}

void TableWriter::Write(const core::MultiplyOp& op) {
  const std::string activation = ActivationOf(op.activation, op.output);
  Open("multiply", op.output);
  Put("    &tensors[{}], &tensors[{}], &tensors[{}],\n    {}, {}, {}, "
      "{},\n}};\n",
      op.a, op.b, op.output, Strides(tensor(op.a)), Strides(tensor(op.b)),
      activation, MultiplierText(op.scale));
}

void TableWriter::Write(const core::MatMulOp& op) {
  const std::string activation = ActivationOf(op.activation, op.output);
  Open("matmul", op.output);
  Put("    &tensors[{}], &tensors[{}], &tensors[{}],\n    {}, {}, {},\n}};\n",
      op.a, op.b, op.output, activation, MultiplierText(op.scale),
      memory_.scratch_offset[op_]);
}

void TableWriter::Write(const core::SoftmaxOp& op) {
  WriteExpTables();
  const core::TensorSpec& t = tensor(op.input);
  const int32_t row = t.width * t.channels;
  // rows, length, step, inner, outer_step
  std::array<int32_t, 5> walk = {t.height * t.width, t.channels, 1, 1,
                                 t.channels};
  if (op.axis == 1) walk = {row, t.height, row, row, 0};
  if (op.axis == 2) {
    walk = {t.height * t.channels, t.width, t.channels, t.channels, row};
  }
  Open("softmax", op.output);
  Put("    &tensors[{}], &tensors[{}], exp_coarse, exp_fine, {}, {},\n"
      "    {}, {},\n}};\n",
      op.input, op.output, MultiplierText(op.logit), op.extra_bits,
      fmt::join(walk, ", "), memory_.scratch_offset[op_]);
}

void TableWriter::Write(const core::NormalizeOp& op) {
  const core::TensorSpec& t = tensor(op.input);
  const std::string gain = Array("int16_t", "gain", Widened(op.gain));
  const std::string bias = Array("int32_t", "bias", Widened(op.bias));
  const std::string activation = ActivationOf(op.activation, op.output);
  const bool layer = op.over == core::NormalizeOver::kLayer;
  const bool instance = op.over == core::NormalizeOver::kInstance;
  Open("normalize", op.output);
  Put("    &tensors[{}], &tensors[{}], {}, {}, INT64_C({}),\n"
      "    {}, {}, {}, {}, {},\n}};\n",
      op.input, op.output, gain, bias, op.epsilon, activation,
      MultiplierText(op.scale), layer ? 1 : t.height * t.width,
      instance ? 1 : t.channels / op.groups, op.centered ? 1 : 0);
}

void TableWriter::Write(const core::WindowPoolOp& op) {
  const std::string rows = Array("int32_t", "rows", Numbers(op.rows));
  const std::string columns = Array("int32_t", "columns", Numbers(op.cols));
  const bool average = op.kind == core::PoolKind::kAverage;
  const std::string scales = average ? Multipliers("scale", op.scale) : "0, 0";
  const std::string activation = ActivationOf(op.activation, op.output);
  Open("window_pool", op.output);
  Put("    &tensors[{}], &tensors[{}], {}, {}, {},\n    {}, {},\n}};\n",
      op.input, op.output, rows, columns, scales, activation,
      op.scale.size() > 1 ? 1 : 0);
}

void TableWriter::Write(const core::MoveOp& op) {
  if (KeepsStorage(graph_, op)) return;
  const core::MovePlan plan = PlanCMove(graph_, op);
  std::string copies = "0";
  if (!plan.nests.empty()) {
    copies = fmt::format("copies_{}", op_);
    Put("static const ei8_copy {}[{}] = {{\n", copies, plan.nests.size());
  }
  for (const core::CopyNest& nest : plan.nests) {
    std::array<int64_t, core::kCopyLoops> count, from, to;
    for (std::size_t i = 0; i < count.size(); ++i) {
      count[i] = nest.loops[i].count;
      from[i] = nest.loops[i].from_step;
      to[i] = nest.loops[i].to_step;
    }
    Put("    {{&tensors[{}], {}, {}, {{{}}}, {{{}}}, {{{}}}}},\n", nest.input,
        nest.from, nest.to, fmt::join(count, ", "), fmt::join(from, ", "),
        fmt::join(to, ", "));
  }
  if (!plan.nests.empty()) Put("}};\n");
  Open("move", op.output);
  Put("    &tensors[{}], {}, {}, {}, {},\n}};\n", op.output, copies,
      plan.nests.size(), op.fill, plan.covers ? 0 : 1);
}

void TableWriter::Write(const core::ResizeOp& op) {
  const std::string rows = Array("int32_t", "rows", Numbers(op.rows));
  const std::string columns = Array("int32_t", "columns", Numbers(op.cols));
  const std::string activation = ActivationOf(op.activation, op.output);
  Open("resize", op.output);
  Put("    &tensors[{}], &tensors[{}], {}, {},\n    {}, {},\n}};\n", op.input,
      op.output, rows, columns, activation, MultiplierText(op.scale));
}

std::string TableWriter::Rows(std::string_view name,
                              const std::vector<int8_t>& weights,
                              int32_t weight_bits,
                              const std::vector<int32_t>& bias,
                              const std::vector<core::Multiplier>& scale) {
  const CWeights packed = PackCRows(weights, bias.size(), weight_bits);
  const std::string array = Array(packed.bits == 8 ? "int8_t" : "uint8_t",
                                  fmt::format("{}weights", name), packed.bytes);
  const std::string scales = Scales(name, Widened(bias), scale);
  return fmt::format("{{(const uint8_t*){}, {}, {}, {}}}", array, scales,
                     packed.row_bytes, packed.bits);
}

void TableWriter::Write(const core::RecurrentOp& op) {
  const std::string of_x = Rows("x_", op.input_weights, op.weight_bits,
                                op.input_bias, op.input_scale);
  const std::string of_h = Rows("h_", op.recurrent_weights, op.weight_bits,
                                op.recurrent_bias, op.recurrent_scale);
  std::string sigmoid = "0", kind = "EI8_RNN";
  if (op.kind != core::RecurrentKind::kRnn) {
    sigmoid = SharedArray("int16_t", "sigmoid", Widened(op.sigmoid));
    kind = op.kind == core::RecurrentKind::kGru ? "EI8_GRU" : "EI8_LSTM";
  }
  const std::string tanh = SharedArray("int16_t", "tanh", Widened(op.tanh));
  Open("recurrent", op.output);
  Put("    &tensors[{}], &tensors[{}],\n    {},\n    {},\n"
      "    {}, {}, {}, {}, {}, {},\n}};\n",
      op.input, op.output, of_x, of_h, sigmoid, tanh, kind,
      core::GateCount(op.kind), op.reverse ? 1 : 0,
      memory_.scratch_offset[op_]);
}

// WriteConstants() writes them all.
void TableWriter::Write(const core::ConstantOp&) {}

void TableWriter::WriteConstants() {
  if (memory_.constants.empty()) return;
  std::vector<std::string> names;
  for (const core::IntegerOp& any : graph_.ops) {
    const auto* op = std::get_if<core::ConstantOp>(&any);
    if (op == nullptr) continue;
    const core::TensorSpec& t = tensor(op->output);
    const CWalk walk = WalkChannelMajor(t, kStorageAxes);
    std::vector<int64_t> values;
    for (int32_t i = 0; i < walk.extent[0]; ++i) {
      for (int32_t j = 0; j < walk.extent[1]; ++j) {
        for (int32_t k = 0; k < walk.extent[2]; ++k) {
          values.push_back(op->values[AsSize(
              i * walk.step[0] + j * walk.step[1] + k * walk.step[2])]);
        }
      }
    }
    names.push_back(fmt::format("constant_{}", names.size()));
    text_ += CArray(CType(t.type), names.back(), values);
  }
  Put("const void* const ei8_constants[{}] = {{\n    {},\n}};\n", names.size(),
      fmt::join(names, ",\n    "));
}

}  // namespace edge_int8
