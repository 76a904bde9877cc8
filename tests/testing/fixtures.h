// The fixtures beside the repository: inputs with answers that the original
// PyTorch, NumPy and CPython code computed. A clone without them skips.
#ifndef EDGE_INT8_TESTS_TESTING_FIXTURES_H_
#define EDGE_INT8_TESTS_TESTING_FIXTURES_H_

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/testing/source_paths.h"

namespace edge_int8 {

inline std::filesystem::path Fixtures() {
  return std::filesystem::path(kSourceDir) / "../shared/fixtures";
}

// A function may not skip its caller's test, so this is a macro.
#define EDGE_INT8_NEED_FIXTURES()                                        \
  if (!std::filesystem::is_directory(Fixtures())) {                      \
    GTEST_SKIP() << "needs the fixtures in " << Fixtures() << ", which " \
                 << "this clone does not have";                          \
  }                                                                      \
  static_assert(true)

}  // namespace edge_int8

#endif  // EDGE_INT8_TESTS_TESTING_FIXTURES_H_
