#include "src/base/notice.h"

#include <gtest/gtest.h>

namespace edge_int8 {
namespace {

TEST(SayNote, WritesOneLineToStderr) {
  testing::internal::CaptureStderr();
  SayNote("a layer fell back");
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "edge-int8: note: a layer fell back\n");
}

}  // namespace
}  // namespace edge_int8
