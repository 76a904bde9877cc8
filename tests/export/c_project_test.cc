#include "src/export/c_project.h"

#include <gtest/gtest.h>

#include "tests/core_engine/random_wiflow.h"
#include "tests/export/export_models.h"
#include "tests/export/run_command.h"
#include "tests/testing/sample_graph.h"

namespace edge_int8 {
namespace {

constexpr const char* kStrict =
    "cc -std=c99 -O2 -Wall -Wextra -Wpedantic -Wconversion -Werror";

// Compiles an export as strictly as the language allows and runs its check.
CommandResult CompileAndCheck(const core::Artifact& artifact,
                              const std::string& flags = "") {
  const TempFolder folder;
  const CProject project = MakeCProject(artifact, {"net", "", 32});
  WriteCProject(project, folder / "net", IfExists::kFail);
  const std::string root = (folder / "net").string();
  return RunCommand(std::string(kStrict) + " " + flags + " -I" + root +
                    "/include -I" + root + "/src -o " + root + "/checker " +
                    root + "/src/*.c " + root + "/check/*.c && " + root +
                    "/checker");
}

TEST(CProject, LoweredVariantsGiveTheGoldenOutputs) {
  for (const char* variant : {"tiny", "quarter", "half"}) {
    for (const int bits : {8, 4}) {
      SCOPED_TRACE(testing::Message() << variant << " " << bits);
      const CommandResult result =
          CompileAndCheck(LoweredVariant(variant, bits));
      EXPECT_EQ(result.exit_code, 0) << result.output;
      EXPECT_EQ(result.output, "32 windows, 0 wrong\n");
    }
  }
}

}  // namespace
}  // namespace edge_int8
