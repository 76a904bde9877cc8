// scripts/setup.sh on systems that this one is not: other families of Linux, no
// root, packages that apt doesn't know. Programs of those systems are shell
// functions or scripts of a few lines here.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <sstream>
#include <string>

#include "tests/testing/run_command.h"
#include "tests/testing/source_paths.h"

namespace edge_int8 {
namespace {

using testing::HasSubstr;
using testing::Not;

// What bash says to `script` after it has read setup.sh. PATH is `path` alone.
CommandResult Sourced(const TempFolder& temp, const std::string& script,
                      const std::string& path = "$PATH") {
  const std::filesystem::path file =
      temp.Write("script.sh", "set -euo pipefail\n. '" + kSourceDir +
                                  "/scripts/setup.sh'\n" + script);
  return RunCommand("PATH=\"" + path + "\" /bin/bash " + file.string());
}

std::string OsRelease(const TempFolder& temp, const std::string& text) {
  return "os_release=" + temp.Write("os-release", text).string() + "\n";
}

// The system of `ids` has nothing installed.
CommandResult Elsewhere(const std::string& ids) {
  const TempFolder temp;
  return Sourced(temp,
                 OsRelease(temp, ids) +
                     "has_elsewhere() { return 1; }\nsay_what_to_install");
}

TEST(SetupElsewhere, EveryNeededPackageHasANameInEveryFamily) {
  const TempFolder temp;
  const CommandResult needed =
      Sourced(temp, "needed_packages | cut -d' ' -f1 | cut -d'|' -f1");
  const CommandResult named = Sourced(temp, "names_elsewhere");
  std::set<std::string> with_names;
  std::istringstream lines(named.output);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string debian;
    words >> debian;
    with_names.insert(debian);
    int others = 0;
    for (std::string word; words >> word;) ++others;
    EXPECT_EQ(others, 4) << line;
  }
  std::istringstream packages(needed.output);
  int count = 0;
  for (std::string package; packages >> package; ++count) {
    EXPECT_TRUE(with_names.contains(package))
        << package << " has no line in names_elsewhere";
  }
  EXPECT_GE(count, 20);
  EXPECT_EQ(with_names.size(), static_cast<std::size_t>(count));
}

TEST(SetupElsewhere, NamesAreTheFamilys) {
  EXPECT_THAT(Elsewhere("ID=fedora\n").output,
              HasSubstr("dnf install gcc-c++ cmake ninja-build"));
  EXPECT_THAT(Elsewhere("ID=rocky\nID_LIKE=\"rhel fedora\"\n").output,
              HasSubstr("dnf install"));
  EXPECT_THAT(Elsewhere("ID=manjaro\nID_LIKE=arch\n").output,
              HasSubstr("pacman -S --needed gcc"));
  const std::string alpine = Elsewhere("ID=alpine\n").output;
  EXPECT_THAT(alpine, HasSubstr("apk add g++ cmake samurai"));
  EXPECT_THAT(alpine, HasSubstr("no packages here are known for libtorch-dev"));
  EXPECT_THAT(alpine, Not(HasSubstr("?")));
  const std::string unknown = Elsewhere("ID=other\n").output;
  EXPECT_THAT(unknown, HasSubstr("names of packages aren't known"));
  EXPECT_THAT(unknown, HasSubstr("docs/dependencies.md"));
}

TEST(SetupElsewhere, MacOsIsToldWhatBuildsThere) {
  const TempFolder temp;
  const CommandResult said =
      Sourced(temp,
              "uname() { echo Darwin; }\nhas_elsewhere() { return 1; }\n"
              "say_what_to_install");
  EXPECT_EQ(said.exit_code, 0);
  EXPECT_THAT(said.output, HasSubstr("brew install cmake ninja"));
  EXPECT_THAT(said.output, HasSubstr("EDGE_INT8_CORE_ONLY"));
}

TEST(SetupElsewhere, NamesOnlyWhatIsMissingAndSaysItOnce) {
  const TempFolder temp;
  const CommandResult said =
      Sourced(temp, OsRelease(temp, "ID=fedora\n") +
                        "has_elsewhere() { [ $2 != libpcap-devel ]; }\n"
                        "command() { [ \"$2\" != apt-get ]; }\n"
                        "install_missing needed_packages\n"
                        "install_missing target_packages\n");
  EXPECT_EQ(said.exit_code, 0) << said.output;
  EXPECT_EQ(said.output,
            "edge-int8: missing here; ask root for: dnf install "
            "libpcap-devel\n");
}

// A Debian whose dpkg knows nothing and whose apt knows all but libtorch-dev.
class SetupOnDebian : public testing::Test {
 protected:
  void SetUp() override {
    if (!HaveCommand("awk")) GTEST_SKIP();
    for (const std::string name :
         {"id", "mktemp", "cat", "cut", "uname", "env", "rm", "grep"}) {
      RunCommand("ln -s \"$(command -v " + name + ")\" " +
                 (temp_ / name).string());
    }
    Program("dpkg-query", "exit 1");
    Program("apt-cache", "[ \"$2\" != libtorch-dev ]");
    Program("apt-get", "echo \"apt-get $*\" >>\"${0%/*}/ran\"");
  }
  void Program(const std::string& name, const std::string& text) {
    temp_.Write(name, "#!/bin/bash\n" + text + "\n");
    std::filesystem::permissions(temp_ / name,
                                 std::filesystem::perms::owner_all);
  }
  CommandResult Run(const std::string& script) {
    return Sourced(temp_, script, temp_.path().string());
  }
  const TempFolder temp_;
};

TEST_F(SetupOnDebian, InstallsWhatAptKnowsAndNamesTheRest) {
  const CommandResult said =
      Run("id() { echo 0; }\ninstall_missing needed_packages");
  EXPECT_EQ(said.exit_code, 0) << said.output;
  EXPECT_THAT(said.output, HasSubstr("apt knows no libtorch-dev here"));
  const std::string ran = ReadText(temp_ / "ran");
  EXPECT_THAT(ran, HasSubstr("apt-get update\n"));
  EXPECT_THAT(ran, HasSubstr("install -y --no-install-recommends g++ cmake"));
  EXPECT_THAT(ran, Not(HasSubstr("libtorch")));
}

TEST_F(SetupOnDebian, OfSeveralNamesTakesTheFirstThatAptKnows) {
  Program("apt-cache", "[[ $2 = *-19* || $2 = *-20* ]]");
  const CommandResult said =
      Run("id() { echo 0; }\ninstall_missing sanitizer_packages");
  EXPECT_EQ(said.exit_code, 0) << said.output;
  EXPECT_THAT(ReadText(temp_ / "ran"),
              HasSubstr("recommends clang-19 libclang-rt-19-dev\n"));
}

TEST_F(SetupOnDebian, WithoutRootAndSudoSaysWhatToAskFor) {
  const CommandResult said =
      Run("id() { echo 1000; }\ninstall_missing target_packages");
  EXPECT_EQ(said.exit_code, 1);
  EXPECT_THAT(said.output, HasSubstr("neither root nor sudo here"));
  EXPECT_THAT(said.output,
              HasSubstr("ask whoever may install packages for: apt-get install "
                        "--no-install-recommends "));
  EXPECT_THAT(said.output, HasSubstr(" qemu-user"));
  EXPECT_FALSE(std::filesystem::exists(temp_ / "ran"));
}

TEST_F(SetupOnDebian, WhereSudoRefusesSaysWhatToAskForToo) {
  Program("sudo", "echo 'a password is required'; exit 1");
  const CommandResult said =
      Run("id() { echo 1000; }\ninstall_missing needed_packages");
  EXPECT_EQ(said.exit_code, 1);
  EXPECT_THAT(said.output, HasSubstr("a password is required"));
  EXPECT_THAT(said.output, HasSubstr("--no-install-recommends g++ cmake"));
}

TEST_F(SetupOnDebian, AsksForListsOnceForAllThatIsWanted) {
  Program("node", "");
  const CommandResult said =
      Run("id() { echo 0; }\ninstall_wanted browser_programs");
  EXPECT_EQ(said.exit_code, 0) << said.output;
  EXPECT_THAT(said.output,
              HasSubstr("missing npm (the browser test): installing "
                        "npm"));
  EXPECT_THAT(said.output, Not(HasSubstr("could not be installed")));
  EXPECT_EQ(ReadText(temp_ / "ran"),
            "apt-get update\n"
            "apt-get install -y --no-install-recommends npm\n"
            "apt-get install -y --no-install-recommends chromium\n");
}

TEST_F(SetupOnDebian, WithoutListsNothingThatIsWantedIsTried) {
  Program("apt-get", "echo \"apt-get $*\" >>\"${0%/*}/ran\"; exit 1");
  const CommandResult said =
      Run("id() { echo 0; }\ninstall_wanted mpi_programs");
  EXPECT_EQ(said.exit_code, 0) << said.output;
  EXPECT_THAT(said.output, HasSubstr("openmpi-bin could not be installed: "
                                     "going on without jobs of several"));
  EXPECT_EQ(ReadText(temp_ / "ran"), "apt-get update\n");
}

TEST_F(SetupOnDebian, WhatIsThereIsNotInstalledAgain) {
  Program("dpkg-query", "echo install ok installed");
  const CommandResult said = Run("install_missing needed_packages");
  EXPECT_EQ(said.exit_code, 0);
  EXPECT_EQ(said.output, "");
  EXPECT_FALSE(std::filesystem::exists(temp_ / "ran"));
}

}  // namespace
}  // namespace edge_int8
