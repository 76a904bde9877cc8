// Runs what prints, and keeps it out of the test's output.
#ifndef EDGE_INT8_TESTS_TESTING_RUN_QUIETLY_H_
#define EDGE_INT8_TESTS_TESTING_RUN_QUIETLY_H_

#include <gtest/gtest.h>

#include <string>

namespace edge_int8 {

// What body() prints on stdout. What it throws comes through, with both streams
// as they were.
template <class Body>
std::string RunQuietly(const Body& body) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  try {
    body();
  } catch (...) {
    testing::internal::GetCapturedStdout();
    testing::internal::GetCapturedStderr();
    throw;
  }
  testing::internal::GetCapturedStderr();
  return testing::internal::GetCapturedStdout();
}

}  // namespace edge_int8

#endif  // EDGE_INT8_TESTS_TESTING_RUN_QUIETLY_H_
