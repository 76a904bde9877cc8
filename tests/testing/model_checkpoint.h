// A checkpoint file of any model.
#ifndef EDGE_INT8_TESTS_TESTING_MODEL_CHECKPOINT_H_
#define EDGE_INT8_TESTS_TESTING_MODEL_CHECKPOINT_H_

#include <filesystem>
#include <vector>

#include "src/base/output_file.h"
#include "src/formats/state_dict_writer.h"
#include "src/graph/model.h"

namespace edge_int8 {

inline void WriteModelCheckpoint(const std::filesystem::path& path,
                                 const Model& model) {
  std::vector<StateDictEntry> entries;
  for (const ParameterSpec& spec : model.graph.parameters) {
    if (spec.integer) {
      entries.push_back({spec.name, int64_t{1}});
    } else {
      entries.push_back({spec.name, model.Parameter(spec.name)});
    }
  }
  WriteStateDict(path, entries, IfExists::kReplace);
}

}  // namespace edge_int8

#endif  // EDGE_INT8_TESTS_TESTING_MODEL_CHECKPOINT_H_
