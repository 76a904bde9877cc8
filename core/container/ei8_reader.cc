#include <algorithm>

#include "core/container/artifact.h"
#include "core/container/nibbles.h"
#include "core/container/validate.h"
#include "core/container/wrapper.h"
#include "ei8_generated.h"

namespace edge_int8::core {
namespace {

template <class T>
using Vector = flatbuffers::Vector<T>;

// FlatBuffers let two fields name the same bytes. So that a small file can't
// fill a large memory, all that is copied is counted against the file's size.
// Only tables are meant to be shared, and are small.
//
// Every method returns false after setting result_.
class ContentReader {
 public:
  ContentReader(const ei8::Content& content, std::size_t size, Artifact* out)
      : content_(content), unread_(size), out_(out) {}

  Result Read() {
    ReadHead() && ReadTensors() && ReadTables() && ReadOps() &&
        ReadProvenance() && ReadGolden();
    return result_;
  }

 private:
  bool Fail(Status status, int32_t item = -1) {
    result_ = {status, op_, item};
    return false;
  }

  bool Count(std::size_t bytes) {
    if (bytes > unread_) return Fail(Status::kSharedBytes);
    unread_ -= bytes;
    return true;
  }

  template <class T>
  bool Copy(const Vector<T>* from, std::vector<T>* to) {
    if (!Count(from->size() * sizeof(T))) return false;
    to->assign(from->data(), from->data() + from->size());
    return true;
  }

  bool CopyText(const flatbuffers::String* from, std::string* to) {
    if (!Count(from->size())) return false;
    to->assign(from->data(), from->size());
    return true;
  }

  bool CopyExp(const Vector<uint16_t>* from, std::array<uint16_t, 256>* to) {
    if (from == nullptr) return true;
    if (from->size() != to->size()) return Fail(Status::kBadExpTable);
    std::copy_n(from->data(), to->size(), to->begin());
    return true;
  }

  bool CopyMultipliers(const Vector<int32_t>* mantissa,
                       const Vector<uint8_t>* shift,
                       std::vector<Multiplier>* to) {
    const std::size_t count = mantissa->size();
    if (shift->size() != count) return Fail(Status::kChannelCount);
    if (!Count(count * 5)) return false;
    to->resize(count);
    for (std::size_t i = 0; i < count; ++i) {
      (*to)[i] = {mantissa->data()[i], shift->data()[i]};
    }
    return true;
  }

  bool ReadHead() {
    IntegerGraph& g = out_->graph;
    g.output = content_.output();
    g.input_factor = content_.input_factor();
    g.output_scale = content_.output_scale();
    return CopyText(content_.name(), &g.name) &&
           CopyExp(content_.exp_coarse(), &g.exp_tables.coarse) &&
           CopyExp(content_.exp_fine(), &g.exp_tables.fine);
  }

  bool ReadTensors() {
    const auto& stored = *content_.tensors();
    if (stored.size() > kMaxTensors) return Fail(Status::kTensorCount);
    for (const ei8::Tensor* t : stored) {
      out_->graph.tensors.push_back({{},
                                     t->channels(),
                                     t->height(),
                                     t->width(),
                                     static_cast<Type>(t->type()),
                                     t->zero_point()});
      if (!CopyText(t->name(), &out_->graph.tensors.back().name)) return false;
    }
    return true;
  }

  // False when a sum leaves int16.
  static bool AddUp(int16_t first, const Vector<int8_t>& differences,
                    std::vector<int16_t>* to) {
    int32_t value = first;
    to->push_back(first);
    for (const int8_t difference : differences) {
      value += difference;
      if (value < -32768 || value > 32767) return false;
      to->push_back(static_cast<int16_t>(value));
    }
    return true;
  }

  bool ReadTables() {
    if (content_.tables() == nullptr) return true;
    const auto& stored = *content_.tables();
    if (stored.size() > kMaxTables) return Fail(Status::kTooManyItems);
    for (const ei8::LookupTable* t : stored) {
      const auto index = static_cast<int32_t>(tables_.size());
      const int forms = int{t->u8() != nullptr} + int{t->s16() != nullptr} +
                        int{t->differences() != nullptr};
      if (forms != 1) return Fail(Status::kBadTable, index);
      const std::size_t size = t->u8()    ? t->u8()->size()
                               : t->s16() ? t->s16()->size()
                                          : t->differences()->size() + 1;
      if (size > kInterpolateEntries) return Fail(Status::kTableSize, index);
      if (!Count(size)) return false;
      tables_.emplace_back();
      if (t->u8() != nullptr) {
        tables_.back().assign(t->u8()->data(), t->u8()->data() + size);
      } else if (t->s16() != nullptr) {
        tables_.back().assign(t->s16()->data(), t->s16()->data() + size);
      } else if (!AddUp(t->first(), *t->differences(), &tables_.back())) {
        return Fail(Status::kBadTable, index);
      }
    }
    return true;
  }

  bool ReadActivation(const ei8::Activation& from, Activation* to) {
    *to = {from.zero(),
           from.low(),
           from.high(),
           static_cast<TableKind>(from.kind()),
           {}};
    if (to->kind == TableKind::kNone) {
      return from.table() == -1 || Fail(Status::kBadTableIndex, from.table());
    }
    const auto index = static_cast<std::size_t>(from.table());  // -1 is huge
    if (index >= tables_.size()) {
      return Fail(Status::kBadTableIndex, from.table());
    }
    to->table = tables_[index];
    return true;
  }

  bool ReadWeights(const ei8::Conv& from, ConvOp* to) {
    const Vector<uint8_t>& bytes = *from.weights();
    if (!Count(bytes.size())) return false;
    if (to->weight_bits != 4) {
      to->weights.assign(bytes.begin(), bytes.end());
      return true;
    }
    // The bytes don't say whether the last nibble is a weight; the shape does.
    const int64_t count = WeightCount(out_->graph, *to);
    if (count < 0 ||
        NibbleBytes(static_cast<std::size_t>(count)) != bytes.size() ||
        (count % 2 == 1 && bytes.data()[bytes.size() - 1] >> 4 != 0)) {
      return Fail(Status::kBadPacking);
    }
    to->weights = UnpackNibbles(std::span(bytes.data(), bytes.size()),
                                static_cast<std::size_t>(count));
    return true;
  }

  bool ReadOp(const ei8::Conv& from) {
    ConvOp op;
    op.input = from.input();
    op.output = from.output();
    op.geometry = {from.kernel_h(),  from.kernel_w(),   from.stride_h(),
                   from.stride_w(),  from.dilation_h(), from.dilation_w(),
                   from.pad_top(),   from.pad_bottom(), from.pad_left(),
                   from.pad_right(), from.groups()};
    op.weight_bits = from.weight_bits();
    return Copy(from.bias(), &op.bias) && ReadWeights(from, &op) &&
           CopyMultipliers(from.mantissa(), from.shift(), &op.scale) &&
           ReadActivation(*from.activation(), &op.activation) && Keep(op);
  }

  bool ReadOp(const ei8::Add& from) {
    AddOp op;
    op.output = from.output();
    op.fraction_bits = from.fraction_bits();
    if (from.terms()->size() > kMaxAddTerms) return Fail(Status::kTermCount);
    for (const ei8::AddTerm* t : *from.terms()) {
      op.terms.push_back(
          {t->tensor(), t->rescale(), {t->mantissa(), t->shift()}});
    }
    return ReadActivation(*from.activation(), &op.activation) && Keep(op);
  }

  bool ReadOp(const ei8::Attention& from) {
    AttentionOp op;
    op.input = from.input();
    op.output = from.output();
    op.heads = from.heads();
    op.axis = static_cast<AttentionAxis>(from.axis());
    return CopyMultipliers(from.logit_mantissa(), from.logit_shift(),
                           &op.logit) &&
           Copy(from.bias(), &op.bias) &&
           CopyMultipliers(from.mantissa(), from.shift(), &op.scale) &&
           ReadActivation(*from.activation(), &op.activation) && Keep(op);
  }

  bool ReadOp(const ei8::Pool& from) {
    PoolOp op{from.input(), from.output(), from.bins(), {}};
    const bool has_scale = from.mantissa() != nullptr;
    if (has_scale != (from.shift() != nullptr)) {
      return Fail(Status::kChannelCount);
    }
    if (has_scale &&
        !CopyMultipliers(from.mantissa(), from.shift(), &op.bin_scale)) {
      return false;
    }
    return Keep(op);
  }

  bool ReadOp(const ei8::Transpose& from) {
    const ei8::Order& order = *from.order();
    return Keep(TransposeOp{from.input(),
                            from.output(),
                            {order.channels(), order.height(), order.width()}});
  }

  template <class T>
  bool Keep(T op) {
    out_->graph.ops.push_back(std::move(op));
    return true;
  }

  bool ReadAnyOp(ei8::Op type, const void* op) {
    switch (type) {
      case ei8::Op::Conv:
        return ReadOp(*static_cast<const ei8::Conv*>(op));
      case ei8::Op::Add:
        return ReadOp(*static_cast<const ei8::Add*>(op));
      case ei8::Op::Attention:
        return ReadOp(*static_cast<const ei8::Attention*>(op));
      case ei8::Op::Pool:
        return ReadOp(*static_cast<const ei8::Pool*>(op));
      case ei8::Op::Transpose:
        return ReadOp(*static_cast<const ei8::Transpose*>(op));
      case ei8::Op::NONE:
        break;
    }
    return Fail(Status::kUnknownOp);
  }

  bool ReadOps() {
    const auto& types = *content_.ops_type();
    const auto& ops = *content_.ops();
    if (ops.size() > kMaxOps) return Fail(Status::kOpCount);
    for (flatbuffers::uoffset_t i = 0; i < ops.size(); ++i) {
      op_ = static_cast<int32_t>(i);
      if (!ReadAnyOp(types.GetEnum<ei8::Op>(i), ops.Get(i))) return false;
    }
    op_ = -1;
    return true;
  }

  bool ReadProvenance() {
    const ei8::Provenance& from = *content_.provenance();
    Provenance& to = out_->provenance;
    if (from.data_files() != nullptr) {
      if (from.data_files()->size() > kMaxDataFiles) {
        return Fail(Status::kTooManyItems);
      }
      for (const ei8::DataFile* f : *from.data_files()) {
        to.data_files.emplace_back();
        if (!CopyText(f->name(), &to.data_files.back().name) ||
            !CopyText(f->sha256(), &to.data_files.back().sha256)) {
          return false;
        }
      }
    }
    return CopyText(from.tool(), &to.tool) &&
           CopyText(from.checkpoint_sha256(), &to.checkpoint_sha256) &&
           CopyText(from.plan_sha256(), &to.plan_sha256) &&
           CopyText(from.data(), &to.data) &&
           CopyText(from.recipe(), &to.recipe);
  }

  bool ReadGolden() {
    if (content_.golden() == nullptr) return true;
    if (content_.golden()->size() > kMaxGoldenVectors) {
      return Fail(Status::kTooManyItems);
    }
    for (const ei8::Golden* g : *content_.golden()) {
      out_->golden.push_back({g->seed(), {}});
      if (!Copy(g->output(), &out_->golden.back().output)) return false;
    }
    return true;
  }

  const ei8::Content& content_;
  std::size_t unread_;
  Artifact* out_;
  std::vector<std::vector<int16_t>> tables_;
  int32_t op_ = -1;
  Result result_;
};

Result ReadAligned(std::span<const std::byte> bytes, Artifact* out) {
  std::span<const std::byte> inside;
  const Status status = UnwrapContent(bytes, &inside);
  if (status != Status::kOk) return {status};
  flatbuffers::Verifier::Options options;
  options.max_depth = 8;
  options.max_tables = 16384;
  flatbuffers::Verifier verifier(
      reinterpret_cast<const uint8_t*>(inside.data()), inside.size(), options);
  if (!verifier.VerifyBuffer<ei8::Content>(nullptr)) {
    return {Status::kBadContent};
  }
  const auto* content = flatbuffers::GetRoot<ei8::Content>(inside.data());
  Artifact artifact;
  Result result = ContentReader(*content, inside.size(), &artifact).Read();
  if (result.ok()) result = ValidateArtifact(artifact);
  if (result.ok()) *out = std::move(artifact);
  return result;
}

}  // namespace

Result LoadArtifact(std::span<const std::byte> bytes, Artifact* out) {
  if (bytes.size() > kMaxFileBytes) return {Status::kFileTooLarge};
  const auto address = reinterpret_cast<std::uintptr_t>(bytes.data());
  if (address % kFileAlignment == 0) return ReadAligned(bytes, out);
  std::vector<uint64_t> aligned(bytes.size() / sizeof(uint64_t) + 1);
  const std::span<std::byte> copy =
      std::as_writable_bytes(std::span(aligned)).first(bytes.size());
  std::ranges::copy(bytes, copy.begin());
  return ReadAligned(copy, out);
}

}  // namespace edge_int8::core
