// What a run needs to go on exactly where it stopped: vectors (parameters,
// moments, statistics) and a JSON of counters (src/formats/state_file.h).
// Written whole or not at all, after every epoch. Tested by trainer_test.cc.
#ifndef EDGE_INT8_TRAIN_COMMANDS_TRAINING_STATE_H_
#define EDGE_INT8_TRAIN_COMMANDS_TRAINING_STATE_H_

#include <ATen/ATen.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "src/base/json_place.h"

namespace edge_int8::train {

struct TrainingState {
  std::map<std::string, at::Tensor> tensors;  // on the CPU
  nlohmann::json counters;
  std::filesystem::path path;  // of the file it was read from

  // The counters with their place in the file; the state must outlive it.
  JsonPlace Counters() const {
    return JsonPlace(counters, path.string(), "/counters");
  }
  // Copies a tensor into one of exactly its size. Throws kBadInput for one that
  // is absent or has another.
  void Take(const std::string& name, const at::Tensor& into) const;
};

void SaveTrainingState(const std::filesystem::path& path,
                       const TrainingState& state);
// Throws kBadInput when the file is missing or not one of these.
TrainingState LoadTrainingState(const std::filesystem::path& path);

}  // namespace edge_int8::train

#endif  // EDGE_INT8_TRAIN_COMMANDS_TRAINING_STATE_H_
