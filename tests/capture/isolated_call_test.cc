#include "src/capture/isolated_call.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <vector>

#include "tests/testing/expect_error.h"

namespace edge_int8 {
namespace {

using testing::HasSubstr;

Error Failure(const std::function<std::string()>& work) {
  return ErrorOf([&] { CallIsolated("file", 1 << 30, work); });
}

TEST(CallIsolated, GivesTheTextOrTheError) {
  const std::string text(1 << 20, 'x');
  EXPECT_EQ(CallIsolated("file", 1 << 30, [&] { return text; }), text);
  EXPECT_EQ(CallIsolated("file", 1 << 30, [] { return std::string(); }), "");
  const Error error = Failure(
      []() -> std::string { throw Error(ErrorKind::kUsage, "not so"); });
  EXPECT_EQ(error.kind(), ErrorKind::kUsage);
  EXPECT_STREQ(error.what(), "not so");
}

TEST(CallIsolated, ADeathInThereIsABadFile) {
  for (const std::function<std::string()>& work :
       std::vector<std::function<std::string()>>{
           []() -> std::string { std::abort(); },
           []() -> std::string { _exit(0); },
           [] { return std::string(20 << 20, 'x'); }}) {
    const Error error = Failure(work);
    EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
    EXPECT_THAT(error.what(), HasSubstr("file: is damaged"));
  }
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(EDGE_INT8_SANITIZED)
TEST(CallIsolated, BoundsTheMemory) {
  const Error error = ErrorOf([] {
    CallIsolated("file", 64 << 20, [] {
      return std::to_string(std::vector<char>(std::size_t{1} << 32).size());
    });
  });
  EXPECT_THAT(error.what(), HasSubstr("asks for more memory"));
}
#endif

}  // namespace
}  // namespace edge_int8
