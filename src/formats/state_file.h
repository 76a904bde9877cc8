// The file that a training is resumed from: a line of JSON (counters, and the
// names and lengths of arrays) and the arrays' floats, under a hash. The hash
// finds accidents; someone else's file may still say anything, so whoever reads
// it checks what it says. Tested by state_file_test.cc and the fuzz target
// fuzz_state.
#ifndef EDGE_INT8_SRC_FORMATS_STATE_FILE_H_
#define EDGE_INT8_SRC_FORMATS_STATE_FILE_H_

#include <map>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace edge_int8 {

struct StateFile {
  nlohmann::json counters;
  std::map<std::string, std::vector<float>> arrays;
};

std::string StateFileBytes(
    const nlohmann::json& counters,
    const std::map<std::string, std::span<const float>>& arrays);

// `name` is the file's, for messages. Throws kBadInput, also for a value that
// is not a number.
StateFile ParseStateFile(std::string_view bytes, const std::string& name);
// The same without looking at the hash, which would keep a fuzzer out.
StateFile ParseStateBody(std::string_view body, const std::string& name);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_FORMATS_STATE_FILE_H_
