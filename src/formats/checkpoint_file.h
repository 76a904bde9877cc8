// A file of trained weights, whoever wrote it: torch.save since 1.6 (a zip) and
// before (a stream of pickles), and safetensors. Lists every tensor that lies
// anywhere in it, with the dicts around it; reads the values of those that are
// asked for. Tested by checkpoint_files_test.cc against files PyTorch and
// safetensors wrote, and by the fuzz targets fuzz_state_dict, fuzz_legacy and
// fuzz_safetensors.
//
// What else a trainer kept (optimizers, arguments, callbacks, its own classes)
// is skipped without being built or run. Which tensors a network needs is the
// model's business, not this file's. A file of another kind is refused by what
// it is and by what to do about it (file_kind.h).
#ifndef EDGE_INT8_SRC_FORMATS_CHECKPOINT_FILE_H_
#define EDGE_INT8_SRC_FORMATS_CHECKPOINT_FILE_H_

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "src/base/mapped_file.h"
#include "src/formats/stored_tensor.h"
#include "src/formats/tensor_file.h"

namespace edge_int8 {

class CheckpointFile {
 public:
  // Throws kBadInput, also when the file holds no tensor at all: by what it
  // holds instead.
  explicit CheckpointFile(const std::filesystem::path& path);
  // Of bytes that the caller keeps alive; `where` names them in messages.
  CheckpointFile(std::string where, std::span<const std::byte> bytes);

  const std::string& where() const { return where_; }
  // In the file's order, each with its dict.
  const std::vector<StoredTensor>& tensors() const {
    return file_->found().tensors;
  }
  // Whether torch.load(weights_only=True) takes the file, as far as is known.
  bool plain() const {
    return file_->found().skipped.empty() && modules().empty();
  }
  // Objects of torch.nn.Module, of whose weights nothing is known.
  const std::vector<PickledModule>& modules() const {
    return file_->found().modules;
  }
  // What the user should know of a file that is read all the same; or empty.
  const std::string& warning() const { return file_->warning(); }
  // Throws kBadInput, also for what is no tensor of numbers: a quantized one.
  Tensor Read(const StoredTensor& tensor);

 private:
  void Open(std::span<const std::byte> bytes);

  std::string where_;
  std::shared_ptr<const MappedFile> mapped_;
  std::unique_ptr<TensorFile> file_;
  std::unique_ptr<TensorBudget> budget_;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_FORMATS_CHECKPOINT_FILE_H_
