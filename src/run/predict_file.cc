#include "src/run/predict_file.h"

#include "src/formats/npy_writer.h"
#include "src/pose/npy_windows.h"
#include "src/run/load_predictor.h"
#include "src/run/verb_files.h"

namespace edge_int8 {

int64_t PredictFile(const PredictOptions& options) {
  VerbFiles()
      .Reads("--model", options.model)
      .Reads("--input", options.input)
      .Writes("--output", options.output)
      .Check(options.if_exists);
  const NpyWindows windows(options.input, Subset::kFull);
  LoadedPredictor loaded = LoadPredictor(options.model, options.network);
  const std::vector<float> poses =
      PredictAll(*loaded.predictor, windows, "predict");
  WriteFile(options.output, NpyBytes({windows.size(), kJoints, 2}, poses),
            options.if_exists);
  return windows.size();
}

}  // namespace edge_int8
