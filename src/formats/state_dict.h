// The one state dict of a checkpoint (checkpoint_file.h), with all its values.
// Tested by state_dict_test.cc against files PyTorch wrote, and by the fuzz
// target fuzz_state_dict.
//
// Of several dicts with tensors it is the one under a key that trainers use
// (state_dict, model, ...), or the largest. The 'module.' that DataParallel
// puts before names and the '_orig_mod.' of torch.compile are taken off.
#ifndef EDGE_INT8_SRC_FORMATS_STATE_DICT_H_
#define EDGE_INT8_SRC_FORMATS_STATE_DICT_H_

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "src/base/tensor.h"

namespace edge_int8 {

struct NamedTensor {
  std::string name;
  Tensor tensor;         // Rounded to float32 where the file holds more.
  bool integer = false;  // The file holds integers or bools.
};

// In the file's order. Throws kBadInput.
std::vector<NamedTensor> ReadStateDict(const std::filesystem::path& path);
// Of bytes in memory; `where` names them in messages.
std::vector<NamedTensor> ReadStateDict(const std::string& where,
                                       std::span<const std::byte> bytes);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_FORMATS_STATE_DICT_H_
