// The build files of a C export: CMake builds and tests it; ESP-IDF's component
// function gets files that exist.
#include <gtest/gtest.h>

#include "src/export/c/c_project.h"
#include "tests/export/export_models.h"
#include "tests/testing/doc_pages.h"
#include "tests/testing/run_command.h"
#include "tests/testing/sample_graph.h"

namespace edge_int8 {
namespace {

void ExportSample(const std::filesystem::path& folder) {
  WriteCProject(MakeCProject(ArtifactOf(SampleGraph()), {"net", "", 4}), folder,
                IfExists::kFail);
}

TEST(CBuildFiles, CMakeBuildsAndTestsTheExport) {
  const TempFolder folder;
  ExportSample(folder / "net");
  const std::string f = folder.path().string();
  const CommandResult result = RunCommand(
      "cmake -S " + f + "/net -G Ninja -B " + f + "/build && cmake --build " +
      f + "/build && ctest --test-dir " + f + "/build");
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_NE(result.output.find("100% tests passed"), std::string::npos);
}

// ESP-IDF is not installed here: a stand-in for its function records what it
// is given and builds a library of it, as ESP-IDF does.
TEST(CBuildFiles, TheComponentRegistersItsSources) {
  const TempFolder folder;
  ExportSample(folder / "net");
  folder.Write("CMakeLists.txt", R"(
cmake_minimum_required(VERSION 3.16)
project(app C)
set(ESP_PLATFORM 1)
function(idf_component_register)
  cmake_parse_arguments(ARG "" "" "SRC_DIRS;INCLUDE_DIRS" ${ARGN})
  foreach(folder ${ARG_SRC_DIRS})
    file(GLOB found ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.c)
    list(APPEND sources ${found})
  endforeach()
  add_library(component STATIC ${sources})
  target_include_directories(component PUBLIC ${ARG_INCLUDE_DIRS})
  set(COMPONENT_LIB component PARENT_SCOPE)
endfunction()
add_subdirectory(net)
add_executable(app app.c)
target_link_libraries(app component)
)");
  folder.Write("app.c", R"(
#include "edge_int8_net.h"
static edge_int8_net_stream stream;
int main(void) { return edge_int8_net_start(&stream, 1); }
)");
  const std::string f = folder.path().string();
  const CommandResult result = RunCommand("cmake -S " + f + " -G Ninja -B " +
                                          f + "/build && cmake --build " + f +
                                          "/build && " + f + "/build/app");
  EXPECT_EQ(result.exit_code, 0) << result.output;
}

// The code of docs/targets.md, against a model of that name.
TEST(CBuildFiles, TheTargetsPagesCodeCompiles) {
  const TempFolder folder;
  WriteCProject(MakeCProject(ArtifactOf(SampleGraph()), {"half", "", 1}),
                folder / "half", IfExists::kFail);
  int compiled = 0;
  for (const DocCode& code : DocCodes(kSourceDir + "/docs/targets.md")) {
    if (code.language != "c") continue;
    folder.Write("user.c", code.text);
    const std::string f = folder.path().string();
    const CommandResult result = RunCommand(
        "cc -std=c99 -Wall -Wextra -Wpedantic -Wconversion -Werror -c -I" + f +
        "/half/include -o " + f + "/user.o " + f + "/user.c");
    EXPECT_EQ(result.output, "") << code.text;
    ++compiled;
  }
  EXPECT_EQ(compiled, 2);
}

}  // namespace
}  // namespace edge_int8
