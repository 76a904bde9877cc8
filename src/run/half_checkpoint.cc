#include "src/run/half_checkpoint.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>
#include <vector>

#include "src/base/error.h"
#include "src/formats/state_dict_writer.h"
#include "src/formats/torch_storage.h"
#include "src/nets/network_file.h"

namespace edge_int8 {
namespace {

// From here on the nearest float16 is infinity.
constexpr float kBeyondHalf = 65520.0f;

void CheckRange(const std::string& where, const std::string& name,
                const Tensor& tensor) {
  for (const float value : tensor.data) {
    if (std::fabs(value) >= kBeyondHalf) {
      FailInput(where,
                fmt::format("{} holds {}, which no float16 can", name, value));
    }
  }
}

}  // namespace

Model WriteHalfCheckpoint(const std::filesystem::path& checkpoint,
                          const NetworkOptions& network,
                          const std::filesystem::path& out,
                          IfExists if_exists) {
  Model model = LoadNetwork(checkpoint, network);
  std::vector<StateDictEntry> entries;
  for (const ParameterSpec& spec : model.graph.parameters) {
    if (spec.integer) {
      entries.push_back({spec.name, int64_t{0}});
      continue;
    }
    Tensor& tensor = model.Parameter(spec.name);
    CheckRange(checkpoint.string(), spec.name, tensor);
    for (float& value : tensor.data) value = HalfToFloat(FloatToHalf(value));
    entries.push_back({spec.name, tensor, true});
  }
  WriteStateDict(out, entries, if_exists);
  return model;
}

}  // namespace edge_int8
