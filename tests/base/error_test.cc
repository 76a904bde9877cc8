#include "src/base/error.h"

#include <gtest/gtest.h>

namespace edge_int8 {
namespace {

TEST(Error, FailInputSaysWhereAndWhatAndExitsWith3) {
  try {
    FailInput("data/x.npy at byte 6", "npy version is not 1, 2 or 3");
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(),
                 "data/x.npy at byte 6: npy version is not 1, 2 or 3");
    EXPECT_EQ(error.ExitCode(), 3);
  }
}

TEST(Error, CheckNamesThePlaceAndExitsWith4) {
  EXPECT_NO_THROW(Check(true, "fine"));
  try {
    Check(false, "a caller's mistake");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("error_test.cc"),
              std::string::npos);
    EXPECT_EQ(error.ExitCode(), 4);
  }
}

}  // namespace
}  // namespace edge_int8
