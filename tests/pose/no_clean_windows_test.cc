#include "src/pose/no_clean_windows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "src/pose/upstream_shape.h"
#include "tests/pose/small_folder.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string Cause(std::vector<float> firsts) {
  const TempFolder temp;
  FolderSpec spec;
  spec.values.assign(2 * kWindowValues, 0.5f);
  spec.values[0] = firsts[0];
  spec.values[kWindowValues] = firsts[1];
  WriteFolder(temp / "data", spec);
  return UnscaledAmplitudes(Dataset::Open(temp / "data"));
}

TEST(UnscaledAmplitudes, AreNamedWithTheirRangeAndTheCommandThatScalesThem) {
  EXPECT_THAT(Cause({154, 19}),
              AllOf(HasSubstr("all 2 windows exceed 1.5"),
                    HasSubstr("reach 154"), HasSubstr("x[i] / 154")));
  EXPECT_THAT(Cause({-30, 2}), AllOf(HasSubstr("run from -30 to 2"),
                                     HasSubstr("10 ** (x / 20)")));
}

TEST(UnscaledAmplitudes, AreNotTheCauseWhereAWindowIsClean) {
  EXPECT_EQ(Cause({154, 0.5f}), "");
  EXPECT_EQ(Cause({NAN, NAN}), "");
}

}  // namespace
}  // namespace edge_int8
