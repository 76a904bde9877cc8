// Files that somebody shortens while they are mapped: exit 3 with their name,
// nothing half written, from every verb that maps.
#include <gmock/gmock.h>

#include "tests/faults/faulty_program.h"

namespace edge_int8 {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class LostFileTest : public UnderFaults {
 protected:
  // A copy of the set whose windows are cut as soon as they are mapped.
  ProgramResult RunLosingWindows(std::vector<std::string> arguments,
                                 const std::string& left) {
    std::filesystem::copy(Data(), copy_ / "data");
    for (std::string& argument : arguments) {
      if (argument == "DATA") argument = (copy_ / "data").string();
      if (argument == "WINDOWS") argument = windows().string();
      if (argument == "OUT") argument = (out_ / "out").string();
    }
    const ProgramResult result =
        RunWithFaults(arguments, "FAULT_SHORTEN='" + windows().string() +
                                     "' FAULT_SHORTEN_TO=" + left);
    std::filesystem::remove_all(copy_ / "data");
    return result;
  }
  std::filesystem::path windows() const {
    return copy_ / "data/csi_windows.npy";
  }

  const TempFolder copy_, out_;
};

TEST_F(LostFileTest, EveryVerbNamesTheWindowsThatItLost) {
  const std::vector<std::vector<std::string>> verbs = {
      {"predict", "--model", Artifact(), "--input", "WINDOWS", "--output",
       "OUT"},
      {"evaluate", "--model", Artifact(), "--data", "DATA"},
      {"dataset", "inspect", "DATA"},
      {"dataset", "windows", "DATA", "--out", "OUT"},
      {"verify", "--model", Artifact(), "--data", "DATA"},
      {"explain", "--checkpoint", Checkpoint(), "--data", "DATA"},
      {"search", "--checkpoint", Checkpoint(), "--data", "DATA", "--max-bytes",
       "80000", "--out", "OUT"},
      {"quantize", "--checkpoint", Checkpoint(), "--data", "DATA", "--out",
       "OUT"},
      // Last: its folder stays, empty.
      {"bench", "--checkpoint", Checkpoint(), "--data", "DATA", "--out",
       "OUT"}};
  for (const std::vector<std::string>& verb : verbs) {
    for (const char* left : {"0", "8192"}) {
      const ProgramResult result = RunLosingWindows(verb, left);
      EXPECT_EQ(result.exit_code, 3) << verb[0] << result.err;
      EXPECT_THAT(result.err, HasSubstr(windows().string())) << verb[0];
      EXPECT_THAT(Contents(out_.path()), IsEmpty()) << verb[0];
    }
  }
}

TEST_F(LostFileTest, TrainingNamesThemToo) {
  if (!TrainerIsBuilt()) GTEST_SKIP() << "no trainer";
  const ProgramResult result = RunLosingWindows(
      {"train", "--variant", "tiny", "--data", "DATA", "--out", "OUT"}, "8192");
  EXPECT_EQ(result.exit_code, 3) << result.err;
  EXPECT_THAT(result.err, HasSubstr(windows().string()));
  EXPECT_THAT(Contents(out_.path()), IsEmpty());
}

TEST_F(LostFileTest, AModelIsNamed) {
  for (const std::string& original : {Artifact(), Checkpoint()}) {
    const auto model = copy_ / "model";
    std::filesystem::copy_file(original, model);
    const ProgramResult result = RunWithFaults(
        {"predict", "--model", model.string(), "--input", Windows(), "--output",
         (out_ / "y.npy").string()},
        "FAULT_SHORTEN='" + model.string() + "' FAULT_SHORTEN_TO=0");
    EXPECT_EQ(result.exit_code, 3) << result.err;
    EXPECT_THAT(result.err, HasSubstr(model.string()));
    std::filesystem::remove(model);
  }
}

}  // namespace
}  // namespace edge_int8
