// The skeleton's bones: whose lengths the training loss compares, what casts a
// shadow in the synthetic room, what a picture of a pose draws.
#ifndef EDGE_INT8_SRC_POSE_BONES_H_
#define EDGE_INT8_SRC_POSE_BONES_H_

#include <array>
#include <string_view>
#include <utility>

namespace edge_int8 {

// Pairs of joints joined by a bone, in upstream's order.
inline constexpr std::array<std::pair<int, int>, 14> kBones = {{{0, 1},
                                                                {1, 8},
                                                                {1, 2},
                                                                {2, 3},
                                                                {3, 4},
                                                                {1, 5},
                                                                {5, 6},
                                                                {6, 7},
                                                                {8, 9},
                                                                {8, 12},
                                                                {9, 10},
                                                                {10, 11},
                                                                {12, 13},
                                                                {13, 14}}};

// What the joints are, in the same order.
inline constexpr std::array<std::string_view, 15> kJointNames = {
    "nose",        "neck",          "right shoulder", "right elbow",
    "right wrist", "left shoulder", "left elbow",     "left wrist",
    "mid hip",     "right hip",     "right knee",     "right ankle",
    "left hip",    "left knee",     "left ankle"};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_POSE_BONES_H_
