// Reads every #include and keeps docs/architecture.md true: dependencies point
// one way, core/ sees nobody, instruction-set files see only their table.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/testing/source_paths.h"

namespace edge_int8 {
namespace {

namespace fs = std::filesystem;

const fs::path kRoot = kSourceDir;

// Folder -> the folders of ours it may include besides itself.
const std::map<std::string, std::set<std::string>>& Allowed() {
  static const std::map<std::string, std::set<std::string>> allowed = [] {
    std::map<std::string, std::set<std::string>> a;
    a["core/arith"] = {};
    a["core/container"] = {"core/arith"};
    a["core/reference"] = {"core/arith", "core/container"};
    a["core/kernels"] = {"core/arith", "core/container"};
    a["core/engine"] = {"core/arith", "core/container", "core/reference",
                        "core/kernels"};
    a["core/api"] = {"core/arith", "core/container", "core/engine"};
    const std::set<std::string> core = {"core/arith", "core/container",
                                        "core/reference", "core/kernels",
                                        "core/engine"};
    const auto join = [](std::set<std::string> a,
                         const std::set<std::string>& b) {
      a.insert(b.begin(), b.end());
      return a;
    };
    a["src/base"] = {};
    a["src/formats"] = {"src/base"};
    a["src/pose"] = {"src/base", "src/formats"};
    a["src/capture"] = {"src/base", "src/formats", "src/pose"};
    a["src/graph"] = {"src/base"};
    a["src/nets"] = {"src/base", "src/formats", "src/graph"};
    a["src/qgraph"] = join(core, {"src/base", "src/graph"});
    a["src/quantize"] = join(a["src/qgraph"], {"src/qgraph", "src/pose"});
    a["src/study"] = join(a["src/quantize"], {"src/quantize"});
    a["src/eval"] = join(core, {"src/base", "src/pose", "src/graph"});
    a["src/live"] =
        join(a["src/eval"], {"src/capture", "src/eval", "src/formats"});
    a["src/export"] = join(core, {"src/base", "src/graph", "src/qgraph"});
    a["src/report"] = {"src/base", "src/pose"};
    a["src/run"] = core;
    for (const auto& [folder, may] : std::map(a)) {
      if (folder.starts_with("src/")) a["src/run"].insert(folder);
    }
    a["apps/cli"] = a["src/run"];
    a["apps/cli"].insert("src/run");
    a["train"] = a["apps/cli"];
    a["python"] = a["apps/cli"];
    return a;
  }();
  return allowed;
}

struct Include {
  fs::path file;
  int line = 0;
  std::string target;  // "src/base/error.h"
};

std::vector<Include> IncludesOf(const fs::path& file) {
  std::vector<Include> found;
  std::ifstream in(file);
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (!line.starts_with("#include \"")) continue;
    const std::size_t end = line.find('"', 10);
    found.push_back({file, number, line.substr(10, end - 10)});
  }
  return found;
}

std::vector<fs::path> SourcesUnder(const std::string& folder) {
  std::vector<fs::path> sources;
  if (!fs::exists(kRoot / folder)) return sources;
  for (const auto& entry : fs::recursive_directory_iterator(kRoot / folder)) {
    const fs::path extension = entry.path().extension();
    if (extension == ".h" || extension == ".cc") {
      sources.push_back(entry.path());
    }
  }
  std::sort(sources.begin(), sources.end());
  return sources;
}

// "src/base" of "src/base/error.h"; empty when it is not a folder of ours.
std::string FolderOf(const std::string& target) {
  std::string best;
  for (const auto& [folder, may] : Allowed()) {
    if (target.starts_with(folder + "/") && folder.size() > best.size()) {
      best = folder;
    }
  }
  return best;
}

TEST(Architecture, DependenciesPointOneWay) {
  int seen = 0;
  for (const auto& [folder, may] : Allowed()) {
    for (const fs::path& file : SourcesUnder(folder)) {
      for (const Include& include : IncludesOf(file)) {
        ++seen;
        const std::string target = FolderOf(include.target);
        if (target.empty() || target == folder) continue;
        EXPECT_TRUE(may.contains(target))
            << fs::relative(file, kRoot).string() << ":" << include.line << " "
            << folder << " may not include " << include.target;
      }
    }
  }
  EXPECT_GT(seen, 100) << "the sources were not found";
}

TEST(Architecture, CoreIncludesNothingOfOursOutsideCore) {
  for (const fs::path& file : SourcesUnder("core")) {
    for (const Include& include : IncludesOf(file)) {
      const bool api = file.parent_path().filename() == "api" &&
                       include.target.starts_with("edge_int8/");
      EXPECT_TRUE(include.target.starts_with("core/") || api ||
                  include.target.ends_with("_generated.h"))
          << fs::relative(file, kRoot).string() << " includes "
          << include.target;
    }
  }
}

// What a user includes stands alone: nothing of the sources is installed.
TEST(Architecture, PublicHeadersIncludeEachOtherOnly) {
  int seen = 0;
  for (const fs::path& file : SourcesUnder("include")) {
    ++seen;
    for (const Include& include : IncludesOf(file)) {
      EXPECT_TRUE(include.target.starts_with("edge_int8/"))
          << fs::relative(file, kRoot).string() << " includes "
          << include.target;
    }
  }
  EXPECT_GE(seen, 2);
}

// No verb and no library calls MPI: one file stands between.
TEST(Architecture, OneFileSpeaksMpi) {
  std::set<std::string> files;
  for (const std::string folder : {"core", "src", "train", "apps"}) {
    for (const fs::path& file : SourcesUnder(folder)) {
      std::ifstream in(file);
      for (std::string line; std::getline(in, line);) {
        if (line.starts_with("#include <mpi.h>")) {
          files.insert(fs::relative(file, kRoot).string());
        }
      }
    }
  }
  EXPECT_EQ(files, std::set<std::string>{"src/base/mpi/mpi_communicator.cc"});
}

TEST(Architecture, FileNamesAreUniqueAndSnakeCase) {
  std::map<std::string, fs::path> seen;
  for (const std::string folder :
       {"core", "include", "src", "train", "python", "apps"}) {
    for (const fs::path& file : SourcesUnder(folder)) {
      const std::string name = file.filename().string();
      EXPECT_TRUE(seen.emplace(name, file).second)
          << name << " is in " << seen[name].parent_path() << " and "
          << file.parent_path();
      EXPECT_TRUE(std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
               c == '.';
      })) << name;
    }
  }
}

// EDGE_INT8_SRC_BASE_ERROR_H_ of src/base/error.h: two headers never share one.
TEST(Architecture, IncludeGuardsAreNamedByTheirPath) {
  for (const std::string folder :
       {"core", "src", "train", "python", "apps/cli", "tests"}) {
    for (const fs::path& file : SourcesUnder(folder)) {
      if (file.extension() != ".h") continue;
      std::string guard = "EDGE_INT8_";
      for (const char c : fs::relative(file, kRoot).string()) {
        guard += std::isalnum(static_cast<unsigned char>(c)) != 0
                     ? static_cast<char>(std::toupper(c))
                     : '_';
      }
      std::ifstream in(file);
      const std::string text((std::istreambuf_iterator<char>(in)), {});
      EXPECT_NE(text.find("#ifndef " + guard + "_\n"), std::string::npos)
          << file;
    }
  }
}

TEST(Architecture, EveryTestNamedInAHeaderExists) {
  std::set<std::string> tests;
  for (const fs::path& file : SourcesUnder("tests")) {
    tests.insert(file.filename().string());
  }
  for (const std::string folder :
       {"core", "include", "src", "train", "python", "apps"}) {
    for (const fs::path& file : SourcesUnder(folder)) {
      std::ifstream in(file);
      const std::string text((std::istreambuf_iterator<char>(in)), {});
      for (std::size_t at = text.find("_test.cc"); at != std::string::npos;
           at = text.find("_test.cc", at + 1)) {
        std::size_t begin = at;
        while (begin > 0 &&
               (std::isalnum(text[begin - 1]) != 0 || text[begin - 1] == '_')) {
          --begin;
        }
        const std::string name = text.substr(begin, at + 8 - begin);
        EXPECT_TRUE(tests.contains(name))
            << fs::relative(file, kRoot).string() << " names " << name;
      }
    }
  }
}

// A merge that was committed half done: pages have no compiler that would say
// so.
TEST(Architecture, NoMergeLeftItsMarks) {
  std::vector<fs::path> files;
  for (const std::string folder :
       {"apps", "bench", "cmake", "core", "docs", "examples", "include",
        "python", "scripts", "src", "tests", "train"}) {
    for (const auto& entry : fs::recursive_directory_iterator(kRoot / folder)) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
  }
  for (const auto& entry : fs::directory_iterator(kRoot)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  EXPECT_GT(files.size(), 500u) << "the files were not found";
  for (const fs::path& file : files) {
    std::ifstream in(file);
    int number = 0;
    for (std::string line; std::getline(in, line);) {
      ++number;
      EXPECT_FALSE(line.starts_with(std::string(7, '<') + " ") ||
                   line.starts_with(std::string(7, '>') + " "))
          << fs::relative(file, kRoot).string() << ":" << number;
    }
  }
}

}  // namespace
}  // namespace edge_int8
