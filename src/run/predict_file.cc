#include "src/run/predict_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "src/base/shape_match.h"
#include "src/formats/npy_writer.h"
#include "src/pose/corruption.h"
#include "src/pose/npy_windows.h"
#include "src/pose/window_array.h"
#include "src/run/finite_poses.h"
#include "src/run/load_predictor.h"
#include "src/run/verb_files.h"

namespace edge_int8 {
namespace {

// Poses of such inputs mean little, whatever the network.
void NoteRange(const PredictOptions& options, const NpyWindows& windows) {
  // Of upstream's windows: what others are in, nobody said.
  if (Squeezed(windows.window()) != UpstreamTask().window) return;
  ValueStatistics found;
  std::vector<float> window(UpstreamTask().window_values());
  for (int64_t i = 0; i < windows.size(); ++i) {
    windows.Read(i, window);
    found.Add(window);
  }
  const float largest = std::max(std::fabs(found.min), std::fabs(found.max));
  if (found.finite == 0 || largest <= kLargestGoodValue) return;
  options.network.Note(
      fmt::format("{}: inputs are out of range: values from {:.4g} to {:.4g}, "
                  "where CSI is expected in [0, 1]",
                  options.input.string(), found.min, found.max));
}

}  // namespace

int64_t PredictFile(const PredictOptions& options) {
  VerbFiles()
      .Reads("--model", options.model)
      .Reads("--input", options.input)
      .Writes("--out", options.output)
      .Writes("--json", options.json)
      .Check(options.if_exists);
  LoadedPredictor loaded = LoadPredictor(
      options.model, options.network.For(WindowArray(options.input).window()));
  const ModelShapes& shapes = loaded.predictor->shapes();
  const NpyWindows windows(options.input, Subset::kFull, shapes.input);
  NoteRange(options, windows);
  const std::vector<float> poses =
      PredictAll(*loaded.predictor, windows, "predict");
  CheckFinitePoses(poses, options.model.string());
  WriteFile(options.output,
            NpyBytes(WithAxis(windows.size(), shapes.output), poses),
            options.if_exists);
  return windows.size();
}

}  // namespace edge_int8
