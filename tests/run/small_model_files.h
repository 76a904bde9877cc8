// A `tiny` checkpoint with random weights and an artifact of it, as files.
#ifndef EDGE_INT8_TESTS_RUN_SMALL_MODEL_FILES_H_
#define EDGE_INT8_TESTS_RUN_SMALL_MODEL_FILES_H_

#include <filesystem>
#include <string>
#include <vector>

#include "src/base/random.h"
#include "src/formats/npy_writer.h"
#include "src/nets/wiflow.h"
#include "src/pose/upstream_shape.h"
#include "src/pose/window_source.h"
#include "src/qgraph/artifact_file.h"
#include "src/run/quantize_checkpoint.h"
#include "tests/testing/model_checkpoint.h"

namespace edge_int8 {

inline void WriteRandomCheckpoint(const std::filesystem::path& path,
                                  std::string_view variant, uint64_t seed) {
  WriteModelCheckpoint(path,
                       RandomModel(BuildWiflow(WiflowVariant(variant)), seed));
}

// [count, 540, 20] of smooth values in [0, 1).
inline void WriteRandomWindows(const std::filesystem::path& path, int64_t count,
                               uint64_t seed) {
  Rng rng(seed);
  std::vector<float> values;
  double level = 0.5;
  for (int64_t n = 0; n < count * kWindowValues; ++n) {
    level = 0.8 * level + 0.2 * rng.Uniform();
    values.push_back(static_cast<float>(level));
  }
  WriteFile(path, NpyBytes({count, kSubcarriers, kFrames}, values),
            IfExists::kReplace);
}

// Without a repair, so that a test takes no time.
inline QuantizeRequest PlainRequest() {
  QuantizeRequest request;
  request.recipe = "mse";
  return request;
}

inline QuantizedModel QuantizeTiny(
    const std::filesystem::path& checkpoint,
    const std::filesystem::path& windows,
    const QuantizeRequest& request = PlainRequest()) {
  const SourceModel source = LoadSourceModel(checkpoint, {});
  const CalibrationSet set = CalibrateOnFile(windows, source.folded);
  return QuantizeByRecipe(
      source, set, MeasureActivations(source, set, 1, request.seed), request);
}

// tiny.pth, x.npy of 12 windows and tiny.ei8 in a folder.
inline void WriteSmallModelFiles(const std::filesystem::path& folder) {
  WriteRandomCheckpoint(folder / "tiny.pth", "tiny", 3);
  WriteRandomWindows(folder / "x.npy", 12, 4);
  WriteArtifactFile(
      folder / "tiny.ei8",
      QuantizeTiny(folder / "tiny.pth", folder / "x.npy").artifact,
      IfExists::kReplace);
}

}  // namespace edge_int8

#endif  // EDGE_INT8_TESTS_RUN_SMALL_MODEL_FILES_H_
