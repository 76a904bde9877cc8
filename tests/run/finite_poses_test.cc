#include "src/run/finite_poses.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tests/testing/expect_error.h"

namespace edge_int8 {
namespace {

using testing::HasSubstr;

// `predict` of a network that overflows wrote NaN and said that all was well.
TEST(FinitePoses, NoneAtAllNamesTheModel) {
  const std::vector<float> poses(60, std::nanf(""));
  const Error error = ErrorOf([&] { CheckFinitePoses(poses, "odd.pth"); });
  EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
  EXPECT_THAT(error.what(), HasSubstr("odd.pth"));
}

TEST(FinitePoses, SomeAreSaidAndAllAreQuiet) {
  std::vector<float> poses(60, 0.5f);
  testing::internal::CaptureStderr();
  CheckFinitePoses(poses, "m");
  CheckFinitePoses({}, "m");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  poses[7] = INFINITY;
  testing::internal::CaptureStderr();
  CheckFinitePoses(poses, "m.pth");
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "m.pth: 1 of 60 predicted coordinates are not finite\n");
}

}  // namespace
}  // namespace edge_int8
