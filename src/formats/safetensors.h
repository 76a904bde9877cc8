// Hugging Face's .safetensors: the length of a JSON header, the header, raw
// tensors; no code and no pickle. Used by checkpoint_file.cc. Tested by
// safetensors_test.cc against files the safetensors package wrote, and by the
// fuzz target fuzz_safetensors. Format:
// github.com/huggingface/safetensors#format
#ifndef EDGE_INT8_SRC_FORMATS_SAFETENSORS_H_
#define EDGE_INT8_SRC_FORMATS_SAFETENSORS_H_

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "src/formats/tensor_file.h"

namespace edge_int8 {

inline constexpr std::size_t kMostSafetensorsHeader = std::size_t{16} << 20;

// `bytes` must outlive the result. Throws kBadInput. A header that is padded
// with NUL, where the format asks for blanks, is read with a warning.
std::unique_ptr<TensorFile> OpenSafetensors(const std::string& where,
                                            std::span<const std::byte> bytes);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_FORMATS_SAFETENSORS_H_
