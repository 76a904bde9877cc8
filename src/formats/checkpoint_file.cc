#include "src/formats/checkpoint_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "src/base/error.h"
#include "src/formats/file_kind.h"
#include "src/formats/safetensors.h"
#include "src/formats/torch_legacy.h"
#include "src/formats/torch_zip.h"

namespace edge_int8 {
namespace {

std::unique_ptr<TensorFile> OpenKind(const std::string& where,
                                     std::span<const std::byte> bytes) {
  switch (RecogniseCheckpoint(where, bytes)) {
    case CheckpointKind::kTorchZip:
      return OpenTorchZip(where, bytes);
    case CheckpointKind::kTorchLegacy:
      return OpenTorchLegacy(where, bytes);
    case CheckpointKind::kSafetensors:
      return OpenSafetensors(where, bytes);
  }
  return nullptr;
}

[[noreturn]] void FailEmpty(const std::string& where,
                            const FoundTensors& found) {
  if (!found.modules.empty()) {
    FailWholeModule(where, found.modules[0].place, found.modules[0].class_name);
  }
  if (found.arrays) FailPickledArrays(where);
  if (!found.skipped.empty()) {
    FailInput(where, fmt::format("holds no tensor, expected a state dict; it "
                                 "holds '{}', which was not run",
                                 fmt::join(found.skipped, "', '")));
  }
  FailInput(where, "holds no tensor, expected a state dict");
}

}  // namespace

CheckpointFile::CheckpointFile(const std::filesystem::path& path)
    : where_(path.string()), mapped_(std::make_shared<const MappedFile>(path)) {
  Open(mapped_->bytes());
}

CheckpointFile::CheckpointFile(std::string where,
                               std::span<const std::byte> bytes)
    : where_(std::move(where)) {
  Open(bytes);
}

void CheckpointFile::Open(std::span<const std::byte> bytes) {
  file_ = OpenKind(where_, bytes);
  budget_ = std::make_unique<TensorBudget>(where_, bytes.size());
  if (tensors().empty()) FailEmpty(where_, file_->found());
}

Tensor CheckpointFile::Read(const StoredTensor& tensor) {
  if (!tensor.unreadable.empty()) {
    if (tensor.unreadable.starts_with("torch.Q")) {
      FailQuantized(where_, tensor.unreadable);
    }
    FailInput(where_, fmt::format("tensor '{}' is of '{}', expected floats",
                                  tensor.FullName(), tensor.unreadable));
  }
  return ReadStoredTensor(tensor, file_->Storage(tensor, *budget_), *budget_);
}

}  // namespace edge_int8
