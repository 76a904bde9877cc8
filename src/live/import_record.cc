#include "src/live/import_record.h"

#include <cmath>

#include "src/base/json_place.h"
#include "src/capture/pairs_writer.h"

namespace edge_int8 {
namespace {

constexpr int64_t kMostSubcarriers = 1 << 16;
constexpr int64_t kMostSteps = 1'000'000;

}  // namespace

std::optional<ImportRecord> ReadImportRecord(
    const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / kImportFile;
  if (!std::filesystem::is_regular_file(path)) return std::nullopt;
  const nlohmann::json json = ReadJsonFile(path);
  const JsonPlace root(json, path.string());
  if (!root.Find("subcarriers_kept")) return std::nullopt;  // of arrays
  ImportRecord record;
  for (const JsonPlace& link : root.At("links").Items()) {
    record.links.push_back(link.Text());
  }
  record.width.subcarriers =
      static_cast<int>(root.At("subcarriers").IntegerIn(1, kMostSubcarriers));
  if (const auto streams = root.Find("streams")) {
    record.width.streams = static_cast<int>(streams->IntegerIn(1, 4096));
  }
  int64_t before = -1;
  for (const JsonPlace& kept : root.At("subcarriers_kept").Items()) {
    before = kept.IntegerIn(before + 1, record.width.subcarriers - 1);
    record.kept.push_back(static_cast<int>(before));
  }
  if (root.At("values").Text() != "amplitude") {
    record.value = CsiValue::kPhaseDifference;
  }
  if (record.links.empty() ||
      record.kept.size() <
          (record.value == CsiValue::kPhaseDifference ? 2u : 1u)) {
    root.Fail("expected links and subcarriers");
  }
  record.rate = root.At("rate_hz").NumberIn(1e-3, 1e6);
  record.frames = static_cast<int>(root.At("frames").IntegerIn(1, kMostSteps));
  record.stride = static_cast<int>(root.At("stride").IntegerIn(1, kMostSteps));
  record.max_gap_ns =
      std::llround(root.At("max_gap_s").NumberIn(1e-9, 1e6) * 1e9);
  record.scale = root.At("x_scale").NumberIn(1e-30, 1e30);
  return record;
}

}  // namespace edge_int8
