#include "src/pose/pose_shape.h"

#include <fmt/format.h>

#include <string>

#include "src/pose/upstream_shape.h"
#include "src/pose/window_shape.h"

namespace edge_int8 {
namespace {

struct PoseAdvice {
  std::string what;        // "its poses have three coordinates"
  std::string expression;  // of frame i of the new array
};

// OpenPose's BODY_25, of which upstream keeps the first 15.
constexpr int64_t kBody25 = 25;

PoseAdvice OtherJoints(int64_t joints, const std::string& coordinates) {
  const std::string count =
      fmt::format("it has {} joints where {} are expected", joints, kJoints);
  if (joints == kBody25) {
    return {count + ", as OpenPose gives; upstream keeps the first 15",
            fmt::format("x[i, :{}{}]", kJoints, coordinates)};
  }
  if (joints < kJoints) {
    return {count +
                ": another skeleton. The pairs layout takes any (dataset.json "
                "names its joints, docs/dataset.md)",
            ""};
  }
  return {count +
              ": another skeleton. The pairs layout takes any (dataset.json "
              "names its joints, docs/dataset.md); or put the places of "
              "upstream's 15 among yours into this line's list",
          fmt::format("x[i][[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, "
                      "14]{}]",
                      coordinates)};
}

PoseAdvice AdviceForPoses(const Shape& found) {
  if (found.size() == 2 && found[1] == kPoseValues) {
    return {"its poses have one axis", "x[i].reshape(15, 2)"};
  }
  if (found.size() == 4 && found[1] == 1) {
    return {"it has an axis of 1", "x[i, 0]"};
  }
  if (found.size() != 3) return {};
  if (found[1] == 2 && found[2] == kJoints) {
    return {"the last two axes look exchanged (2 and 15)", "x[i].T"};
  }
  if (found[2] != 2 && found[2] != 3) return {};
  if (found[1] != kJoints) {
    return OtherJoints(found[1], found[2] == 3 ? ", :2" : "");
  }
  return {
      "its poses have three coordinates: the third is a confidence, which "
      "this leaves out, or they are 3-D, which the pairs layout takes "
      "(docs/dataset.md)",
      "x[i, :, :2]"};
}

}  // namespace

void ExpectUpstreamPoses(const NpyView& keypoints) {
  keypoints.ExpectFloats();
  const Shape& found = keypoints.shape();
  if (found.size() == 3 && found[1] == kJoints && found[2] == 2) return;
  std::string text = fmt::format("has shape {}, expected [frames, {}, 2]",
                                 ShapeText(found), kJoints);
  const PoseAdvice advice = AdviceForPoses(found);
  if (!advice.what.empty()) text += "; " + advice.what;
  if (!advice.expression.empty()) {
    text +=
        fmt::format(". This writes mended_keypoints.npy: {}",
                    RewriteCommand(keypoints.where(), {found[0], kJoints, 2},
                                   advice.expression, "keypoints"));
  }
  keypoints.Fail(text);
}

}  // namespace edge_int8
