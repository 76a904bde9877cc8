// Whatever the bytes, a training state is refused, or comes back from its own
// bytes; and what it says of its epochs and of the run it is of is checked
// before it is used. The bytes are tried as a file and as what its hash is of.
#include <cmath>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <span>
#include <string_view>

#include "src/formats/state_file.h"
#include "src/run/run_identity.h"
#include "src/run/training_record.h"
#include "tests/fuzz/refusal.h"

namespace edge_int8 {
namespace {

void TryCounters(const nlohmann::json& counters) {
  const JsonPlace place(counters, "x.state", "/counters");
  for (const bool simulated : {false, true}) {
    ReadOrRefuse([&] {
      const TrainingRecord record =
          ReadTrainingRecord(place, simulated ? 0 : 1, simulated);
      Expect(!record.curve.empty());
    });
  }
  try {
    RequireSameRun("x.state", place.At("identity"),
                   {{"program", "1"}, {"data", {{"x.npy", "ab"}}}});
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kUsage &&
        error.kind() != ErrorKind::kBadInput) {
      throw;
    }
  }
}

void TryState(const StateFile& state) {
  std::map<std::string, std::span<const float>> arrays;
  for (const auto& [name, values] : state.arrays) arrays[name] = values;
  const StateFile again =
      ParseStateFile(StateFileBytes(state.counters, arrays), "again");
  Expect(again.arrays == state.arrays);
  TryCounters(state.counters);
}

}  // namespace
}  // namespace edge_int8

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  using namespace edge_int8;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  ReadOrRefuse([&] { TryState(ParseStateFile(bytes, "x.state")); });
  ReadOrRefuse([&] { TryState(ParseStateBody(bytes, "x.state")); });
  return 0;
}
