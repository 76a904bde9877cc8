#include "src/run/half_checkpoint.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>
#include <vector>

#include "src/base/error.h"
#include "src/formats/state_dict_writer.h"
#include "src/nets/checkpoint.h"

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

void WriteHalfCheckpoint(const std::filesystem::path& checkpoint,
                         const NetworkOptions& network,
                         const std::filesystem::path& out, IfExists if_exists) {
  Model model = LoadCheckpoint(checkpoint, network);
  std::vector<StateDictEntry> entries;
  for (const ParameterSpec& spec : model.graph.parameters) {
    if (spec.integer) {
      entries.push_back({spec.name, int64_t{0}});
      continue;
    }
    Tensor& tensor = model.Parameter(spec.name);
    CheckRange(checkpoint.string(), spec.name, tensor);
    entries.push_back({spec.name, std::move(tensor), true});
  }
  WriteStateDict(out, entries, if_exists);
}

}  // namespace edge_int8
