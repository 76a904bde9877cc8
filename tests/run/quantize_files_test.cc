#include "src/run/quantize_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/testing/expect_error.h"

namespace edge_int8 {
namespace {

using testing::HasSubstr;

QuantizeInputs With(const char* data, const char* calibration,
                    const char* plan) {
  QuantizeInputs inputs;
  inputs.checkpoint = "half.pth";
  inputs.data = data;
  inputs.calibration = calibration;
  inputs.plan = plan;
  return inputs;
}

TEST(QuantizeInputs, HaveOneSourceOfScales) {
  CheckQuantizeInputs(With("data", "", ""));
  CheckQuantizeInputs(With("", "x.npy", ""));
  CheckQuantizeInputs(With("", "", "plan.json"));
  CheckQuantizeInputs(With("data", "", "plan.json"));
  for (const QuantizeInputs& inputs :
       {With("", "", ""), With("data", "x.npy", ""),
        With("", "x.npy", "plan.json")}) {
    const Error error = ErrorOf([&] { CheckQuantizeInputs(inputs); });
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    EXPECT_THAT(error.what(), HasSubstr("exactly one of"));
  }
}

TEST(QuantizeInputs, NameARecipeThatAnArtifactCanHold) {
  QuantizeInputs inputs = With("data", "", "");
  inputs.request.recipe = "fx-fbgemm";
  EXPECT_THAT(ErrorOf([&] { CheckQuantizeInputs(inputs); }).what(),
              HasSubstr("mixes int8 and float"));
  inputs.request.recipe = "magic";
  EXPECT_EQ(ErrorOf([&] { CheckQuantizeInputs(inputs); }).kind(),
            ErrorKind::kUsage);
}

}  // namespace
}  // namespace edge_int8
