// What a run that can be resumed depends on, each thing under a name of its
// own: the program, the network's file and weights, every file of the data, the
// masks, the plan, the options. It stands in a search's journal and in a
// training state, and a run is resumed only where all of it is the same: what
// was begun on one data set and ended on another is no result of either.
// Tested by run_identity_test.cc.
//
// Contents count, not paths or times: a copy of the data goes on, a file that
// was edited in place does not. That costs one pass over the windows.
#ifndef EDGE_INT8_SRC_RUN_RUN_IDENTITY_H_
#define EDGE_INT8_SRC_RUN_RUN_IDENTITY_H_

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "src/base/json_place.h"
#include "src/graph/model.h"
#include "src/pose/dataset.h"

namespace edge_int8 {

// {"program": ...}: version and commit.
nlohmann::json ProgramIdentity();
// {"data": {file: hash, "targets": hash}, "split": id, "masks": [hashes]}. The
// targets as they are read, so that keypoint CSVs count wherever they are.
nlohmann::json DataIdentity(const Dataset& dataset,
                            const DatasetOptions& options);
// Of the parameters, whatever file and set of weights they are from.
std::string WeightsHash(const Model& model);

// Throws kUsage, naming what differs, unless both are the same; kBadInput when
// `begun`, which comes from `file`, is no identity at all.
void RequireSameRun(const std::filesystem::path& file, const JsonPlace& begun,
                    const nlohmann::json& now);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_RUN_RUN_IDENTITY_H_
