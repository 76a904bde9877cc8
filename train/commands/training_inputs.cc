#include "train/commands/training_inputs.h"

#include <fmt/format.h>
#include <torch/cuda.h>

#include "src/base/communicator.h"
#include "src/base/error.h"

namespace edge_int8::train {

namespace {

at::Device CudaOfThisRank() {
  const auto index = DeviceOfRank(
      World().local_rank(), static_cast<int>(torch::cuda::device_count()));
  return {at::kCUDA, static_cast<at::DeviceIndex>(index)};
}

}  // namespace

int DeviceOfRank(int local_rank, int devices) { return local_rank % devices; }

at::Device ChooseDevice(const std::string& name) {
  const bool cuda = torch::cuda::is_available();
  if (name == "cpu") return at::kCPU;
  if (name == "auto") return cuda ? CudaOfThisRank() : at::Device(at::kCPU);
  if (name != "cuda") {
    FailUsage(fmt::format("device '{}' is not cpu, cuda or auto", name));
  }
  if (!cuda) FailUsage("--device cuda: this LibTorch sees no CUDA device");
  return CudaOfThisRank();
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
