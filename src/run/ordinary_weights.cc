#include "src/run/ordinary_weights.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "src/base/error.h"
#include "src/quantize/calibrate/calibration.h"

namespace edge_int8 {
namespace {

void CheckTensor(const std::string& where, const std::string& name,
                 const Tensor& tensor, const char* what) {
  const auto odd = std::ranges::find_if(tensor.data, [](float v) {
    return !(std::abs(double{v}) <= kLargestOrdinary);
  });
  if (odd == tensor.data.end()) return;
  FailInput(where, fmt::format("{} holds {:.6g}{}, expected at most {:g}: such "
                               "a network can't be quantized",
                               name, *odd, what, kLargestOrdinary));
}

}  // namespace

void CheckOrdinaryWeights(const std::string& where, const Model& model) {
  for (const auto& [name, tensor] : model.parameters) {
    if (name.ends_with(".running_var")) continue;
    CheckTensor(where, name, tensor, "");
  }
}

void CheckOrdinaryFolded(const std::string& where, const Model& folded) {
  for (const auto& [name, tensor] : folded.parameters) {
    CheckTensor(where, name, tensor, " with its batch norm folded in");
  }
}

}  // namespace edge_int8
