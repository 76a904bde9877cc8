#include "src/pose/file_split.h"

#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <span>
#include <string>

#include "src/base/sha256.h"
#include "src/pose/python_random.h"
#include "tests/testing/fixtures.h"
#include "tests/testing/source_paths.h"

namespace edge_int8 {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// tests/golden/make_python_splits.py says the same in Python.
std::string HashOf(const FileSplit& split) {
  const std::string text =
      fmt::format("{}|{}|{}", fmt::join(split.train, ","),
                  fmt::join(split.val, ","), fmt::join(split.test, ","));
  return Sha256(std::as_bytes(std::span(text))).substr(0, 16);
}

TEST(FileSplit, IsCPythonsForEveryNumberOfFilesUpTo600) {
  std::ifstream golden(kSourceDir + "/tests/golden/python_splits.txt");
  int files = 0;
  std::string hash;
  int checked = 0;
  while (golden >> files >> hash) {
    EXPECT_EQ(HashOf(SplitFiles(files)), hash) << files << " files";
    ++checked;
  }
  EXPECT_EQ(checked, 600);
}

TEST(FileSplit, MultipliesInDouble) {
  EXPECT_EQ(SplitFiles(90).train.size(), 62u);  // 0.7 * 90 is below 63.
  EXPECT_EQ(SplitFiles(20).val.size(), 3u);
  EXPECT_EQ(SplitFiles(500).train.size(), 350u);
  EXPECT_EQ(SplitFiles(500).val.size(), 75u);
  EXPECT_EQ(SplitFiles(500).test.size(), 75u);
}

TEST(FileSplit, OfFewFilesLeavesAllToTheTest) {
  EXPECT_THAT(SplitFiles(0).test, IsEmpty());
  EXPECT_THAT(SplitFiles(1).train, IsEmpty());
  EXPECT_THAT(SplitFiles(1).test, ElementsAre(0));
}

TEST(PythonShuffle, IsTheFixtures) {
  EDGE_INT8_NEED_FIXTURES();
  std::ifstream file(Fixtures() / "python_shuffle_seed42.json");
  const auto shuffles = nlohmann::json::parse(file);
  EXPECT_EQ(shuffles.size(), 3u);
  for (const auto& [count, order] : shuffles.items()) {
    EXPECT_EQ(PythonShuffle(42, std::stoi(count)),
              order.get<std::vector<int>>());
  }
}

}  // namespace
}  // namespace edge_int8
