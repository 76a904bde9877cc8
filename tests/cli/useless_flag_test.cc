// A flag that would change nothing is a misunderstanding, and a number that is
// none means nothing: both are refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/run_program.h"

namespace edge_int8 {
namespace {

using testing::HasSubstr;

TEST(UselessFlag, OfTheOtherMethodIsRefused) {
  for (const std::vector<std::string>& flag :
       std::vector<std::vector<std::string>>{{"--qat-epochs", "5"},
                                             {"--lr", "1e-4"},
                                             {"--batch", "8"},
                                             {"--qat-windows", "8"},
                                             {"--distill"},
                                             {"--resume"},
                                             {"--device", "cpu"},
                                             {"--log", "log.json"}}) {
    std::vector<std::string> arguments = {
        "quantize", "--checkpoint", "none.pth", "--data",
        "none",     "--out",        "none.ei8"};
    arguments.insert(arguments.end(), flag.begin(), flag.end());
    EXPECT_THAT(UsageError(arguments),
                HasSubstr(flag[0] + " is of --method qat"));
  }
  EXPECT_THAT(
      UsageError({"quantize", "--method", "qat", "--checkpoint", "none",
                  "--data", "none", "--out", "none.ei8", "--repair", "bias"}),
      HasSubstr("--repair is of --method ptq"));
}

TEST(UselessFlag, NanIsNoNumber) {
  using Arguments = std::vector<std::string>;
  for (const Arguments& arguments :
       {Arguments{"latency", "--model", "none", "--seconds", "nan"},
        Arguments{"bench", "--latency-seconds", "nan"},
        Arguments{"bench", "--max-drop", "NaN"},
        Arguments{"evaluate", "--model", "none", "--data", "none",
                  "--min-pck20", "nan"},
        Arguments{"verify", "--model", "none", "--against", "none", "--data",
                  "none", "--tolerance", "-nan"},
        Arguments{"search", "--checkpoint", "none", "--data", "none", "--out",
                  "none.ei8", "--max-macs-cost", "nan"},
        Arguments{"search", "--checkpoint", "none", "--data", "none", "--out",
                  "none.ei8", "--min-pck", "nan"}}) {
    EXPECT_THAT(UsageError(arguments), HasSubstr("is not a number"));
  }
}

}  // namespace
}  // namespace edge_int8
