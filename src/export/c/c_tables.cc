#include "src/export/c/c_tables.h"

#include <algorithm>
#include <variant>

#include "src/export/c/c_table_writer.h"
#include "src/export/c/c_text.h"

namespace edge_int8 {
namespace {

std::string_view TypeMacro(core::Type type) {
  switch (type) {
    case core::Type::kU8:
      return "EI8_U8";
    case core::Type::kS8:
      return "EI8_S8";
    case core::Type::kS16:
      return "EI8_S16";
    case core::Type::kS32:
      break;
  }
  return "EI8_S32";
}

std::string_view DotSuffix(core::Type type) {
  if (type == core::Type::kU8) return "u8";
  return type == core::Type::kS8 ? "s8" : "s16";
}

std::string OrderText(const CWalk& walk, core::Type type) {
  return fmt::format("{{{{{}}}, {{{}}}, {}}}", fmt::join(walk.extent, ", "),
                     fmt::join(walk.step, ", "), core::TypeBytes(type));
}

std::string Opening(const std::set<std::string>& kernels, CTarget target) {
  const bool general = std::ranges::any_of(kernels, IsGeneralCKernel);
  const bool own = std::ranges::any_of(kernels, IsTargetCKernel);
  return fmt::format(
      "// Generated: the model's weights, tables and descriptors.\n"
      "{}#include \"{}\"\n\n",
      own ? fmt::format("#include \"{}\"\n", FilesOf(target).header) : "",
      general ? "ei8_operators.h" : "ei8_runtime.h");
}

// Terms of the sum's own extents, all of them added.
bool IsPlainSum(const core::IntegerGraph& graph, const core::AddOp& op) {
  const core::TensorSpec& out = graph.tensors[AsSize(op.output)];
  return std::ranges::all_of(op.terms, [&](const core::AddTerm& term) {
    return !term.negate &&
           graph.tensors[AsSize(term.tensor)].size() == out.size();
  });
}

}  // namespace

CTableFile TableWriter::Run() {
  WriteTensors();
  for (; op_ < graph_.ops.size(); ++op_) {
    std::visit([this](const auto& op) { Write(op); }, graph_.ops[op_]);
  }
  WriteEnds();
  if (tensor(graph_.output).type != core::Type::kS32) kernels_.insert("widen");
  return {Opening(kernels_, target_) + text_, std::move(kernels_)};
}

std::string TableWriter::Array(std::string_view type, std::string_view name,
                               const std::vector<int64_t>& values) {
  const std::string full = fmt::format("{}_{}", name, op_);
  text_ += CArray(type, full, values);
  return full;
}

std::string TableWriter::SharedArray(std::string_view type,
                                     std::string_view name,
                                     const std::vector<int64_t>& values) {
  const auto [at, added] = shared_.try_emplace(values);
  if (added) at->second = Array(type, name, values);
  return at->second;
}

std::string TableWriter::Multipliers(
    std::string_view name, const std::vector<core::Multiplier>& scales) {
  std::vector<int64_t> mantissa, shift;
  for (const core::Multiplier m : scales) {
    mantissa.push_back(m.mantissa);
    shift.push_back(m.shift);
  }
  const std::string m =
      Array("int32_t", fmt::format("{}_mantissa", name), mantissa);
  const std::string s = Array("uint8_t", fmt::format("{}_shift", name), shift);
  return fmt::format("{}, {}", m, s);
}

std::string TableWriter::Scales(std::string_view name,
                                const std::vector<int64_t>& bias,
                                const std::vector<core::Multiplier>& scales) {
  const std::string b = Array("int32_t", fmt::format("{}bias", name), bias);
  return fmt::format("{{{}, {}}}", b,
                     Multipliers(fmt::format("{}scale", name), scales));
}

std::string TableWriter::ActivationOf(const core::Activation& a,
                                      int32_t output) {
  std::string table = "0";
  std::string_view kind = "EI8_PLAIN";
  if (a.kind != core::TableKind::kNone) {
    const bool bytes = a.kind == core::TableKind::kLookup &&
                       tensor(output).type == core::Type::kU8;
    table = Array(bytes ? "uint8_t" : "int16_t", "table", Widened(a.table));
    kind = bytes ? "EI8_TABLE_U8" : "EI8_TABLE_S16";
    if (a.kind == core::TableKind::kInterpolate) kind = "EI8_LINE";
  }
  return fmt::format("{{{}, {}, {}, {}, {}}}", table, a.zero, a.low, a.high,
                     kind);
}

void TableWriter::Open(std::string_view kernel, int32_t output) {
  Put("// {}\nstatic const ei8_{} {}_{} = {{\n", CComment(tensor(output).name),
      kernel, kernel, op_);
  steps_ += fmt::format("    {{ei8_run_{}, &{}_{}}},\n", kernel, kernel, op_);
  ++step_count_;
  kernels_.emplace(kernel);
}

// Tensor 0 is the window, wherever a caller keeps it.
void TableWriter::WriteTensors() {
  Put("static const ei8_tensor tensors[{}] = {{\n", graph_.tensors.size());
  for (std::size_t i = 0; i < graph_.tensors.size(); ++i) {
    const core::TensorSpec& t = graph_.tensors[i];
    const int32_t owner = memory_.tensor_owner[i];
    const auto constant = std::ranges::find(memory_.constants, owner);
    std::string offset = fmt::to_string(memory_.tensor_offset[i]);
    if (owner == 0) offset = "EI8_WINDOW";
    if (constant != memory_.constants.end()) {
      offset = fmt::format("EI8_CONSTANT - {}",
                           constant - memory_.constants.begin());
    }
    Put("    {{{}, {}, {}, {}, {}, {}, {}}},\n", offset, t.height, t.width,
        t.channels, t.zero_point, TypeMacro(t.type), core::TypeBytes(t.type));
  }
  Put("}};\n");
}

std::string TableWriter::KernelName(std::string_view plain) const {
  const std::string_view suffix = FilesOf(target_).suffix;
  return suffix.empty() ? std::string(plain)
                        : fmt::format("{}_{}", plain, suffix);
}

std::string TableWriter::TapsText(const core::ConvOp& op) const {
  const core::ConvGeometry& g = op.geometry;
  const int32_t in_group = tensor(op.input).channels / g.groups;
  const bool one_tap = g.kernel_h * g.kernel_w == 1;
  const bool one_run = g.kernel_h == 1 && g.dilation_w == 1 && g.groups == 1;
  return fmt::format("{{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}}}",
                     in_group * g.kernel_h * g.kernel_w, in_group,
                     one_tap || one_run ? 1 : 0, g.kernel_h, g.kernel_w,
                     g.stride_h, g.stride_w, g.dilation_h, g.dilation_w,
                     g.pad_top, g.pad_left);
}

void TableWriter::Write(const core::ConvOp& op) {
  if (HasTargetConv(graph_, op, target_)) {
    return HasWordKernels(target_) ? WriteWordConv(op) : WriteRowConv(op);
  }
  const core::ConvGeometry& g = op.geometry;
  const bool depthwise = IsDepthwise(graph_, op);
  const CWeights packed = PackCWeights(graph_, op);
  const std::string weights =
      Array(packed.bits == 8 ? "int8_t" : "uint8_t", "weights", packed.bytes);
  const std::string scales = Scales(
      "", depthwise ? Widened(op.bias) : FoldedBias(graph_, op), op.scale);
  const std::string activation = ActivationOf(op.activation, op.output);
  Open(depthwise ? "depthwise" : "conv", op.output);
  Put("    &tensors[{}], &tensors[{}],\n", op.input, op.output);
  if (!depthwise) {
    if (packed.bits < 4) kernels_.emplace(kFewBitsCKernel);
    Put("    ei8_dot_{}_w{},\n", DotSuffix(tensor(op.input).type), packed.bits);
  }
  Put("    (const uint8_t*){},\n    {},\n    {},\n    {}, {},", weights, scales,
      activation, memory_.scratch_offset[op_], packed.row_bytes);
  if (depthwise) {
    Put(" {},\n    {}, {}, {}, {}, {}, {}, {}, {},\n}};\n", packed.bits,
        g.kernel_h, g.kernel_w, g.stride_h, g.stride_w, g.dilation_h,
        g.dilation_w, g.pad_top, g.pad_left);
  } else {
    Put(" {},\n    {},\n}};\n", tensor(op.output).channels / g.groups,
        TapsText(op));
  }
}

void TableWriter::WriteWordConv(const core::ConvOp& op) {
  const std::string weights =
      Array("uint32_t", "weights", PackWordWeights(graph_, op));
  const std::string scales = Scales("", FoldedBias(graph_, op), op.scale);
  const std::string activation = ActivationOf(op.activation, op.output);
  Open(KernelName("conv"), op.output);
  Put("    &tensors[{}], &tensors[{}], {},\n    {},\n    {},\n", op.input,
      op.output, weights, scales, activation);
  Put("    {}, {}, {}, {}, {},\n    {},\n}};\n", memory_.scratch_offset[op_],
      TargetRowWords(graph_, op), op.weight_bits == 8 ? 8 : 4,
      tensor(op.output).channels / op.geometry.groups,
      TargetTapGroups(graph_, op), TapsText(op));
}

void TableWriter::WriteRowConv(const core::ConvOp& op) {
  core::ConvOp stored = op;  // The kernels take 8 bits or 4.
  stored.weight_bits = op.weight_bits == 8 ? 8 : 4;
  CWeights packed = PackCWeights(graph_, stored);
  if (target_ == CTarget::kAarch64) {  // Its last row is read beyond its end.
    packed.bytes.insert(packed.bytes.end(), 16, 0);
  }
  const std::string weights =
      Array(packed.bits == 8 ? "int8_t" : "uint8_t", "weights", packed.bytes);
  const std::string scales = Scales(
      "", FoldedBias(graph_, op, MovedBy(graph_, op, target_)), op.scale);
  const std::string activation = ActivationOf(op.activation, op.output);
  Open(KernelName("conv"), op.output);
  Put("    &tensors[{}], &tensors[{}],\n    (const uint8_t*){},\n    {},\n"
      "    {},\n",
      op.input, op.output, weights, scales, activation);
  Put("    {}, {}, {}, {},\n    {},\n}};\n", memory_.scratch_offset[op_],
      packed.row_bytes, packed.bits,
      tensor(op.output).channels / op.geometry.groups, TapsText(op));
}

void TableWriter::Write(const core::AddOp& op) {
  if (!IsPlainSum(graph_, op)) return WriteSum(op);
  Put("static const ei8_term terms_{}[{}] = {{\n", op_, op.terms.size());
  for (const core::AddTerm& term : op.terms) {
    Put("    {{&tensors[{}], {}, {}, {}}},\n", term.tensor, term.scale.mantissa,
        term.scale.shift, term.rescale ? 1 : 0);
  }
  Put("}};\n");
  const std::string activation = ActivationOf(op.activation, op.output);
  const bool own = FilesOf(target_).has_add;
  if (own) kernels_.emplace("add");  // What its kernel leaves to the plain one.
  Open(own ? KernelName("add") : "add", op.output);
  Put("    &tensors[{}], terms_{}, {}, {}, {},\n}};\n", op.output, op_,
      activation, op.terms.size(), op.fraction_bits);
}

void TableWriter::Write(const core::AttentionOp& op) {
  WriteExpTables();
  const core::TensorSpec& in = tensor(op.input);
  const std::string logit = Multipliers("logit", op.logit);
  const std::string scales = Scales("", Widened(op.bias), op.scale);
  const std::string activation = ActivationOf(op.activation, op.output);
  const bool along_width = op.axis == core::AttentionAxis::kWidth;
  const bool own = FilesOf(target_).has_attention;
  Open(own ? KernelName("attention") : "attention", op.output);
  Put("    &tensors[{}], &tensors[{}], {},\n    {},\n    {},\n", op.input,
      op.output, logit, scales, activation);
  Put("    exp_coarse, exp_fine, {}, {},\n", memory_.scratch_offset[op_],
      op.heads);
  if (along_width) {
    Put("    {}, {}, {}, {},\n}};\n", in.height, in.width, in.width, 1);
  } else {
    Put("    {}, {}, {}, {},\n}};\n", in.width, 1, in.height, in.width);
  }
}

void TableWriter::Write(const core::PoolOp& op) {
  const std::string scales =
      op.bin_scale.empty() ? "0, 0" : Multipliers("bin", op.bin_scale);
  Open("pool", op.output);
  Put("    &tensors[{}], &tensors[{}], {}, {},\n}};\n", op.input, op.output,
      scales, op.bins);
}

void TableWriter::Write(const core::TransposeOp& op) {
  const core::TensorSpec& in = tensor(op.input);
  if (KeepsStorage(in, op)) return;
  Open("transpose", op.output);
  Put("    &tensors[{}], &tensors[{}], {},\n}};\n", op.input, op.output,
      OrderText(WalkStorage(in, TransposedAxes(op)), in.type));
}

void TableWriter::WriteExpTables() {
  if (exp_written_) return;
  exp_written_ = true;
  const core::ExpTables& exp = graph_.exp_tables;
  const auto values = [](const std::array<uint16_t, 256>& table) {
    return std::vector<int64_t>(table.begin(), table.end());
  };
  text_ += CArray("uint16_t", "exp_coarse", values(exp.coarse));
  text_ += CArray("uint16_t", "exp_fine", values(exp.fine));
}

void TableWriter::WriteEnds() {
  const core::TensorSpec& in = tensor(0);
  const core::TensorSpec& out = tensor(graph_.output);
  WriteConstants();
  Put("const ei8_step ei8_steps[{}] = {{\n{}}};\n", step_count_, steps_);
  Put("const int32_t ei8_step_count = {};\n", step_count_);
  Put("const int32_t ei8_window_offset = {};\n", memory_.tensor_offset[0]);
  Put("const ei8_order ei8_input_order = {};\n",
      OrderText(WalkChannelMajor(in, kStorageAxes), in.type));
  Put("const ei8_tensor* const ei8_output = &tensors[{}];\n", graph_.output);
  Put("const ei8_order ei8_output_order = {};\n",
      OrderText(WalkStorage(out, {0, 1, 2}), out.type));
}

CTableFile CTables(const core::IntegerGraph& graph, const CMemory& memory,
                   CTarget target) {
  return TableWriter(graph, memory, target).Run();
}

}  // namespace edge_int8
