// What `dataset import` wrote of a folder, import.json: how packets became the
// windows that a model was trained on. Live windows are made the same way.
// Tested by import_record_test.cc.
#ifndef EDGE_INT8_SRC_LIVE_IMPORT_RECORD_H_
#define EDGE_INT8_SRC_LIVE_IMPORT_RECORD_H_

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "src/capture/capture_survey.h"
#include "src/capture/packet_row.h"

namespace edge_int8 {

struct ImportRecord {
  std::vector<std::string> links;
  PacketWidth width;
  std::vector<int> kept;
  CsiValue value = CsiValue::kAmplitude;
  double rate = 0;
  int frames = 0;
  int stride = 0;
  int64_t max_gap_ns = 0;
  double scale = 1;
};

// Nothing where the folder was not imported from packets; throws kBadInput
// where its import.json is not what the import writes.
std::optional<ImportRecord> ReadImportRecord(
    const std::filesystem::path& folder);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_LIVE_IMPORT_RECORD_H_
