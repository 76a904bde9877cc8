// Arrays that scipy.io, h5py and NumPy wrote (tests/data/captures/
// make_others.py) come out as the pairs layout holds them.
#include "src/capture/import_arrays.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <string>

#include "src/formats/npy.h"
#include "src/pose/dataset.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/source_paths.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
namespace fs = std::filesystem;

const fs::path kArrays = kSourceDir + "/tests/data/captures";

ArrayOptions InFile(const char* file, const char* x, const char* y) {
  ArrayOptions options;
  options.kind = "test";
  options.files = {kArrays / file};
  options.x = {x};
  options.y = {y};
  return options;
}

nlohmann::ordered_json Import(const ArrayOptions& options,
                              const fs::path& out) {
  return ImportArrays(options, out, IfExists::kFail, "the test");
}

void ExpectFloats(const fs::path& file, const fs::path& expected) {
  const MappedNpy got(file), want(expected);
  ASSERT_EQ(got.view().shape(), want.view().shape()) << file;
  const auto a = got.view().Values<float>();
  const auto b = want.view().Values<float>();
  EXPECT_TRUE(std::equal(a.begin(), a.end(), b.begin())) << file;
}

std::vector<std::string> GroupNames(const fs::path& folder) {
  return nlohmann::json::parse(
      std::ifstream(folder / "dataset.json"))["group_names"];
}

TEST(ImportArrays, EveryContainerGivesTheSameArrays) {
  const TempFolder folder;
  ArrayOptions npy;
  npy.x = {kArrays / "arrays_x.npy"};
  npy.y = {kArrays / "arrays_y.npy"};
  Import(npy, folder / "npy");
  Import(InFile("matlab5.mat", "csi", "pose"), folder / "mat5");
  Import(InFile("matlab5_deflated.mat", "csi", "pose"), folder / "deflated");
  Import(InFile("matlab73.mat", "csi", "pose"), folder / "mat73");
  Import(InFile("arrays.h5", "/run/csi", "run/pose"), folder / "hdf5");
  for (const char* name : {"npy", "mat5", "deflated", "mat73", "hdf5"}) {
    ExpectFloats(folder / name / "x.npy", kArrays / "arrays_x.npy");
    ExpectFloats(folder / name / "y.npy", kArrays / "arrays_y.npy");
    EXPECT_EQ(Dataset::Open(folder / name).windows(), 12) << name;
  }
  // Nothing is left of the way.
  EXPECT_EQ(folder.List().size(), 5u);
}

TEST(ImportArrays, KeepsBytesGroupsAndClasses) {
  const TempFolder folder;
  for (const char* file : {"matlab5.mat", "arrays.h5"}) {
    const bool matlab = std::string_view(file) == "matlab5.mat";
    ArrayOptions options =
        InFile(file, matlab ? "bytes" : "run/bytes", "label");
    options.groups = "subject";
    options.axis = WindowAxis::kFirst;
    options.scale = ParseScale("0.5");
    const auto report = Import(options, folder / file);
    EXPECT_EQ(report["x_scale"], 0.5);
    const MappedNpy x(folder / file / "x.npy");
    EXPECT_EQ(x.view().type_name(), "|u1");
    EXPECT_EQ(x.view().Values<uint8_t>()[179], 179);
    const MappedNpy y(folder / file / "y.npy");
    EXPECT_EQ(y.view().type_name(), "<i8");
    EXPECT_EQ(y.view().Values<int64_t>()[4], 1);
    EXPECT_THAT(GroupNames(folder / file), ElementsAre("0", "1", "2", "3"));
    EXPECT_EQ(Dataset::Open(folder / file).files(), 4);
  }
}

TEST(ImportArrays, TakesAmplitudesOfComplexNumbers) {
  const TempFolder folder;
  Import(InFile("matlab5.mat", "complex", "pose"), folder / "mat");
  Import(InFile("arrays.h5", "run/complex", "run/pose"), folder / "h5");
  const MappedNpy real(kArrays / "arrays_x.npy");
  for (const char* name : {"mat", "h5"}) {
    const MappedNpy x(folder / name / "x.npy");
    const auto values = x.view().Values<float>();
    ASSERT_EQ(values.size(), 180u);
    for (std::size_t i = 0; i < values.size(); ++i) {
      EXPECT_NEAR(values[i],
                  std::abs(real.view().Values<float>()[i]) * std::sqrt(2.0f),
                  1e-5);
    }
  }
}

TEST(ImportArrays, SeveralFilesAreRecordings) {
  const TempFolder folder;
  fs::create_directories(folder / "s1");
  fs::create_directories(folder / "s2");
  for (const char* name : {"s1", "s2"}) {
    fs::copy_file(kArrays / "matlab5.mat", folder / name / "a.mat");
  }
  ArrayOptions options = InFile("matlab5.mat", "csi", "pose");
  options.files = {folder / "s1" / "a.mat", folder / "s2" / "a.mat"};
  EXPECT_EQ(Import(options, folder / "out")["windows"], 24);
  EXPECT_THAT(GroupNames(folder / "out"), ElementsAre("s1/a", "s2/a"));
}

TEST(ImportArrays, SaysWhatIsWrong) {
  const TempFolder folder;
  const auto fails = [&](const ArrayOptions& options, const char* why) {
    const Error error = ErrorOf([&] { Import(options, folder / "out"); });
    EXPECT_THAT(error.what(), HasSubstr(why));
    EXPECT_TRUE(folder.List().empty());
  };
  fails(InFile("arrays.h5", "run/none", "label"),
        "found: label [12], run/bytes [12, 3, 5]");
  fails(InFile("arrays.h5", "elsewhere/x", "label"), "no such array");
  fails(InFile("serial.csv", "x", "y"), "is neither a MATLAB file");
  fails(InFile("arrays.h5", "run/csi", "run/bytes"), "is not of targets");
  fails(InFile("arrays.h5", "label", "run/pose"), "is not of windows");
  ArrayOptions options = InFile("matlab5.mat", "csi", "pose");
  options.axis = WindowAxis::kFirst;
  fails(options, "matlab5.mat: 'pose': shape [4, 2, 12] is not of targets");
  options = InFile("arrays.h5", "run/bytes", "label");
  options.scale = ParseScale("p99");
  fails(options, "are for float32");
}

// A library may die of any of these; the program may not.
TEST(ImportArrays, SurvivesFilesThatAreCutOrChanged) {
  const TempFolder folder;
  for (const char* name :
       {"matlab5.mat", "matlab5_deflated.mat", "arrays.h5"}) {
    const std::string whole = ReadText(kArrays / name);
    const bool h5 = std::string_view(name) == "arrays.h5";
    for (int i = 0; i < 12; ++i) {
      std::string text = whole;
      if (i < 4) {
        text.resize(text.size() * static_cast<std::size_t>(i + 1) / 5);
      } else {
        const std::size_t at = 130 + text.size() * 7919u *
                                         static_cast<std::size_t>(i) %
                                         (text.size() - 130);
        text[at] = static_cast<char>(~text[at]);
      }
      ArrayOptions options =
          InFile(name, h5 ? "run/csi" : "csi", h5 ? "run/pose" : "pose");
      options.files = {folder.Write("x.mat", text)};
      try {
        ImportArrays(options, folder / "out", IfExists::kReplace, "the test");
      } catch (const Error& error) {
        EXPECT_NE(error.kind(), ErrorKind::kInternal) << error.what();
      }
    }
  }
}

}  // namespace
}  // namespace edge_int8
