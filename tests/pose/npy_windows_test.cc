#include "src/pose/npy_windows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <limits>
#include <string>

#include "src/formats/npy_writer.h"
#include "src/pose/upstream_shape.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

using testing::HasSubstr;

constexpr float kNotANumber = std::numeric_limits<float>::quiet_NaN();

// Window i is i/10 everywhere but at its last value, which is given.
std::string WindowsWithLastValues(const std::vector<float>& last) {
  std::vector<float> values;
  for (std::size_t i = 0; i < last.size(); ++i) {
    values.insert(values.end(), kWindowValues, static_cast<float>(i) / 10);
    values.back() = last[i];
  }
  return NpyBytes({static_cast<int64_t>(last.size()), kSubcarriers, kFrames},
                  values);
}

std::vector<float> WindowAt(const NpyWindows& windows, int64_t index) {
  std::vector<float> values(kWindowValues);
  windows.Read(index, values);
  return values;
}

TEST(NpyWindows, AWindowByItselfIsOneWhereItsShapeIsKnown) {
  const TempFolder folder;
  const auto path =
      folder.Write("x.npy", NpyBytes({kSubcarriers, kFrames},
                                     std::vector<float>(kWindowValues, 0.5f)));
  const NpyWindows windows(path, Subset::kClean, Shape{kSubcarriers, kFrames});
  ASSERT_EQ(windows.size(), 1);
  EXPECT_THAT(WindowAt(windows, 0), testing::Each(0.5f));
  EXPECT_EQ(windows.window(), (Shape{kSubcarriers, kFrames}));
}

TEST(NpyWindows, FullGivesEveryWindowExactlyAsStored) {
  const TempFolder folder;
  const NpyWindows windows(
      folder.Write("x.npy", WindowsWithLastValues({0.5f, kNotANumber, -7.5f})),
      Subset::kFull);
  ASSERT_EQ(windows.size(), 3);
  for (int64_t i = 0; i < 3; ++i) {
    EXPECT_EQ(WindowAt(windows, i).front(), static_cast<float>(i) / 10);
  }
  EXPECT_EQ(WindowAt(windows, 0).back(), 0.5f);
  const float last = WindowAt(windows, 1).back();
  EXPECT_EQ(std::memcmp(&last, &kNotANumber, sizeof(float)), 0);
  EXPECT_EQ(WindowAt(windows, 2).back(), -7.5f);
}

TEST(NpyWindows, CleanLeavesCorruptOnesOutAndKeepsTheOrder) {
  const TempFolder folder;
  const NpyWindows windows(
      folder.Write("x.npy",
                   WindowsWithLastValues(
                       {kNotANumber, 1.5f, 1.5001f, -1.5f,
                        std::numeric_limits<float>::infinity(), 0.25f})),
      Subset::kClean);
  ASSERT_EQ(windows.size(), 3);
  EXPECT_EQ(WindowAt(windows, 0).front(), 0.1f);
  EXPECT_EQ(WindowAt(windows, 1).front(), 0.3f);
  EXPECT_EQ(WindowAt(windows, 2).front(), 0.5f);
}

TEST(NpyWindows, AnythingElseIsBadInputWithTheFilesName) {
  const TempFolder folder;
  const std::string zeros(sizeof(double) * kWindowValues, '\0');
  const auto error_of = [&](const std::string& content, Subset subset) {
    const auto path = folder.Write("x.npy", content);
    const Error error = ErrorOf([&] {
      NpyWindows(path, subset, Shape{kSubcarriers, kFrames});
    });
    EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
    EXPECT_THAT(error.what(), HasSubstr(path.string()));
    return std::string(error.what());
  };
  const std::vector<float> one(kWindowValues);
  error_of(NpyBytes({kFrames, kSubcarriers}, one), Subset::kFull);
  error_of(NpyBytes({1, kFrames, kSubcarriers}, one), Subset::kFull);
  error_of(NpyHeaderBytes("<i8", {1, kSubcarriers, kFrames}) + zeros,
           Subset::kFull);
  error_of(NpyBytes({1, kSubcarriers, kFrames}, one).substr(0, 5000),
           Subset::kFull);
  error_of("", Subset::kFull);
  EXPECT_THAT(error_of(WindowsWithLastValues({}), Subset::kFull),
              HasSubstr("no usable window"));
  EXPECT_THAT(
      error_of(WindowsWithLastValues({kNotANumber, 2.0f}), Subset::kClean),
      HasSubstr("no usable window"));
}

TEST(NpyWindows, AMissingFileIsNamed) {
  const TempFolder folder;
  const Error error =
      ErrorOf([&] { NpyWindows(folder / "no.npy", Subset::kFull); });
  EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
  EXPECT_THAT(error.what(), HasSubstr("no.npy"));
}

}  // namespace
}  // namespace edge_int8
