#include "src/capture/capture_options.h"

#include "src/base/error.h"
#include "src/capture/esp32_source.h"
#include "src/capture/iwl5300_source.h"
#include "src/capture/nexmon_source.h"

namespace edge_int8 {

std::string_view CaptureKindName(CaptureKind kind) {
  switch (kind) {
    case CaptureKind::kEsp32:
      return "esp32";
    case CaptureKind::kIwl5300:
      return "iwl5300";
    case CaptureKind::kNexmon:
      return "nexmon";
  }
  Check(false, "no such kind of capture");
  return {};
}

std::unique_ptr<PacketSource> OpenPackets(const CaptureOptions& options,
                                          const std::filesystem::path& path,
                                          ByteStream& bytes,
                                          const std::string& time) {
  switch (options.kind) {
    case CaptureKind::kEsp32:
      return std::make_unique<Esp32Source>(path.string(), bytes, time);
    case CaptureKind::kIwl5300:
      return std::make_unique<Iwl5300Source>(path.string(), bytes);
    case CaptureKind::kNexmon:
      return std::make_unique<NexmonSource>(path.string(), bytes, options.chip);
  }
  Check(false, "no such kind of capture");
  return nullptr;
}

}  // namespace edge_int8
