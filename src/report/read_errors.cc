// errors.json and player.json of bench (docs/report.md). Declared in
// read_parts.h.
#include <fmt/format.h>

#include <algorithm>

#include "src/base/base64.h"
#include "src/pose/bones.h"
#include "src/report/read_parts.h"

namespace edge_int8 {
namespace {

// As many joints as a network may have.
constexpr std::size_t kMostJoints = 1024;
constexpr std::size_t kMostClasses = 64;

int ReadDims(const JsonPlace& place) {
  const auto dims = place.Find("dims");
  if (!dims) return 2;
  if (dims->Integer() != 2 && dims->Integer() != 3)
    dims->Fail("expected 2 or 3");
  return static_cast<int>(dims->Integer());
}

std::vector<std::array<double, 3>> ReadPose(const JsonPlace& pose, int dims) {
  const std::vector<JsonPlace> values = pose.Items();
  const auto axes = static_cast<std::size_t>(dims);
  if (values.empty() || values.size() % axes != 0 ||
      values.size() / axes > kMostJoints) {
    pose.Fail(fmt::format("expected the {} coordinates of 1 to {} joints", dims,
                          kMostJoints));
  }
  std::vector<std::array<double, 3>> joints(values.size() / axes);
  for (std::size_t i = 0; i < values.size(); ++i) {
    joints[i / axes][i % axes] =
        values[i].NumberIn(-kMostMeasured, kMostMeasured);
  }
  return joints;
}

// Runs from before there was another skeleton have upstream's.
std::vector<std::pair<int, int>> ReadSkeleton(const JsonPlace& errors,
                                              std::size_t joints) {
  const auto place = errors.Find("skeleton");
  if (!place) {
    if (joints != kScoredJoints) return {};
    return {kBones.begin(), kBones.end()};
  }
  std::vector<std::pair<int, int>> bones;
  for (const JsonPlace& bone : place->Items()) {
    const std::vector<JsonPlace> ends = bone.Items();
    if (ends.size() != 2) bone.Fail("expected two joints");
    for (const JsonPlace& end : ends) {
      if (end.Integer() < 0 || end.Integer() >= static_cast<int64_t>(joints)) {
        end.Fail(fmt::format("expected one of {} joints", joints));
      }
    }
    bones.emplace_back(static_cast<int>(ends[0].Integer()),
                       static_cast<int>(ends[1].Integer()));
  }
  return bones;
}

std::vector<std::string> ReadNames(const JsonPlace& errors, const char* key,
                                   std::size_t count) {
  std::vector<std::string> names;
  const auto place = errors.Find(key);
  if (!place) return names;
  for (const JsonPlace& name : place->Items()) names.push_back(name.Text());
  if (!names.empty() && names.size() != count) {
    place->Fail(fmt::format("expected {} names", count));
  }
  return names;
}

ReportedJoint ReadJoint(const JsonPlace& joint, int dims) {
  ReportedJoint read{ReadTriple(joint), ReadTriple(joint.At("x")),
                     ReadTriple(joint.At("y"))};
  if (dims == 3) read.z = ReadTriple(joint.At("z"));
  return read;
}

ErrorCurve ReadTitle(const JsonPlace& model) {
  ErrorCurve curve;
  curve.label = model.At("label").Text();
  curve.title = model.FindText("title").value_or(curve.label);
  return curve;
}

ErrorCurve ReadCurve(const JsonPlace& model, const ErrorReport& report) {
  ErrorCurve curve = ReadTitle(model);
  const double joints = static_cast<double>(report.windows) *
                        static_cast<double>(report.pose.size());
  const JsonPlace within = model.At("within");
  for (const JsonPlace& count : within.Items()) {
    curve.within.push_back(count.NumberIn(0, joints) / joints);
  }
  // Sizes beyond this would only make the page large.
  if (curve.within.size() < 2 || curve.within.size() > 1001) {
    within.Fail("expected 2 to 1,001 counts");
  }
  const JsonPlace place = model.At("joints");
  for (const JsonPlace& joint : place.Items()) {
    curve.joints.push_back(ReadJoint(joint, report.dims));
  }
  if (curve.joints.size() != report.pose.size()) {
    place.Fail(fmt::format("expected {} joints", report.pose.size()));
  }
  return curve;
}

ErrorCurve ReadConfusion(const JsonPlace& model, std::size_t classes) {
  ErrorCurve curve = ReadTitle(model);
  const auto place = model.Find("confusion");
  if (!place) return curve;
  for (const JsonPlace& row : place->Items()) {
    std::vector<int64_t>& counts = curve.confusion.emplace_back();
    for (const JsonPlace& count : row.Items()) {
      counts.push_back(count.IntegerIn(0, kMostCounted));
    }
    if (counts.size() != classes) {
      row.Fail(fmt::format("expected {} counts", classes));
    }
  }
  if (curve.confusion.size() != classes || classes > kMostClasses) {
    place->Fail(
        fmt::format("expected {} rows, at most {}", classes, kMostClasses));
  }
  return curve;
}

void ReadClasses(const JsonPlace& errors, ErrorReport& report) {
  report.dims = 0;
  const JsonPlace place = errors.At("classes");
  if (place.Integer() < 1) place.Fail("expected a class");
  const auto classes = static_cast<std::size_t>(place.Integer());
  report.joint_names = ReadNames(errors, "names", classes);
  for (const JsonPlace& model : errors.At("models").Items()) {
    report.models.push_back(ReadConfusion(model, classes));
  }
}

// Every model's poses of a chunk are as long as its windows.
void CheckChunk(const JsonPlace& chunk, const std::vector<std::string>& models,
                std::size_t values) {
  const std::vector<JsonPlace> windows = chunk.At("windows").Items();
  for (const JsonPlace& window : windows) window.IntegerIn(0, kMostCounted);
  const std::size_t bytes = windows.size() * values * sizeof(int16_t);
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
  report.windows = errors.At("windows").IntegerIn(0, kMostCounted);
  if (report.windows < 1) errors.At("windows").Fail("expected a window");
  if (errors.Find("classes")) {
    ReadClasses(errors, report);
    return report;
  }
  report.threshold_step = errors.At("threshold_step").NumberIn(0, 1000);
  if (report.threshold_step <= 0) {
    errors.At("threshold_step").Fail("expected a positive number");
  }
  report.dims = ReadDims(errors);
  report.pose = ReadPose(errors.At("example_pose"), report.dims);
  report.skeleton = ReadSkeleton(errors, report.pose.size());
  report.joint_names = ReadNames(errors, "joint_names", report.pose.size());
  if (report.joint_names.empty() && report.pose.size() == kJointNames.size() &&
      std::ranges::equal(report.skeleton, kBones)) {
    report.joint_names.assign(kJointNames.begin(), kJointNames.end());
  }
  for (const JsonPlace& model : errors.At("models").Items()) {
    report.models.push_back(ReadCurve(model, report));
  }
  return report;
}

void CheckPlayer(const JsonPlace& player) {
  const JsonPlace place = player.At("joints");
  const int64_t joints = place.Integer();
  if (joints < 1 || joints > static_cast<int64_t>(kMostJoints)) {
    place.Fail(fmt::format("expected 1 to {}", kMostJoints));
  }
  const auto count = static_cast<std::size_t>(joints);
  const auto values = count * static_cast<std::size_t>(ReadDims(player));
  ReadSkeleton(player, count);
  ReadNames(player, "joint_names", count);
  if (const auto scale = player.Find("scale")) {
    scale->At("floor").NumberIn(0, kMostMeasured);
    if (const auto pair = scale->Find("pair")) {
      for (const JsonPlace& joint : pair->Items()) {
        if (joint.Integer() < 0 || joint.Integer() >= joints) {
          joint.Fail("expected a joint");
        }
      }
    }
  }
  player.At("unit").NumberIn(0, kMostMeasured);
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
    file.At("file").IntegerIn(0, kMostCounted);
    file.At("windows").IntegerIn(0, kMostCounted);
    file.FindNumberIn("mean_error", 0, kMostMeasured);
    for (const JsonPlace& chunk : file.At("chunks").Items()) {
      CheckChunk(chunk, models, values);
    }
  }
}

}  // namespace edge_int8
