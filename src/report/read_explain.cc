// explain.json (docs/explain.md). Declared in read_parts.h.
#include <fmt/format.h>

#include "src/report/read_parts.h"

namespace edge_int8 {
namespace {

std::optional<int64_t> FindInteger(const JsonPlace& place,
                                   std::string_view key) {
  const auto found = place.Find(key);
  return found ? std::optional(found->IntegerIn(0, kMostCounted))
               : std::nullopt;
}

// The points of one case, under `key`: loss_pp or gain_pp.
std::optional<PckTriple> FindPoints(const std::optional<JsonPlace>& one_case,
                                    std::string_view key) {
  const auto points = one_case ? one_case->Find(key) : std::nullopt;
  return points ? std::optional(ReadTriple(*points)) : std::nullopt;
}

TensorLoss ReadTensor(const JsonPlace& place) {
  TensorLoss tensor;
  tensor.name = place.At("name").Text();
  tensor.kind = place.FindText("kind").value_or("");
  tensor.bits = FindInteger(place, "bits");
  tensor.values = FindInteger(place, "params");
  if (!tensor.values) tensor.values = FindInteger(place, "values");
  const auto only = place.Find("only");
  tensor.lost_alone = FindPoints(only, "loss_pp");
  if (only)
    tensor.snr_db = only->FindNumberIn("snr_db", -kMostMeasured, kMostMeasured);
  tensor.gained_without = FindPoints(place.Find("all_but"), "gain_pp");
  if (const auto range = place.Find("range")) {
    tensor.below_range = range->At("below").NumberIn(0, 1);
    tensor.above_range = range->At("above").NumberIn(0, 1);
    const JsonPlace bins = range->At("bins");
    for (const JsonPlace& share : bins.Items()) {
      tensor.in_range.push_back(share.NumberIn(0, 1));
    }
    constexpr std::size_t kMostBins = 256;
    if (tensor.in_range.size() > kMostBins) {
      bins.Fail(fmt::format("expected at most {} shares", kMostBins));
    }
  }
  return tensor;
}

void ReadJoints(const JsonPlace& joints, ExplainReport& report) {
  for (const JsonPlace& joint : joints.Items()) {
    const PckTriple fp32 = ReadTriple(joint.At("fp32"));
    report.joints_float.push_back({fp32, fp32, fp32, fp32});
    report.joints_int8.push_back({ReadTriple(joint.At("int8")),
                                  ReadTriple(joint.At("x")),
                                  ReadTriple(joint.At("y"))});
    if (const auto z = joint.Find("z")) {
      report.joints_int8.back().z = ReadTriple(*z);
    }
  }
  constexpr std::size_t kMostJoints = 1000;
  if (report.joints_int8.size() > kMostJoints) {
    joints.Fail(fmt::format("expected at most {} joints", kMostJoints));
  }
}

}  // namespace

ExplainReport ReadExplain(const JsonPlace& explain) {
  ExplainReport report;
  report.split = explain.At("split").Text();
  report.subset = explain.At("subset").Text();
  report.normalization = explain.At("normalization").Text();
  report.windows = explain.At("windows").IntegerIn(0, kMostCounted);
  if (const auto ladder = explain.Find("ladder")) {
    for (const JsonPlace& step : ladder->Items()) {
      report.ladder.push_back(
          {step.At("step").Text(), ReadScore(step.At("score"))});
    }
  }
  if (const auto tensors = explain.Find("tensors")) {
    for (const JsonPlace& tensor : tensors->Items()) {
      report.tensors.push_back(ReadTensor(tensor));
    }
  }
  if (const auto joints = explain.Find("joints")) ReadJoints(*joints, report);
  return report;
}

}  // namespace edge_int8
