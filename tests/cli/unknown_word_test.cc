// Words that no verb takes, as their users meet them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/run_program.h"

namespace edge_int8 {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(UnknownWord, IsNamedWithTheNearestVerb) {
  EXPECT_THAT(UsageError({"evalute"}),
              HasSubstr("'evalute' is none of describe"));
  EXPECT_THAT(UsageError({"evalute"}), HasSubstr("did you mean evaluate?"));
  EXPECT_THAT(UsageError({"frobnicate"}), Not(HasSubstr("did you mean")));
  EXPECT_THAT(UsageError({"export", "foo"}),
              HasSubstr("export: 'foo' is none of onnx, onnx-qdq, tflite, c"));
  EXPECT_THAT(UsageError({"dataset", "inspet", "x"}),
              HasSubstr("did you mean inspect?"));
}

TEST(UnknownWord, IsNamedBeforeAFlagThatIsMissing) {
  EXPECT_THAT(UsageError({"evaluate", "--mode", "x"}),
              HasSubstr("evaluate: there is no flag --mode; did you mean "
                        "--model?"));
  EXPECT_THAT(UsageError({"describe", "--variant", "half", "--jsn=x"}),
              HasSubstr("there is no flag --jsn; did you mean --json?"));
  EXPECT_THAT(UsageError({"describe", "--variant", "half", "more"}),
              HasSubstr("'more' is not expected"));
}

TEST(UnknownWord, AMissingFlagIsStillNamed) {
  EXPECT_THAT(UsageError({"evaluate", "--model", "x"}),
              HasSubstr("--data is required"));
  EXPECT_THAT(UsageError({"export"}), HasSubstr("subcommand"));
}

}  // namespace
}  // namespace edge_int8
