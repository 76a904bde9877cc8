// The installed runtime as outside projects meet it: found by CMake and by
// pkg-config, in C alone and in C++, after the folder has moved. The programs
// are those of docs/embedding.md.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "tests/core_container/sample_artifact.h"
#include "tests/testing/build_kind.h"
#include "tests/testing/doc_pages.h"
#include "tests/testing/run_command.h"

namespace edge_int8 {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kProject = R"(
cmake_minimum_required(VERSION 3.16)
project(outside LANGUAGES {languages})
set(CMAKE_C_STANDARD 99)
set(CMAKE_CXX_STANDARD 17)
find_package(edge_int8 0.2 REQUIRED)
add_executable(app {source})
target_link_libraries(app PRIVATE edge_int8::edge_int8)
)";

std::string Replaced(std::string text, const std::string& from,
                     const std::string& to) {
  text.replace(text.find(from), from.size(), to);
  return text;
}

// docs/embedding.md's program in this language.
std::string DocProgram(const std::string& language) {
  for (const DocCode& code : DocCodes(kSourceDir + "/docs/embedding.md")) {
    if (code.language == language) return code.text;
  }
  return "";
}

std::string Lines(const std::vector<int32_t>& values) {
  std::string text;
  for (const int32_t value : values) text += std::to_string(value) + "\n";
  return text;
}

// One installation for all tests, and a model with its outputs for a window of
// zeros, which is what the page's programs run.
class Installed : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (Instrumented()) return;
    folder_ = new TempFolder;
    const CommandResult result = RunCommand("cmake --install " + kBuildDir +
                                            " --component core --prefix " +
                                            (*folder_ / "first").string());
    ASSERT_EQ(result.exit_code, 0) << result.output;
    fs::rename(*folder_ / "first", *folder_ / "moved");
    const core::Artifact artifact = core::SampleArtifact();
    const std::vector<std::byte> bytes = core::SaveArtifact(artifact);
    folder_->Write("model.ei8",
                   {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    const auto size = [&](int32_t id) {
      return static_cast<std::size_t>(
          artifact.graph.tensors[static_cast<std::size_t>(id)].size());
    };
    std::vector<int32_t> output(size(artifact.graph.output));
    core::RunnerOf(artifact.graph)(std::vector<uint8_t>(size(0)), output);
    expected_ = Lines(output);
    folder_->Write("app.c", DocProgram("c"));
    folder_->Write("app.cc", DocProgram("cpp"));
  }
  static void TearDownTestSuite() {
    delete folder_;
    folder_ = nullptr;
  }
  void SetUp() override {
    if (Instrumented()) {
      GTEST_SKIP() << "a runtime with sanitizers or for fuzzing does not link "
                      "into an ordinary program";
    }
  }

  static bool Instrumented() { return kSanitize == "ON" || kFuzz == "ON"; }
  static std::string Path(std::string_view name) {
    return (*folder_ / name).string();
  }
  static void ExpectModelsOutput(const std::string& program) {
    const CommandResult result = RunCommand(program + " " + Path("model.ei8"));
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_EQ(result.output, expected_);
    EXPECT_NE(RunCommand(program + " " + Path("app.c")).exit_code, 0);
  }
  static CommandResult BuildOutside(const std::string& languages,
                                    const std::string& source) {
    const fs::path project = *folder_ / ("project_" + languages);
    fs::create_directory(project);
    folder_->Write(
        "project_" + languages + "/CMakeLists.txt",
        Replaced(Replaced(std::string(kProject), "{languages}", languages),
                 "{source}", Path(source)));
    return RunCommand("cmake -S " + project.string() + " -B " +
                      project.string() +
                      "/build -G Ninja -DCMAKE_PREFIX_PATH=" + Path("moved") +
                      " && cmake --build " + project.string() + "/build");
  }
  static CommandResult BuildWithPkgConfig(const std::string& compiler,
                                          const std::string& source,
                                          const std::string& program) {
    return RunCommand(
        "flags=$(PKG_CONFIG_PATH=" + Path("moved") +
        "/lib/pkgconfig pkg-config --cflags --libs edge_int8) && " + compiler +
        " -Wall -Wextra -Wpedantic -Werror " + Path(source) + " -o " +
        Path(program) + " $flags");
  }

  static TempFolder* folder_;
  static std::string expected_;
};
TempFolder* Installed::folder_ = nullptr;
std::string Installed::expected_;

TEST_F(Installed, TheComponentIsTheRuntimeAndNothingElse) {
  std::set<std::string> files;
  for (const auto& entry :
       fs::recursive_directory_iterator(*folder_ / "moved")) {
    if (entry.is_regular_file()) {
      files.insert(fs::relative(entry.path(), *folder_ / "moved").string());
    }
  }
  const std::string package = "lib/cmake/edge_int8/edge_int8-";
  std::erase_if(files, [&](const std::string& file) {
    return file.starts_with(package + "targets-");  // by configuration
  });
  EXPECT_EQ(files,
            (std::set<std::string>{
                "include/edge_int8/edge_int8.h",
                "include/edge_int8/integer_model.h", package + "config.cmake",
                package + "config-version.cmake", package + "targets.cmake",
                "lib/libedge_int8.a", "lib/pkgconfig/edge_int8.pc"}));
}

TEST_F(Installed, CMakeFindsItForAProjectInC) {
  const CommandResult built = BuildOutside("C", "app.c");
  ASSERT_EQ(built.exit_code, 0) << built.output;
  ExpectModelsOutput(Path("project_C/build/app"));
}

TEST_F(Installed, CMakeFindsItForAProjectInCxx) {
  const CommandResult built = BuildOutside("CXX", "app.cc");
  ASSERT_EQ(built.exit_code, 0) << built.output;
  ExpectModelsOutput(Path("project_CXX/build/app"));
}

TEST_F(Installed, PkgConfigFindsItForBothLanguages) {
  for (const auto& [compiler, source] :
       {std::pair("cc -std=c99", "app.c"),
        std::pair("c++ -std=c++17", "app.cc"),
        std::pair("c++ -std=c++20", "app.cc")}) {
    SCOPED_TRACE(compiler);
    const CommandResult built = BuildWithPkgConfig(compiler, source, "app");
    ASSERT_EQ(built.exit_code, 0) << built.output;
    ExpectModelsOutput(Path("app"));
  }
}

// "libm.so.6" of every line "0x... (NEEDED) Shared library: [libm.so.6]".
TEST_F(Installed, AProgramNeedsTheStandardLibrariesOnly) {
  const CommandResult built = BuildWithPkgConfig("cc", "app.c", "needs");
  ASSERT_EQ(built.exit_code, 0) << built.output;
  const CommandResult needed =
      RunCommand("readelf -d " + Path("needs") +
                 " | sed -n 's/.*(NEEDED).*\\[\\(.*\\)\\]/\\1/p'");
  std::istringstream names(needed.output);
  int count = 0;
  for (std::string name; names >> name; ++count) {
    EXPECT_TRUE(name.starts_with("libstdc++.so") ||
                name.starts_with("libc++") || name.starts_with("libm.so") ||
                name.starts_with("libgcc_s.so") ||
                name.starts_with("libc.so") || name.starts_with("ld-linux"))
        << name;
  }
  EXPECT_GE(count, 1) << needed.output;
}

// What a program in C could collide with.
TEST_F(Installed, EverySymbolOfCStartsWithItsName) {
  const CommandResult symbols =
      RunCommand("nm --defined-only --extern-only --format=just-symbols " +
                 Path("moved/lib/libedge_int8.a"));
  ASSERT_EQ(symbols.exit_code, 0) << symbols.output;
  std::istringstream names(symbols.output);
  int own = 0;
  for (std::string name; names >> name;) {
    if (name.starts_with("_Z") || name.ends_with(".o:") ||
        name.starts_with("DW.ref.")) {
      continue;
    }
    ++own;
    EXPECT_TRUE(name.starts_with("edge_int8_")) << name;
  }
  EXPECT_GE(own, 9);
}

// Nothing but a C++ compiler and FlatBuffers is looked for, and what comes out
// exports the C API only. Unoptimized, since only its linking is judged.
TEST_F(Installed, TheRuntimeBuildsAloneAndShared) {
  const std::string build = Path("shared_build");
  const CommandResult built =
      RunCommand("cmake -S " + kSourceDir + " -B " + build +
                 " -G Ninja -DEDGE_INT8_CORE_ONLY=ON -DBUILD_SHARED_LIBS=ON "
                 "-DCMAKE_BUILD_TYPE=None && cmake --build " +
                 build + " && cmake --install " + build +
                 " --component core --prefix " + Path("shared"));
  ASSERT_EQ(built.exit_code, 0) << built.output;
  const CommandResult cache = RunCommand("cat " + build + "/CMakeCache.txt");
  for (const std::string other : {"Eigen3", "libzip", "TBB", "Torch", "fmt"}) {
    EXPECT_EQ(cache.output.find(other + "_"), std::string::npos) << other;
  }
  const CommandResult symbols =
      RunCommand("nm --dynamic --defined-only --format=just-symbols " +
                 Path("shared/lib/libedge_int8.so"));
  std::istringstream names(symbols.output);
  int own = 0;
  for (std::string name; names >> name; ++own) {
    EXPECT_TRUE(name.starts_with("edge_int8_")) << name;
  }
  EXPECT_EQ(own, 13);
  const CommandResult program = RunCommand(
      "cc -std=c99 -I" + Path("shared/include") + " " + Path("app.c") + " -o " +
      Path("app_shared") + " -L" + Path("shared/lib") + " -ledge_int8");
  ASSERT_EQ(program.exit_code, 0) << program.output;
  ExpectModelsOutput("LD_LIBRARY_PATH=" + Path("shared/lib") + " " +
                     Path("app_shared"));
}

// The headers alone, without what a program may have included before.
TEST(PublicHeaders, CompileByThemselves) {
  const std::string include = kSourceDir + "/include";
  for (const std::string command :
       {"cc -std=c99 -x c", "c++ -std=c++17 -x c++"}) {
    const CommandResult result = RunCommand(
        command + " -Wall -Wextra -Wpedantic -Wconversion -Werror -I" +
        include + " -fsyntax-only " + include + "/edge_int8/edge_int8.h");
    EXPECT_EQ(result.output, "") << command;
  }
  const CommandResult result = RunCommand(
      "c++ -std=c++17 -Wall -Wextra -Wpedantic -Wconversion -Werror "
      "-x c++ -fsyntax-only -I" +
      include + " " + include + "/edge_int8/integer_model.h");
  EXPECT_EQ(result.output, "");
}

TEST(EmbeddingPage, ProgramsHaveAtMost15Lines) {
  for (const std::string language : {"c", "cpp"}) {
    std::istringstream lines(DocProgram(language));
    int count = 0;
    for (std::string line; std::getline(lines, line);) count += !line.empty();
    EXPECT_GE(count, 5) << language;
    EXPECT_LE(count, 15) << language;
  }
}

}  // namespace
}  // namespace edge_int8
