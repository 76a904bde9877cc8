#include <algorithm>

#include "core/container/content_writer.h"
#include "core/container/format_version.h"
#include "core/container/packed_weights.h"
#include "core/container/wrapper.h"

namespace edge_int8::core {
namespace {

// From each value to the next; empty when one does not fit a byte.
std::vector<int8_t> SmallDifferences(const std::vector<int16_t>& table) {
  std::vector<int8_t> differences;
  for (std::size_t i = 1; i < table.size(); ++i) {
    const int step = table[i] - table[i - 1];
    if (step < -128 || step > 127) return {};
    differences.push_back(static_cast<int8_t>(step));
  }
  return differences;
}

}  // namespace

flatbuffers::FlatBufferBuilder ContentWriter::Write(const Artifact& artifact) {
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
  const auto functions = WriteUnlessEmpty(functions_);
  const auto input_shape = WriteUnlessEmpty(g.input_shape);
  const auto output_shape = WriteUnlessEmpty(g.output_shape);
  builder_.Finish(ei8::CreateContent(
      builder_, name, tensors, types, ops, g.output, tables, coarse, fine,
      g.input_factor, g.output_scale, provenance, golden, functions,
      input_shape, output_shape));
  return std::move(builder_);
}

int16_t ContentWriter::TableIndex(const std::vector<int16_t>& table) {
  const auto next = static_cast<int16_t>(tables_.size());
  const auto [found, is_new] = table_index_.try_emplace(table, next);
  if (!is_new) return found->second;
  const bool fits_u8 =
      std::ranges::all_of(table, [](int16_t v) { return v >= 0 && v <= 255; });
  if (fits_u8) {
    const std::vector<uint8_t> bytes(table.begin(), table.end());
    tables_.push_back(
        ei8::CreateLookupTable(builder_, builder_.CreateVector(bytes)));
  } else if (const auto small = SmallDifferences(table); !small.empty()) {
    const auto stored = builder_.CreateVector(small);
    tables_.push_back(ei8::CreateLookupTable(builder_, 0, 0, table[0], stored));
  } else {
    tables_.push_back(
        ei8::CreateLookupTable(builder_, 0, builder_.CreateVector(table)));
  }
  return next;
}

int16_t ContentWriter::FunctionIndex(const std::string& function) {
  if (function.empty()) return -1;
  const auto next = static_cast<int16_t>(functions_.size());
  const auto [found, is_new] = function_index_.try_emplace(function, next);
  if (is_new) functions_.push_back(builder_.CreateString(function));
  return found->second;
}

ContentWriter::StoredActivation ContentWriter::MakeActivation(
    const Activation& a) {
  const bool has_table = a.kind != TableKind::kNone;
  const int16_t table = has_table ? TableIndex(a.table) : int16_t{-1};
  return {{a.zero, a.low, a.high, table, static_cast<uint8_t>(a.kind)},
          FunctionIndex(a.function),
          a.pre_scale};
}

ContentWriter::Multipliers ContentWriter::WriteMultipliers(
    const std::vector<Multiplier>& scale) {
  std::vector<int32_t> mantissa;
  std::vector<uint8_t> shift;
  for (const Multiplier& m : scale) {
    mantissa.push_back(m.mantissa);
    shift.push_back(static_cast<uint8_t>(m.shift));
  }
  return {builder_.CreateVector(mantissa), builder_.CreateVector(shift)};
}

ContentWriter::Bytes ContentWriter::WriteWeights(
    const std::vector<int8_t>& weights, int32_t bits) {
  if (bits != 8) return builder_.CreateVector(PackWeights(weights, bits));
  return builder_.CreateVector(reinterpret_cast<const uint8_t*>(weights.data()),
                               weights.size());
}

ContentWriter::VectorOf<flatbuffers::Offset<ei8::Tensor>>
ContentWriter::WriteTensors(const std::vector<TensorSpec>& tensors) {
  std::vector<Offset<ei8::Tensor>> stored;
  for (const TensorSpec& t : tensors) {
    const auto name = builder_.CreateString(t.name);
    const auto scales = WriteUnlessEmpty(t.scales);
    stored.push_back(ei8::CreateTensor(builder_, name, t.channels, t.height,
                                       t.width, static_cast<uint8_t>(t.type),
                                       t.zero_point, scales));
  }
  return builder_.CreateVector(stored);
}

ContentWriter::VectorOf<uint16_t> ContentWriter::WriteExp(
    const std::array<uint16_t, 256>& table) {
  return builder_.CreateVector(table.data(), table.size());
}

ContentWriter::VectorOf<flatbuffers::Offset<ei8::Golden>>
ContentWriter::WriteGolden(const std::vector<GoldenVector>& golden) {
  std::vector<Offset<ei8::Golden>> stored;
  for (const GoldenVector& g : golden) {
    const Ints output = builder_.CreateVector(g.output);
    stored.push_back(ei8::CreateGolden(builder_, g.seed, output));
  }
  return builder_.CreateVector(stored);
}

flatbuffers::Offset<ei8::Provenance> ContentWriter::WriteProvenance(
    const Provenance& p) {
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

std::vector<std::byte> SaveArtifact(const Artifact& artifact) {
  const flatbuffers::FlatBufferBuilder content =
      ContentWriter().Write(artifact);
  return WrapContent(
      std::as_bytes(std::span(content.GetBufferPointer(), content.GetSize())),
      FormatVersion(artifact.graph));
}

}  // namespace edge_int8::core
