// What a training state says of the epochs that are done, checked: the curve is
// read again to print it, to log it and to find its best epoch. Tested by
// training_record_test.cc and the fuzz target fuzz_state.
#ifndef EDGE_INT8_SRC_RUN_TRAINING_RECORD_H_
#define EDGE_INT8_SRC_RUN_TRAINING_RECORD_H_

#include <nlohmann/json.hpp>
#include <vector>

#include "src/base/json_place.h"

namespace edge_int8 {

struct TrainingRecord {
  std::vector<nlohmann::json> curve;  // epochs first, first + 1, ...
  nlohmann::json best;                // one of them, or null
};

// "curve" and "best" of the counters; `simulated`: each entry also has what a
// simulation scored, and its distance from the engine. Throws kBadInput.
TrainingRecord ReadTrainingRecord(const JsonPlace& counters, int first,
                                  bool simulated);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_RUN_TRAINING_RECORD_H_
