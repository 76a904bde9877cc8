// edge-int8 predict: outputs of every window in an .npy file.
#include <fmt/format.h>

#include <memory>

#include "apps/cli/common_flags.h"
#include "apps/cli/verbs.h"
#include "src/run/predict_file.h"

namespace edge_int8 {
namespace {

struct PredictFlags {
  PredictOptions options;
  JsonFlag json;
  ForceFlag force;
};

}  // namespace

void AddPredict(CLI::App& app) {
  CLI::App* verb = app.add_subcommand(
      "predict", "Outputs (poses, scores) of every window in an .npy file");
  const auto flags = std::make_shared<PredictFlags>();
  verb->add_option("--model", flags->options.model,
                   "A .pth, .onnx or .ei8 file")
      ->required();
  verb->add_option("--input", flags->options.input,
                   "Windows .npy [n, ...] of the model's input, - for stdin; "
                   "bytes are 255ths")
      ->required();
  verb->add_option("--out,--output", flags->options.output,
                   "Outputs .npy [n, ...] float32 to write, - for stdout")
      ->required();
  AddNetworkFlags(*verb, flags->options.network);
  AddJsonFlag(*verb, flags->json);
  AddForceFlag(*verb, flags->force);
  verb->footer(
      "Example:\n  edge-int8 predict --model half.ei8 --input windows.npy "
      "--out poses.npy");
  verb->callback([flags] {
    flags->options.if_exists = flags->force.if_exists();
    std::filesystem::path& out = flags->options.output;
    out = OutputArray(out);
    flags->json.CheckApart(out);
    flags->options.json = flags->json.output();
    const int64_t windows = PredictFile(flags->options);
    ReportMade(
        flags->json, flags->force,
        {out,
         fmt::format("wrote {}: outputs of {} windows", out.string(), windows),
         {{"windows", windows}}});
  });
}

}  // namespace edge_int8
