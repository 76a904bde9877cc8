#include "train/commands/training_state.h"

#include <fmt/format.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <span>
#include <vector>

#include "src/base/error.h"
#include "src/base/output_file.h"
#include "src/formats/state_file.h"

namespace edge_int8::train {

void SaveTrainingState(const std::filesystem::path& path,
                       const TrainingState& state) {
  std::vector<at::Tensor> flat;  // keeps what the spans see
  std::map<std::string, std::span<const float>> arrays;
  for (const auto& [name, tensor] : state.tensors) {
    flat.push_back(tensor.detach().cpu().contiguous());
    Check(flat.back().scalar_type() == at::kFloat,
          "training state holds floats");
    arrays[name] = {flat.back().data_ptr<float>(),
                    static_cast<std::size_t>(flat.back().numel())};
  }
  WriteFile(path, StateFileBytes(state.counters, arrays), IfExists::kReplace);
}

TrainingState LoadTrainingState(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) FailInput(path.string(), "no training state to resume from");
  const std::string all((std::istreambuf_iterator<char>(file)),
                        std::istreambuf_iterator<char>());
  StateFile read = ParseStateFile(all, path.string());
  TrainingState state{{}, std::move(read.counters), path};
  for (const auto& [name, values] : read.arrays) {
    at::Tensor tensor = at::empty({std::ssize(values)}, at::kFloat);
    if (!values.empty()) {
      std::memcpy(tensor.data_ptr(), values.data(), tensor.nbytes());
    }
    state.tensors.emplace(name, std::move(tensor));
  }
  return state;
}

void TrainingState::Take(const std::string& name,
                         const at::Tensor& into) const {
  const auto found = tensors.find(name);
  const int64_t size = found == tensors.end() ? -1 : found->second.numel();
  if (size != into.numel()) {
    FailInput(path.string(),
              fmt::format("is not a state of this run: tensor {} has {} "
                          "values, expected {}",
                          name, size, into.numel()));
  }
  const at::NoGradGuard no_grad;
  into.copy_(found->second.view(into.sizes()));
}

}  // namespace edge_int8::train
