#include "train/commands/training_inputs.h"

#include <fmt/format.h>
#include <torch/cuda.h>

#include "src/base/error.h"

namespace edge_int8::train {

at::Device ChooseDevice(const std::string& name) {
  const bool cuda = torch::cuda::is_available();
  if (name == "cpu") return at::kCPU;
  if (name == "auto") return cuda ? at::kCUDA : at::kCPU;
  if (name != "cuda") {
    FailUsage(fmt::format("device '{}' is not cpu, cuda or auto", name));
  }
  if (!cuda) FailUsage("--device cuda: this LibTorch sees no CUDA device");
  return at::kCUDA;
}

SplitPoses::SplitPoses(const Dataset& dataset, Split split, Subset subset)
    : selection(dataset.Select(split, subset)),
      windows(dataset, selection.windows),
      targets(dataset.targets().Pick(selection.windows)),
      task(dataset.task()) {
  if (selection.windows.empty()) {
    FailInput(dataset.folder().string(),
              fmt::format("no {} window in the {} split", SubsetName(subset),
                          SplitName(split)));
  }
}

}  // namespace edge_int8::train
