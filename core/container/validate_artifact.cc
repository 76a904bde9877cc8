#include <algorithm>

#include "core/container/artifact.h"
#include "core/container/validate.h"

namespace edge_int8::core {
namespace {

// Length of the well-formed UTF-8 sequence (Unicode table 3-7) at the start of
// `text`, which is not empty; 0 when there is none.
std::size_t SequenceLength(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<uint8_t>(text[i]) : uint8_t{0};
  };
  const auto in = [&](std::size_t i, int low, int high) {
    return byte(i) >= low && byte(i) <= high;
  };
  const auto tail = [&](std::size_t i) { return in(i, 0x80, 0xbf); };
  if (byte(0) < 0x80) return 1;
  if (in(0, 0xc2, 0xdf) && tail(1)) return 2;
  if (in(0, 0xe0, 0xef) && tail(1) && tail(2)) {
    const bool overlong = byte(0) == 0xe0 && byte(1) < 0xa0;
    const bool surrogate = byte(0) == 0xed && byte(1) > 0x9f;
    return overlong || surrogate ? 0 : 3;
  }
  if (in(0, 0xf0, 0xf4) && tail(1) && tail(2) && tail(3)) {
    const bool overlong = byte(0) == 0xf0 && byte(1) < 0x90;
    const bool beyond = byte(0) == 0xf4 && byte(1) > 0x8f;
    return overlong || beyond ? 0 : 4;
  }
  return 0;
}

// Texts go to terminals and JSON: neither escape sequences nor broken UTF-8.
bool IsText(std::string_view text) {
  if (text.size() > kMaxTextBytes) return false;
  while (!text.empty()) {
    const std::size_t length = SequenceLength(text);
    const auto first = static_cast<uint8_t>(text[0]);
    if (length == 0 || first < 0x20 || first == 0x7f) return false;
    text.remove_prefix(length);
  }
  return true;
}

bool FunctionIsText(const IntegerOp& any) {
  return std::visit(
      [](const auto& op) {
        if constexpr (requires { op.activation; }) {
          return op.activation.function.size() <= kMaxFunctionBytes &&
                 IsText(op.activation.function);
        }
        return true;
      },
      any);
}

bool TextsAreValid(const Artifact& artifact) {
  const Provenance& p = artifact.provenance;
  const auto file_is_text = [](const DataFile& f) {
    return IsText(f.name) && IsText(f.sha256);
  };
  const auto name_is_text = [](const TensorSpec& t) { return IsText(t.name); };
  return IsText(artifact.graph.name) && IsText(p.tool) &&
         IsText(p.checkpoint_sha256) && IsText(p.plan_sha256) &&
         IsText(p.data) && IsText(p.recipe) &&
         std::ranges::all_of(p.data_files, file_is_text) &&
         std::ranges::all_of(artifact.graph.tensors, name_is_text) &&
         std::ranges::all_of(artifact.graph.ops, FunctionIsText);
}

}  // namespace

Result ValidateArtifact(const Artifact& artifact) {
  const Result graph = ValidateGraph(artifact.graph);
  if (!graph.ok()) return graph;
  if (!TextsAreValid(artifact)) return {Status::kBadText};
  if (artifact.golden.size() > kMaxGoldenVectors ||
      artifact.provenance.data_files.size() > kMaxDataFiles) {
    return {Status::kTooManyItems};
  }
  const auto output = static_cast<std::size_t>(artifact.graph.output);
  const int64_t size = artifact.graph.tensors[output].size();
  for (std::size_t i = 0; i < artifact.golden.size(); ++i) {
    if (static_cast<int64_t>(artifact.golden[i].output.size()) != size) {
      return {Status::kGoldenSize, -1, static_cast<int32_t>(i)};
    }
  }
  return {};
}

}  // namespace edge_int8::core
