// Runs `body` and hands back the Error it must throw, for tests of kind and
// message: EXPECT_EQ(ErrorOf([&] { Read(path); }).kind(), ...).
#ifndef EDGE_INT8_TESTS_TESTING_EXPECT_ERROR_H_
#define EDGE_INT8_TESTS_TESTING_EXPECT_ERROR_H_

#include <functional>
#include <stdexcept>

#include "src/base/error.h"

namespace edge_int8 {

inline Error ErrorOf(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    return error;
  }
  throw std::runtime_error("an Error was expected and none was thrown");
}

}  // namespace edge_int8

#endif  // EDGE_INT8_TESTS_TESTING_EXPECT_ERROR_H_
