#include "python/verb_arguments.h"

#include <fmt/format.h>
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "src/base/error.h"
#include "src/quantize/reconstruct/recipe.h"

namespace nb = nanobind;

namespace edge_int8::python {
namespace {

// Throws Python's TypeError, naming the argument, for one of another type.
template <typename T>
std::optional<T> Find(const nb::dict& arguments, const char* name) {
  if (!arguments.contains(name)) return {};
  const nb::object value = arguments[name];
  if (value.is_none()) return {};
  T out{};
  if (!nb::try_cast<T>(value, out)) {
    const std::string type = nb::type_name(value.type()).c_str();
    throw nb::type_error((std::string(name) + " is a " + type).c_str());
  }
  return out;
}

void RequireCount(const char* name, std::optional<int> value, int most) {
  if (!value || (*value >= 1 && *value <= most)) return;
  FailUsage(fmt::format("{} is not in 1 to {}", name, most));
}

}  // namespace

NetworkOptions NetworkFrom(const nb::dict& arguments) {
  NetworkOptions network;
  network.variant = Find<std::string>(arguments, "variant");
  network.weights = Find<std::string>(arguments, "weights");
  network.joints = Find<int>(arguments, "joints");
  network.frames = Find<int>(arguments, "frames");
  network.head = Find<std::string>(arguments, "head");
  RequireCount("joints", network.joints, kMostJoints);
  RequireCount("frames", network.frames, kMostFrames);
  return network;
}

nb::dict DictOf(const NetworkOptions& network) {
  nb::dict dict;
  dict["variant"] = network.variant;
  dict["weights"] = network.weights;
  dict["joints"] = network.joints;
  dict["frames"] = network.frames;
  dict["head"] = network.head;
  return dict;
}

DatasetOptions DatasetFrom(const nb::dict& arguments) {
  DatasetOptions options;
  options.corrupt_masks =
      Find<std::vector<std::filesystem::path>>(arguments, "corrupt_mask")
          .value_or(std::vector<std::filesystem::path>{});
  options.keypoints_root =
      Find<std::filesystem::path>(arguments, "keypoints_root");
  options.hold_out = Find<std::string>(arguments, "hold_out");
  return options;
}

QuantizeRequest RequestFrom(const nb::dict& arguments) {
  QuantizeRequest request;
  if (const auto recipe = Find<std::string>(arguments, "recipe")) {
    request.recipe = *recipe;
  }
  if (const auto repair = Find<std::string>(arguments, "repair")) {
    request.repairs = ParseRepairs(*repair);
  }
  if (const auto batches = Find<int>(arguments, "calib_batches")) {
    request.calib_batches = *batches;
  }
  if (const auto bits = Find<int>(arguments, "weight_bits")) {
    request.weight_bits = *bits;
  }
  if (const auto seed = Find<uint64_t>(arguments, "seed")) {
    request.seed = *seed;
  }
  if (std::ranges::find(kWeightBits, request.weight_bits) ==
      kWeightBits.end()) {
    FailUsage(
        fmt::format("weight_bits is none of {}", fmt::join(kWeightBits, ", ")));
  }
  RequireCount("calib_batches", request.calib_batches, kMostCalibBatches);
  return request;
}

nb::tuple TupleOf(const Shape& shape) {
  nb::list list;
  for (const int64_t extent : shape) list.append(extent);
  return nb::tuple(list);
}

std::string JsonText(const nlohmann::json& json) {
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace edge_int8::python
