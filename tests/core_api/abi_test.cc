// The binary interface of the shared runtime: what programs that were linked
// against an earlier release rely on. A failure here means either a new line in
// exported_symbols.txt (a function was added) or a new number in the SONAME
// (EDGE_INT8_ABI in CMakeLists.txt: one went, or a layout changed).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "edge_int8/edge_int8.h"
#include "tests/testing/run_command.h"
#include "tests/testing/source_paths.h"

namespace edge_int8 {
namespace {

// Layouts on 64-bit machines; on others size_t and pointers are narrower.
static_assert(sizeof(void*) != 8 || sizeof(edge_int8_info) == 72);
static_assert(sizeof(void*) != 8 || offsetof(edge_int8_info, isa) == 8);
static_assert(sizeof(void*) != 8 || offsetof(edge_int8_info, input) == 16);
static_assert(sizeof(void*) != 8 || offsetof(edge_int8_info, output) == 28);
static_assert(sizeof(void*) != 8 || offsetof(edge_int8_info, input_size) == 40);
static_assert(sizeof(void*) != 8 ||
              offsetof(edge_int8_info, output_size) == 48);
static_assert(sizeof(void*) != 8 ||
              offsetof(edge_int8_info, arena_bytes) == 56);
static_assert(sizeof(void*) != 8 ||
              offsetof(edge_int8_info, input_factor) == 64);
static_assert(sizeof(void*) != 8 ||
              offsetof(edge_int8_info, output_scale) == 68);
static_assert(sizeof(void*) != 8 || sizeof(edge_int8_problem) == 16);
static_assert(sizeof(void*) != 8 || offsetof(edge_int8_problem, op) == 8);
static_assert(sizeof(void*) != 8 || offsetof(edge_int8_problem, item) == 12);
static_assert(sizeof(edge_int8_shape) == 12 &&
              offsetof(edge_int8_shape, height) == 4 &&
              offsetof(edge_int8_shape, width) == 8);
static_assert(sizeof(edge_int8_status) == 4 && EDGE_INT8_OK == 0 &&
              EDGE_INT8_NULL_ARGUMENT == 1 && EDGE_INT8_CANNOT_READ == 2 &&
              EDGE_INT8_BAD_MODEL == 3 && EDGE_INT8_NO_MEMORY == 4 &&
              EDGE_INT8_SMALL_ARENA == 5 && EDGE_INT8_NOT_GOLDEN == 6);

std::vector<std::string> SortedLines(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  std::sort(lines.begin(), lines.end());
  return lines;
}

// What is in `of` and not in `without`, a line each.
std::string Difference(const std::vector<std::string>& of,
                       const std::vector<std::string>& without) {
  std::vector<std::string> left;
  std::set_difference(of.begin(), of.end(), without.begin(), without.end(),
                      std::back_inserter(left));
  std::string text;
  for (const std::string& name : left) text += "  " + name + "\n";
  return text;
}

class SharedRuntime : public testing::Test {
 protected:
  void SetUp() override {
    if (library_.empty()) GTEST_SKIP() << "this build makes no shared library";
  }
  const std::string library_ = EDGE_INT8_SHARED_LIBRARY;
};

TEST_F(SharedRuntime, ExportsWhatTheLastReleaseDid) {
  const CommandResult now = RunCommand(
      "nm --dynamic --defined-only --format=just-symbols " + library_);
  ASSERT_EQ(now.exit_code, 0) << now.output;
  const std::string list = "tests/core_api/exported_symbols.txt";
  const std::vector<std::string> released =
      SortedLines(ReadText(kSourceDir + "/" + list));
  const std::vector<std::string> exported = SortedLines(now.output);
  EXPECT_EQ(Difference(released, exported), "")
      << "removed: programs that use these don't start any more. Bring them "
         "back, or raise EDGE_INT8_ABI and take them out of "
      << list;
  EXPECT_EQ(Difference(exported, released), "")
      << "added: write these into " << list;
}

TEST_F(SharedRuntime, SonameIsTheAbisNumber) {
  const CommandResult read = RunCommand("readelf -d " + library_);
  ASSERT_EQ(read.exit_code, 0) << read.output;
  EXPECT_THAT(read.output, testing::HasSubstr(
                               "soname: [libedge_int8.so." EDGE_INT8_ABI "]"));
}

}  // namespace
}  // namespace edge_int8
