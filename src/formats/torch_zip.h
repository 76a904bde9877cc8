// torch.save's format since PyTorch 1.6: a zip archive with one pickle, whose
// tensors name storages that are entries of their own. Used by
// checkpoint_file.cc. Tested by state_dict_test.cc and
// checkpoint_files_test.cc.
#ifndef EDGE_INT8_SRC_FORMATS_TORCH_ZIP_H_
#define EDGE_INT8_SRC_FORMATS_TORCH_ZIP_H_

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "src/formats/tensor_file.h"

namespace edge_int8 {

// `bytes` must outlive the result. Throws kBadInput.
std::unique_ptr<TensorFile> OpenTorchZip(const std::string& where,
                                         std::span<const std::byte> bytes);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_FORMATS_TORCH_ZIP_H_
