#include "core/container/content_reader.h"
#include "core/container/format_version.h"
#include "core/container/validate.h"
#include "core/container/wrapper.h"

namespace edge_int8::core {
namespace {

// False when a sum leaves int16.
bool AddUp(int16_t first, const flatbuffers::Vector<int8_t>& differences,
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

}  // namespace

bool ContentReader::CopyExp(const Vector<uint16_t>* from,
                            std::array<uint16_t, 256>* to) {
  if (from == nullptr) return true;
  if (from->size() != to->size()) return Fail(Status::kBadExpTable);
  std::copy_n(from->data(), to->size(), to->begin());
  return true;
}

bool ContentReader::ReadHead() {
  IntegerGraph& g = out_->graph;
  g.output = content_.output();
  g.input_factor = content_.input_factor();
  g.output_scale = content_.output_scale();
  return CopyText(content_.name(), &g.name) &&
         CopyExp(content_.exp_coarse(), &g.exp_tables.coarse) &&
         CopyExp(content_.exp_fine(), &g.exp_tables.fine) &&
         CopyIfAny(content_.input_shape(), &g.input_shape) &&
         CopyIfAny(content_.output_shape(), &g.output_shape);
}

bool ContentReader::ReadTensors() {
  const auto& stored = *content_.tensors();
  if (stored.size() > kMaxTensors) return Fail(Status::kTensorCount);
  for (const ei8::Tensor* t : stored) {
    TensorSpec& spec = out_->graph.tensors.emplace_back();
    spec.channels = t->channels();
    spec.height = t->height();
    spec.width = t->width();
    spec.type = static_cast<Type>(t->type());
    spec.zero_point = t->zero_point();
    if (!CopyText(t->name(), &spec.name) ||
        !CopyIfAny(t->scales(), &spec.scales)) {
      return false;
    }
  }
  return true;
}

bool ContentReader::ReadTable(const ei8::LookupTable& from, int32_t index) {
  const int forms = int{from.u8() != nullptr} + int{from.s16() != nullptr} +
                    int{from.differences() != nullptr};
  if (forms != 1) return Fail(Status::kBadTable, index);
  const std::size_t size = from.u8()    ? from.u8()->size()
                           : from.s16() ? from.s16()->size()
                                        : from.differences()->size() + 1;
  if (size > kInterpolateEntries) return Fail(Status::kTableSize, index);
  if (!Count(size)) return false;
  std::vector<int16_t>& to = tables_.emplace_back();
  to.reserve(size);
  if (from.u8() != nullptr) {
    to.assign(from.u8()->data(), from.u8()->data() + size);
  } else if (from.s16() != nullptr) {
    to.assign(from.s16()->data(), from.s16()->data() + size);
  } else if (!AddUp(from.first(), *from.differences(), &to)) {
    return Fail(Status::kBadTable, index);
  }
  return true;
}

bool ContentReader::ReadTables() {
  if (content_.tables() == nullptr) return true;
  const auto& stored = *content_.tables();
  if (stored.size() > kMaxTables) return Fail(Status::kTooManyItems);
  for (const ei8::LookupTable* t : stored) {
    if (!ReadTable(*t, static_cast<int32_t>(tables_.size()))) return false;
  }
  return true;
}

bool ContentReader::ReadFunctions() {
  if (content_.functions() == nullptr) return true;
  const auto& stored = *content_.functions();
  if (stored.size() > kMaxOps) return Fail(Status::kTooManyItems);
  for (const flatbuffers::String* f : stored) {
    if (f->size() > kMaxFunctionBytes) return Fail(Status::kBadText);
    if (!CopyText(f, &functions_.emplace_back())) return false;
  }
  return true;
}

bool ContentReader::ReadProvenance() {
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
         CopyText(from.data(), &to.data) && CopyText(from.recipe(), &to.recipe);
}

bool ContentReader::ReadGolden() {
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

namespace {

Result ReadAligned(std::span<const std::byte> bytes, Artifact* out) {
  std::span<const std::byte> inside;
  uint32_t version = 0;
  const Status status = UnwrapContent(bytes, &inside, &version);
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
  if (result.ok() && FormatVersion(artifact.graph) > version) {
    result = {Status::kNeedsVersion2};
  }
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
