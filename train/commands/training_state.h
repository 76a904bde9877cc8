// What a run needs to go on exactly where it stopped: vectors (parameters,
// moments, statistics) and a JSON of counters. Written whole or not at all,
// after every epoch. Tested by trainer_test.cc.
#ifndef EDGE_INT8_TRAIN_TRAINING_STATE_H_
#define EDGE_INT8_TRAIN_TRAINING_STATE_H_

#include <ATen/ATen.h>

#include <filesystem>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

namespace edge_int8::train {

struct TrainingState {
  std::map<std::string, at::Tensor> tensors;  // on the CPU
  nlohmann::json counters;
};

void SaveTrainingState(const std::filesystem::path& path,
                       const TrainingState& state);
// Throws kBadInput when the file is missing or not one of these.
TrainingState LoadTrainingState(const std::filesystem::path& path);
// Runs what takes a state apart: what it lacks, or has with another type or
// size, is kBadInput, too, and names the file.
void TakeApart(const std::filesystem::path& path,
               const std::function<void()>& body);

}  // namespace edge_int8::train

#endif  // EDGE_INT8_TRAIN_TRAINING_STATE_H_
