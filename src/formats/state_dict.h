// The tensors of a PyTorch checkpoint: the zip format that torch.save has
// written since 1.6. Tested by state_dict_test.cc against files PyTorch wrote,
// and by the fuzz target fuzz_state_dict.
//
// The state dict may be the file itself or its 'state_dict' or
// 'model_state_dict'; what else is there (epoch, optimizer) is skipped. The
// 'module.' that DataParallel puts before names and the '_orig_mod.' of
// torch.compile are taken off. Which names and shapes a network needs is the
// model's business, not this file's.
#ifndef EDGE_INT8_SRC_DATA_STATE_DICT_H_
#define EDGE_INT8_SRC_DATA_STATE_DICT_H_

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

#endif  // EDGE_INT8_SRC_DATA_STATE_DICT_H_
