// Debian's packages as `cpack -G DEB` makes them from this build: what each
// holds, what it depends on, and that what is in them runs. They are unpacked,
// not installed, which scripts/packages.sh --install does.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <set>
#include <sstream>
#include <string>

#include "tests/testing/build_kind.h"
#include "tests/testing/run_command.h"
#include "tests/testing/source_paths.h"

namespace edge_int8 {
namespace {

namespace fs = std::filesystem;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

constexpr bool kHasTrainer = std::string_view(EDGE_INT8_HAS_TRAINER) == "ON";

// All packages, made once; package name -> file.
class Packages : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (WhyNot() != nullptr) return;
    folder_ = new TempFolder;
    const CommandResult made =
        RunCommand("cpack --config " + kBuildDir +
                   "/CPackConfig.cmake -G DEB -B " + folder_->path().string());
    ASSERT_EQ(made.exit_code, 0) << made.output;
    for (const auto& entry : fs::directory_iterator(folder_->path())) {
      if (entry.path().extension() != ".deb") continue;
      const std::string file = entry.path().filename().string();
      const std::string name = file.substr(0, file.find('_'));
      files_[name] = entry.path().string();
      const CommandResult unpacked =
          RunCommand("dpkg-deb -x " + files_[name] + " " + Root());
      ASSERT_EQ(unpacked.exit_code, 0) << unpacked.output;
    }
  }
  static void TearDownTestSuite() {
    delete folder_;
    folder_ = nullptr;
  }
  void SetUp() override {
    if (WhyNot() != nullptr) GTEST_SKIP() << WhyNot();
  }

  static const char* WhyNot() {
    if (kSanitize == "ON" || kFuzz == "ON") return "instrumented programs";
    for (const char* program : {"dpkg-deb", "dpkg-shlibdeps", "file"}) {
      if (!HaveCommand(program)) return "needs dpkg-dev and file";
    }
    return nullptr;
  }
  // Where all of them are unpacked together.
  static std::string Root() { return (folder_->path() / "root").string(); }
  static std::string Field(const std::string& package,
                           const std::string& field) {
    return RunCommand("dpkg-deb -f " + files_.at(package) + " " + field).output;
  }
  // Regular files and links, without the folder of the machine's architecture.
  static std::set<std::string> Contents(const std::string& package) {
    const CommandResult listed =
        RunCommand("dpkg-deb --fsys-tarfile " + files_.at(package) +
                   " | tar -t | grep -v '/$' | sed -E 's|^\\./||; s|"
                   "lib/[a-z0-9_]+-linux-gnu[a-z0-9]*/|lib/|'");
    std::istringstream in(listed.output);
    std::set<std::string> files;
    for (std::string line; std::getline(in, line);) files.insert(line);
    return files;
  }

  static TempFolder* folder_;
  static std::map<std::string, std::string> files_;
};
TempFolder* Packages::folder_ = nullptr;
std::map<std::string, std::string> Packages::files_;

TEST_F(Packages, AreTheRuntimeTheToolsAndTheTrainer) {
  std::set<std::string> names;
  for (const auto& [name, file] : files_) names.insert(name);
  std::set<std::string> expected = {"libedge-int8", "edge-int8"};
  if (kHasTrainer) expected.insert("edge-int8-train");
  EXPECT_EQ(names, expected);
}

TEST_F(Packages, TheRuntimeHoldsBothLibrariesAndTheirHeaders) {
  std::set<std::string> files = Contents("libedge-int8");
  std::erase_if(files, [](const std::string& file) {
    return file.starts_with("usr/lib/cmake/edge_int8/edge_int8-");
  });
  const std::string library = "usr/lib/libedge_int8.so";
  std::erase_if(files, [&](const std::string& file) {
    return file.starts_with(library + "." EDGE_INT8_ABI ".") ||
           (file.starts_with(library + ".") && file.ends_with(".0"));
  });
  EXPECT_EQ(files,
            (std::set<std::string>{"usr/include/edge_int8/edge_int8.h",
                                   "usr/include/edge_int8/integer_model.h",
                                   "usr/lib/libedge_int8.a", library,
                                   "usr/lib/pkgconfig/edge_int8.pc",
                                   "usr/share/doc/libedge-int8/CHANGELOG.md",
                                   "usr/share/doc/libedge-int8/copyright"}));
}

TEST_F(Packages, TheToolsHoldTheProgramItsPagesAndTheDemo) {
  std::set<std::string> files = Contents("edge-int8");
  files.erase("usr/share/edge-int8/live.html");  // where the page is built
  EXPECT_EQ(files, (std::set<std::string>{
                       "usr/bin/edge-int8", "usr/share/edge-int8/half.pth",
                       "usr/share/man/man1/edge-int8.1",
                       "usr/share/bash-completion/completions/edge-int8",
                       "usr/share/zsh/vendor-completions/_edge-int8",
                       "usr/share/fish/vendor_completions.d/edge-int8.fish",
                       "usr/share/doc/edge-int8/CHANGELOG.md",
                       "usr/share/doc/edge-int8/copyright"}));
  for (const std::string page :
       {"man/man1/edge-int8.1", "bash-completion/completions/edge-int8",
        "zsh/vendor-completions/_edge-int8",
        "fish/vendor_completions.d/edge-int8.fish"}) {
    EXPECT_THAT(ReadText(Root() + "/usr/share/" + page), HasSubstr("quantize"))
        << page;
  }
}

TEST_F(Packages, DependOnWhatTheirProgramsLink) {
  EXPECT_THAT(Field("libedge-int8", "Depends"), HasSubstr("libstdc++6"));
  EXPECT_THAT(Field("libedge-int8", "Depends"), Not(HasSubstr("libfmt")));
  EXPECT_THAT(Field("libedge-int8", "Provides"),
              HasSubstr("libedge-int8-" EDGE_INT8_ABI " ("));
  for (const std::string library : {"libzip", "libfmt", "libssl", "libpng"}) {
    EXPECT_THAT(Field("edge-int8", "Depends"), HasSubstr(library));
  }
  EXPECT_THAT(Field("edge-int8", "Depends"), Not(HasSubstr("libtorch")));
  if (!kHasTrainer) return;
  EXPECT_THAT(Field("edge-int8-train", "Depends"), HasSubstr("libtorch"));
  EXPECT_THAT(Field("edge-int8-train", "Depends"),
              HasSubstr("edge-int8 (= " +
                        RunCommand("printf %s \"$(dpkg-deb -f " +
                                   files_.at("edge-int8") + " Version)\"")
                            .output +
                        ")"));
}

// A library's package says what those who link it depend on.
TEST_F(Packages, TheRuntimeNamesItselfToThoseWhoLinkIt) {
  EXPECT_THAT(RunCommand("dpkg-deb --ctrl-tarfile " +
                         files_.at("libedge-int8") + " | tar -xO ./shlibs")
                  .output,
              HasSubstr("libedge_int8 " EDGE_INT8_ABI " libedge-int8 (>= "));
}

TEST_F(Packages, WhatIsInThemRuns) {
  const std::string program = Root() + "/usr/bin/edge-int8";
  EXPECT_THAT(RunCommand(program + " --version").output,
              ContainsRegex("[0-9]+\\.[0-9]+"));
  const CommandResult described =
      RunCommand(program + " describe --model " + Root() +
                 "/usr/share/edge-int8/half.pth");
  EXPECT_EQ(described.exit_code, 0) << described.output;
  if (!kHasTrainer) return;
  const CommandResult help = RunCommand(program + " train --help");
  EXPECT_EQ(help.exit_code, 0) << help.output;
  EXPECT_THAT(help.output, HasSubstr("--epochs"));
}

}  // namespace
}  // namespace edge_int8
