// errors.json and player.json of bench (docs/report.md). Declared in
// read_parts.h.
#include <fmt/format.h>

#include "src/base/base64.h"
#include "src/report/read_parts.h"

namespace edge_int8 {
namespace {

std::vector<std::array<double, 2>> ReadPose(const JsonPlace& pose) {
  const std::vector<JsonPlace> values = pose.Items();
  if (values.size() != kPoseFloats) {
    pose.Fail(fmt::format("expected {} numbers", kPoseFloats));
  }
  std::vector<std::array<double, 2>> joints;
  for (std::size_t j = 0; j < kScoredJoints; ++j) {
    joints.push_back({values[2 * j].Number(), values[2 * j + 1].Number()});
  }
  return joints;
}

ReportedJoint ReadJoint(const JsonPlace& joint) {
  return {ReadTriple(joint), ReadTriple(joint.At("x")),
          ReadTriple(joint.At("y"))};
}

ErrorCurve ReadCurve(const JsonPlace& model, int64_t windows) {
  ErrorCurve curve;
  curve.label = model.At("label").Text();
  curve.title = model.FindText("title").value_or(curve.label);
  const double joints = static_cast<double>(windows * kScoredJoints);
  const JsonPlace within = model.At("within");
  for (const JsonPlace& count : within.Items()) {
    curve.within.push_back(count.Number() / joints);
  }
  // Sizes beyond this would only make the page large.
  if (curve.within.size() < 2 || curve.within.size() > 1001) {
    within.Fail("expected 2 to 1,001 counts");
  }
  const JsonPlace place = model.At("joints");
  for (const JsonPlace& joint : place.Items()) {
    curve.joints.push_back(ReadJoint(joint));
  }
  if (curve.joints.size() != kScoredJoints) {
    place.Fail(fmt::format("expected {} joints", kScoredJoints));
  }
  return curve;
}

// Every model's poses of a chunk are as long as its windows.
void CheckChunk(const JsonPlace& chunk, const std::vector<std::string>& models,
                std::size_t joints) {
  const std::vector<JsonPlace> windows = chunk.At("windows").Items();
  for (const JsonPlace& window : windows) window.Integer();
  const std::size_t bytes = windows.size() * joints * 2 * sizeof(int16_t);
  const JsonPlace poses = chunk.At("poses");
  std::vector<std::string> keys = models;
  keys.push_back("truth");
  for (const std::string& key : keys) {
    const JsonPlace place = poses.At(key);
    const std::string text = place.Text();
    if (!IsBase64(text) || text.size() != (bytes + 2) / 3 * 4) {
      place.Fail(fmt::format("expected {} bytes as base64", bytes));
    }
  }
  if (const auto csi = chunk.FindText("csi"); csi && !IsBase64(*csi)) {
    chunk.At("csi").Fail("expected base64");
  }
}

}  // namespace

ErrorReport ReadErrors(const JsonPlace& errors) {
  ErrorReport report;
  report.split = errors.At("split").Text();
  report.subset = errors.At("subset").Text();
  report.normalization = errors.At("normalization").Text();
  report.windows = errors.At("windows").Integer();
  if (report.windows < 1) errors.At("windows").Fail("expected a window");
  report.threshold_step = errors.At("threshold_step").Number();
  if (report.threshold_step <= 0) {
    errors.At("threshold_step").Fail("expected a positive number");
  }
  report.pose = ReadPose(errors.At("example_pose"));
  for (const JsonPlace& model : errors.At("models").Items()) {
    report.models.push_back(ReadCurve(model, report.windows));
  }
  return report;
}

void CheckPlayer(const JsonPlace& player) {
  const int64_t joints = player.At("joints").Integer();
  if (joints != kScoredJoints) {
    player.At("joints").Fail(fmt::format("expected {}", kScoredJoints));
  }
  player.At("unit").Number();
  std::vector<std::string> models;
  for (const JsonPlace& model : player.At("models").Items()) {
    models.push_back(model.At("label").Text());
    model.At("title").Text();
  }
  player.At("ranked_by").At("title").Text();
  for (const char* key : {"rows", "columns", "levels"}) {
    const int64_t size = player.At("csi").At(key).Integer();
    if (size < 1 || size > 4096) player.At("csi").Fail("expected sizes");
  }
  for (const JsonPlace& file : player.At("files").Items()) {
    file.At("which").Text();
    file.At("file").Integer();
    file.At("windows").Integer();
    file.FindNumber("mean_error");
    for (const JsonPlace& chunk : file.At("chunks").Items()) {
      CheckChunk(chunk, models, kScoredJoints);
    }
  }
}

}  // namespace edge_int8
