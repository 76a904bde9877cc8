// Writes a state dict as PyTorch's zip-based .pth: an OrderedDict of tensors
// that torch.load(weights_only=True) and this project's own reader load. The
// same entries give the same bytes. Tested by state_dict_writer_test.cc.
#ifndef EDGE_INT8_SRC_FORMATS_STATE_DICT_WRITER_H_
#define EDGE_INT8_SRC_FORMATS_STATE_DICT_WRITER_H_

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <variant>

#include "src/base/output_file.h"
#include "src/base/tensor.h"

namespace edge_int8 {

struct StateDictEntry {
  std::string name;
  // float32, or an int64 scalar such as num_batches_tracked.
  std::variant<Tensor, int64_t> value;
  bool half = false;  // a tensor's values as float16, the nearest ones
};

std::string StateDictBytes(std::span<const StateDictEntry> entries);
void WriteStateDict(const std::filesystem::path& path,
                    std::span<const StateDictEntry> entries,
                    IfExists if_exists);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_FORMATS_STATE_DICT_WRITER_H_
