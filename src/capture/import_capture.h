// Captures and a camera's poses to a folder of the pairs layout. Tested by
// import_capture_test.cc.
//
// Two passes: the beginning of each capture says what the packets are like
// (capture_survey.h), then every byte is read once. Memory holds a buffer of
// text, the steps of one window and the poses.
#ifndef EDGE_INT8_SRC_CAPTURE_IMPORT_CAPTURE_H_
#define EDGE_INT8_SRC_CAPTURE_IMPORT_CAPTURE_H_

#include <filesystem>
#include <nlohmann/json.hpp>

#include "src/base/output_file.h"
#include "src/capture/capture_options.h"

namespace edge_int8 {

// `tool` says what writes it, for the provenance. Returns what import.json
// holds. Throws kUsage for options that make no sense, kBadInput.
nlohmann::ordered_json ImportCaptures(const CaptureOptions& options,
                                      const std::filesystem::path& out,
                                      IfExists if_exists,
                                      const std::string& tool);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_CAPTURE_IMPORT_CAPTURE_H_
