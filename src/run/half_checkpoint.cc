#include "src/run/half_checkpoint.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>
#include <vector>

#include "src/base/error.h"
#include "src/formats/state_dict.h"
#include "src/formats/state_dict_writer.h"

namespace edge_int8 {
namespace {

// From here on the nearest float16 is infinity.
constexpr float kBeyondHalf = 65520.0f;

StateDictEntry HalfEntry(const std::string& where, NamedTensor tensor) {
  if (tensor.integer && tensor.tensor.shape.empty()) {
    return {tensor.name, static_cast<int64_t>(tensor.tensor.data.at(0))};
  }
  for (const float value : tensor.tensor.data) {
    if (std::fabs(value) >= kBeyondHalf) {
      FailInput(where, fmt::format("{} holds {}, which no float16 can",
                                   tensor.name, value));
    }
  }
  return {tensor.name, std::move(tensor.tensor), true};
}

}  // namespace

void WriteHalfCheckpoint(const std::filesystem::path& checkpoint,
                         const std::filesystem::path& out, IfExists if_exists) {
  std::vector<StateDictEntry> entries;
  for (NamedTensor& tensor : ReadStateDict(checkpoint)) {
    entries.push_back(HalfEntry(checkpoint.string(), std::move(tensor)));
  }
  WriteStateDict(out, entries, if_exists);
}

}  // namespace edge_int8
