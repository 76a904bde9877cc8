// torch.save's format before PyTorch 1.6, which later versions still write when
// asked: a stream of pickles (a magic number, a version, the machine, the
// value, the keys of its storages), then the storages. Used by
// checkpoint_file.cc. Tested by torch_legacy_test.cc against files PyTorch
// wrote, and by the fuzz target fuzz_legacy.
#ifndef EDGE_INT8_SRC_FORMATS_TORCH_LEGACY_H_
#define EDGE_INT8_SRC_FORMATS_TORCH_LEGACY_H_

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "src/formats/tensor_file.h"

namespace edge_int8 {

// `bytes` must outlive the result. Throws kBadInput.
std::unique_ptr<TensorFile> OpenTorchLegacy(const std::string& where,
                                            std::span<const std::byte> bytes);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_FORMATS_TORCH_LEGACY_H_
