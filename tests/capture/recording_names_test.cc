#include "src/capture/recording_names.h"

#include <gtest/gtest.h>

namespace edge_int8 {
namespace {

using Paths = std::vector<std::filesystem::path>;
using Names = std::vector<std::string>;

TEST(RecordingNames, AreThePathsBelowTheCommonFolder) {
  EXPECT_EQ(RecordingNames(Paths{"d/s1/walk.csv", "d/s2/walk.csv"}),
            (Names{"s1/walk", "s2/walk"}));
  EXPECT_EQ(RecordingNames(Paths{"d/s1/walk.csv"}), (Names{"walk"}));
  EXPECT_EQ(RecordingNames(Paths{"a.csv", "b/a.csv", "./c.v2.csv"}),
            (Names{"a", "b/a", "c.v2"}));
  EXPECT_EQ(RecordingNames(Paths{"a.csv", "a.txt"}), (Names{"a", "a.txt"}));
}

}  // namespace
}  // namespace edge_int8
