#include "src/run/least_error.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <utility>

#include "src/base/as_size.h"
#include "src/base/error.h"
#include "src/eval/predictor.h"
#include "src/pose/chosen_windows.h"
#include "src/qgraph/lower.h"
#include "src/quantize/calibrate/calibration.h"
#include "src/quantize/calibrate/sum_of_values.h"
#include "src/run/load_predictor.h"

namespace edge_int8 {
namespace {

// As the input's integers leave them: what those cut off is no stage's doing.
class WindowsAsBytes : public ChosenWindows {
 public:
  WindowsAsBytes(const WindowSource& source, std::vector<int64_t> chosen,
                 InputQparams input)
      : ChosenWindows(source, std::move(chosen)), input_(input) {}
  void Read(int64_t index, std::span<float> out) const override {
    ChosenWindows::Read(index, out);
    ThroughInputBytes(input_, out);
  }

 private:
  const InputQparams input_;
};

struct StageError {
  double error = std::numeric_limits<double>::infinity();
  std::string refused;  // why it can't be lowered
};

StageError ErrorOfStage(const Repaired& made, const WindowSource& windows,
                        std::span<const float> exact) {
  try {
    const auto integer = MakeIntegerPredictor(Lower(made.model, made.plan),
                                              IsaFromEnvironment());
    const std::vector<float> poses =
        PredictAll(*integer, windows, "compare with fp32");
    const double sum = SumOfValues(exact.size(), [&](std::size_t n) {
      const double off =
          static_cast<double>(poses[n]) - static_cast<double>(exact[n]);
      return off * off;
    });
    return {sum / static_cast<double>(exact.size()), ""};
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kBadInput) throw;
    return {std::numeric_limits<double>::infinity(), error.what()};
  }
}

std::string WhyLeftOut(const RecipeStage& stage, const StageError& own,
                       double least, int64_t windows) {
  if (!own.refused.empty()) {
    return fmt::format("{} is left out: {}", stage.name, own.refused);
  }
  return fmt::format(
      "{} is left out: on {} calibration windows the poses' mean squared "
      "difference from fp32 is {:.3g} with it, {:.3g} without",
      stage.name, windows, own.error, least);
}

}  // namespace

Repaired LeastErrorStage(const Model& folded, std::vector<RecipeStage> stages,
                         const WindowSource& source, int64_t windows,
                         uint64_t seed) {
  Check(!stages.empty(), "a recipe without a stage");
  if (stages.size() == 1) return std::move(stages[0].made);
  const WindowsAsBytes chosen(source,
                              SpreadWindows(source.size(), windows, seed),
                              stages[0].made.plan.input());
  const auto fp32 = MakeFloatPredictor(folded);
  const std::vector<float> exact =
      PredictAll(*fp32, chosen, "compare with fp32");
  std::vector<StageError> errors;
  std::size_t best = 0;
  for (const RecipeStage& stage : stages) {
    errors.push_back(ErrorOfStage(stage.made, chosen, exact));
    if (errors.back().error <= errors[best].error) best = errors.size() - 1;
  }
  if (!errors[best].refused.empty())
    Lower(stages[0].made.model, stages[0].made.plan);
  Repaired made = std::move(stages[best].made);
  for (std::size_t s = best + 1; s < stages.size(); ++s) {
    made.notes.push_back(
        WhyLeftOut(stages[s], errors[s], errors[best].error, chosen.size()));
  }
  return made;
}

}  // namespace edge_int8
