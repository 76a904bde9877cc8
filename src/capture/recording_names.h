// Names of recordings from the paths of their files. Tested by
// recording_names_test.cc.
#ifndef EDGE_INT8_SRC_CAPTURE_RECORDING_NAMES_H_
#define EDGE_INT8_SRC_CAPTURE_RECORDING_NAMES_H_

#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace edge_int8 {

// Each path below the folder that all are in, without its extension:
// "s1/walk" and "s2/walk" of data/s1/walk.csv and data/s2/walk.csv; the file's
// name alone where there is one.
std::vector<std::string> RecordingNames(
    std::span<const std::filesystem::path> files);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_CAPTURE_RECORDING_NAMES_H_
