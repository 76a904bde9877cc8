#include <algorithm>
#include <map>

#include "core/container/artifact.h"
#include "core/container/nibbles.h"
#include "core/container/wrapper.h"
#include "ei8_generated.h"

namespace edge_int8::core {
namespace {

using flatbuffers::Offset;
using Ints = Offset<flatbuffers::Vector<int32_t>>;
using Bytes = Offset<flatbuffers::Vector<uint8_t>>;

// FlatBuffers are built from the leaves up; the order of the calls is the order
// of the bytes, and nothing else decides it.
class ContentWriter {
 public:
  flatbuffers::FlatBufferBuilder Write(const Artifact& artifact) {
    const IntegerGraph& g = artifact.graph;
    for (const IntegerOp& op : g.ops) {
      std::visit([&](const auto& o) { AddOperator(o); }, op);
    }
    const auto types = builder_.CreateVector(op_types_);
    const auto ops = builder_.CreateVector(ops_);
    const auto tables = builder_.CreateVector(tables_);
    const auto tensors = WriteTensors(g.tensors);
    const bool has_exp = g.exp_tables.coarse[0] != 0;
    const auto coarse = has_exp ? WriteExp(g.exp_tables.coarse) : 0;
    const auto fine = has_exp ? WriteExp(g.exp_tables.fine) : 0;
    const auto golden = WriteGolden(artifact.golden);
    const auto provenance = WriteProvenance(artifact.provenance);
    const auto name = builder_.CreateString(g.name);
    builder_.Finish(ei8::CreateContent(
        builder_, name, tensors, types, ops, g.output, tables, coarse, fine,
        g.input_factor, g.output_scale, provenance, golden));
    return std::move(builder_);
  }

 private:
  struct Multipliers {
    Ints mantissa;
    Bytes shift;
  };

  Multipliers WriteMultipliers(const std::vector<Multiplier>& scale) {
    std::vector<int32_t> mantissa;
    std::vector<uint8_t> shift;
    for (const Multiplier& m : scale) {
      mantissa.push_back(m.mantissa);
      shift.push_back(static_cast<uint8_t>(m.shift));
    }
    return {builder_.CreateVector(mantissa), builder_.CreateVector(shift)};
  }

  // Operators with equal tables share one.
  int16_t TableIndex(const std::vector<int16_t>& table) {
    const auto next = static_cast<int16_t>(tables_.size());
    const auto [found, is_new] = table_index_.try_emplace(table, next);
    if (!is_new) return found->second;
    const bool fits_u8 = std::ranges::all_of(
        table, [](int16_t v) { return v >= 0 && v <= 255; });
    if (fits_u8) {
      const std::vector<uint8_t> bytes(table.begin(), table.end());
      tables_.push_back(
          ei8::CreateLookupTable(builder_, builder_.CreateVector(bytes)));
    } else if (const auto small = SmallDifferences(table); !small.empty()) {
      const auto stored = builder_.CreateVector(small);
      tables_.push_back(
          ei8::CreateLookupTable(builder_, 0, 0, table[0], stored));
    } else {
      tables_.push_back(
          ei8::CreateLookupTable(builder_, 0, builder_.CreateVector(table)));
    }
    return next;
  }

  // From each value to the next; empty when one does not fit a byte.
  static std::vector<int8_t> SmallDifferences(
      const std::vector<int16_t>& table) {
    std::vector<int8_t> differences;
    for (std::size_t i = 1; i < table.size(); ++i) {
      const int step = table[i] - table[i - 1];
      if (step < -128 || step > 127) return {};
      differences.push_back(static_cast<int8_t>(step));
    }
    return differences;
  }

  ei8::Activation MakeActivation(const Activation& a) {
    const bool has_table = a.kind != TableKind::kNone;
    const int16_t table = has_table ? TableIndex(a.table) : int16_t{-1};
    return {a.zero, a.low, a.high, table, static_cast<uint8_t>(a.kind)};
  }

  Bytes WriteWeights(const ConvOp& op) {
    if (op.weight_bits == 4) {
      return builder_.CreateVector(PackNibbles(op.weights));
    }
    return builder_.CreateVector(
        reinterpret_cast<const uint8_t*>(op.weights.data()), op.weights.size());
  }

  template <class T>
  void Push(ei8::Op type, Offset<T> op) {
    op_types_.push_back(type);
    ops_.push_back(op.Union());
  }

  void AddOperator(const ConvOp& op) {
    const ei8::Activation activation = MakeActivation(op.activation);
    const Multipliers scale = WriteMultipliers(op.scale);
    const Ints bias = builder_.CreateVector(op.bias);
    const Bytes weights = WriteWeights(op);
    const ConvGeometry& g = op.geometry;
    Push(ei8::Op::Conv,
         ei8::CreateConv(builder_, op.input, op.output, g.kernel_h, g.kernel_w,
                         g.stride_h, g.stride_w, g.dilation_h, g.dilation_w,
                         g.pad_top, g.pad_bottom, g.pad_left, g.pad_right,
                         g.groups, op.weight_bits, weights, bias,
                         scale.mantissa, scale.shift, &activation));
  }

  void AddOperator(const AddOp& op) {
    const ei8::Activation activation = MakeActivation(op.activation);
    std::vector<ei8::AddTerm> terms;
    for (const AddTerm& t : op.terms) {
      terms.emplace_back(t.tensor, t.scale.mantissa,
                         static_cast<uint8_t>(t.scale.shift), t.rescale);
    }
    const auto stored = builder_.CreateVectorOfStructs(terms);
    Push(ei8::Op::Add, ei8::CreateAdd(builder_, stored, op.output,
                                      op.fraction_bits, &activation));
  }

  void AddOperator(const AttentionOp& op) {
    const ei8::Activation activation = MakeActivation(op.activation);
    const Multipliers logit = WriteMultipliers(op.logit);
    const Multipliers scale = WriteMultipliers(op.scale);
    const Ints bias = builder_.CreateVector(op.bias);
    Push(ei8::Op::Attention,
         ei8::CreateAttention(builder_, op.input, op.output, op.heads,
                              static_cast<uint8_t>(op.axis), logit.mantissa,
                              logit.shift, bias, scale.mantissa, scale.shift,
                              &activation));
  }

  void AddOperator(const PoolOp& op) {
    const Multipliers scale =
        op.bin_scale.empty() ? Multipliers{} : WriteMultipliers(op.bin_scale);
    Push(ei8::Op::Pool, ei8::CreatePool(builder_, op.input, op.output, op.bins,
                                        scale.mantissa, scale.shift));
  }

  void AddOperator(const TransposeOp& op) {
    const ei8::Order order(static_cast<uint8_t>(op.order[0]),
                           static_cast<uint8_t>(op.order[1]),
                           static_cast<uint8_t>(op.order[2]));
    Push(ei8::Op::Transpose,
         ei8::CreateTranspose(builder_, op.input, op.output, &order));
  }

  Offset<flatbuffers::Vector<Offset<ei8::Tensor>>> WriteTensors(
      const std::vector<TensorSpec>& tensors) {
    std::vector<Offset<ei8::Tensor>> stored;
    for (const TensorSpec& t : tensors) {
      const auto name = builder_.CreateString(t.name);
      stored.push_back(ei8::CreateTensor(builder_, name, t.channels, t.height,
                                         t.width, static_cast<uint8_t>(t.type),
                                         t.zero_point));
    }
    return builder_.CreateVector(stored);
  }

  Offset<flatbuffers::Vector<uint16_t>> WriteExp(
      const std::array<uint16_t, 256>& table) {
    return builder_.CreateVector(table.data(), table.size());
  }

  Offset<flatbuffers::Vector<Offset<ei8::Golden>>> WriteGolden(
      const std::vector<GoldenVector>& golden) {
    std::vector<Offset<ei8::Golden>> stored;
    for (const GoldenVector& g : golden) {
      const Ints output = builder_.CreateVector(g.output);
      stored.push_back(ei8::CreateGolden(builder_, g.seed, output));
    }
    return builder_.CreateVector(stored);
  }

  Offset<ei8::Provenance> WriteProvenance(const Provenance& p) {
    std::vector<Offset<ei8::DataFile>> files;
    for (const DataFile& f : p.data_files) {
      const auto name = builder_.CreateString(f.name);
      const auto sha256 = builder_.CreateString(f.sha256);
      files.push_back(ei8::CreateDataFile(builder_, name, sha256));
    }
    const auto stored = builder_.CreateVector(files);
    const auto tool = builder_.CreateString(p.tool);
    const auto checkpoint = builder_.CreateString(p.checkpoint_sha256);
    const auto plan = builder_.CreateString(p.plan_sha256);
    const auto data = builder_.CreateString(p.data);
    const auto recipe = builder_.CreateString(p.recipe);
    return ei8::CreateProvenance(builder_, tool, checkpoint, plan, data, stored,
                                 recipe);
  }

  flatbuffers::FlatBufferBuilder builder_;
  std::vector<ei8::Op> op_types_;
  std::vector<Offset<void>> ops_;
  std::vector<Offset<ei8::LookupTable>> tables_;
  std::map<std::vector<int16_t>, int16_t> table_index_;
};

}  // namespace

std::vector<std::byte> SaveArtifact(const Artifact& artifact) {
  const flatbuffers::FlatBufferBuilder content =
      ContentWriter().Write(artifact);
  return WrapContent(
      std::as_bytes(std::span(content.GetBufferPointer(), content.GetSize())));
}

}  // namespace edge_int8::core
