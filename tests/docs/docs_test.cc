// The pages keep their word: links lead somewhere, verbs and flags they name
// exist, commands they show run.
#include <gtest/gtest.h>

#include <cctype>
#include <map>
#include <set>

#include "tests/cli/run_program.h"
#include "tests/docs/doc_commands.h"
#include "tests/testing/doc_pages.h"
#include "tests/testing/fixtures.h"

namespace edge_int8 {
namespace {

namespace fs = std::filesystem;

// "How does it run? Twice" is #how-does-it-run-twice.
std::string Anchor(const std::string& heading) {
  std::string anchor;
  for (const char c : heading) {
    const auto u = static_cast<unsigned char>(c);
    if (std::isalnum(u) != 0 || c == '_' || c == '-') {
      anchor += static_cast<char>(std::tolower(u));
    } else if (c == ' ') {
      anchor += '-';
    }
  }
  return anchor;
}

std::set<std::string> Anchors(const fs::path& page) {
  std::set<std::string> anchors;
  std::istringstream lines(ReadText(page));
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("#")) continue;
    anchors.insert(Anchor(line.substr(line.find_first_not_of("# "))));
  }
  return anchors;
}

std::vector<std::string> Links(const fs::path& page) {
  std::vector<std::string> links;
  const std::string text = ReadText(page);
  for (std::size_t at = text.find("]("); at != std::string::npos;
       at = text.find("](", at + 1)) {
    const std::size_t end = text.find(')', at);
    links.push_back(text.substr(at + 2, end - at - 2));
  }
  return links;
}

TEST(Docs, EveryLinkBetweenPagesLeadsSomewhere) {
  int seen = 0;
  for (const fs::path& page : DocPages()) {
    for (const std::string& link : Links(page)) {
      if (link.starts_with("http")) continue;
      ++seen;
      const std::size_t hash = link.find('#');
      const std::string file = link.substr(0, hash);
      const fs::path target = file.empty() ? page : page.parent_path() / file;
      EXPECT_TRUE(fs::exists(target)) << page << " links " << link;
      if (hash != std::string::npos && fs::exists(target)) {
        EXPECT_TRUE(Anchors(target).contains(link.substr(hash + 1)))
            << page << " links " << link;
      }
    }
  }
  EXPECT_GT(seen, 10);
}

TEST(Docs, TheReadmeLinksEveryPage) {
  const std::vector<fs::path> pages = DocPages();
  const std::vector<std::string> links = Links(pages[0]);
  const std::set<std::string> linked(links.begin(), links.end());
  for (std::size_t i = 1; i < pages.size(); ++i) {
    EXPECT_TRUE(linked.contains("docs/" + pages[i].filename().string()))
        << pages[i];
  }
}

// A page with C or C++ needs a test that compiles it.
TEST(Docs, CodeIsOnPagesWhoseTestsCompileIt) {
  const std::map<std::string, std::string> compiled_by = {
      {"embedding.md", "tests/install/install_test.cc"},
      {"targets.md", "tests/export/c_build_files_test.cc"}};
  for (const fs::path& page : DocPages()) {
    for (const DocCode& code : DocCodes(page)) {
      if (code.language != "c" && code.language != "cpp") continue;
      const auto test = compiled_by.find(page.filename().string());
      ASSERT_NE(test, compiled_by.end()) << page << ":" << code.line;
      EXPECT_NE(ReadText(fs::path(kSourceDir) / test->second)
                    .find("docs/" + test->first),
                std::string::npos);
    }
  }
}

// Help of a verb by its words, {"dataset", "synth"}; empty when there is none
// or its program is not built: `train` is one of its own.
std::string Help(std::vector<std::string> verb) {
  static std::map<std::vector<std::string>, std::string> known;
  const auto found = known.find(verb);
  if (found != known.end()) return found->second;
  std::vector<std::string> arguments = verb;
  arguments.push_back("--help");
  return known[verb] = RunProgram(arguments).out;
}

// Names in the help's list of subcommands.
std::set<std::string> VerbsIn(const std::string& help) {
  std::set<std::string> verbs;
  std::istringstream lines(help);
  bool listed = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("Subcommands:")) {
      listed = true;
    } else if (!line.starts_with("  ")) {
      listed = false;
    } else if (listed && line.size() > 2 && line[2] != ' ') {
      verbs.insert(line.substr(2, line.find(' ', 2) - 2));
    }
  }
  return verbs;
}

// The leading words that are a verb: {"export", "c"}. Stops at the first word
// that is none.
std::vector<std::string> VerbOf(const std::vector<std::string>& words) {
  std::vector<std::string> verb;
  for (const std::string& word : words) {
    if (!VerbsIn(Help(verb)).contains(word)) break;
    verb.push_back(word);
  }
  return verb;
}

bool NamesFlag(const std::string& help, const std::string& flag) {
  for (std::size_t at = help.find(flag); at != std::string::npos;
       at = help.find(flag, at + 1)) {
    const char after = help[at + flag.size()];
    if (after == ' ' || after == '\n' || after == ',') return true;
  }
  return false;
}

// A word in capitals or with bars stands for what a user puts there.
bool IsComplete(const std::vector<std::string>& verb) {
  return !verb.empty() && VerbsIn(Help(verb)).empty();
}

void ExpectParses(const DocCommand& command) {
  SCOPED_TRACE(command.place);
  const std::vector<std::string> verb = VerbOf(command.words);
  EXPECT_TRUE(IsComplete(verb))
      << testing::PrintToString(command.words) << " has no such verb";
  if (Help(verb).empty()) return;
  for (const std::string& word : command.words) {
    if (!word.starts_with("--")) continue;
    const std::string flag = word.substr(0, word.find('='));
    EXPECT_TRUE(NamesFlag(Help(verb), flag) || NamesFlag(Help({}), flag))
        << testing::PrintToString(command.words) << " has no " << flag;
  }
}

TEST(Docs, EveryCommandInABlockHasItsVerbFlagsAndRequiredOptions) {
  int seen = 0;
  for (const fs::path& page : DocPages()) {
    for (const DocCommand& command : BlockCommands(page)) {
      ++seen;
      ExpectParses(command);
      SCOPED_TRACE(command.place);
      std::istringstream lines(Help(VerbOf(command.words)));
      for (std::string line; std::getline(lines, line);) {
        if (line.find(" REQUIRED") == std::string::npos) continue;
        const std::size_t at = line.find("--");
        if (at == std::string::npos) continue;
        const std::string flag = line.substr(at, line.find(' ', at) - at);
        EXPECT_TRUE(std::ranges::count(command.words, flag) == 1)
            << testing::PrintToString(command.words) << " lacks " << flag;
      }
    }
  }
  EXPECT_GT(seen, 8);
}

TEST(Docs, EveryCommandInALineHasItsVerbAndFlags) {
  int seen = 0;
  for (const fs::path& page : DocPages()) {
    for (const DocCommand& command : InlineCommands(page)) {
      if (command.words.empty() || command.words[0] == "VERB") continue;
      ++seen;
      ExpectParses(command);
    }
  }
  EXPECT_GE(seen, 4);
}

// The table of docs/command-line.md: `verb --flag X` in the first column.
std::vector<DocCommand> TableCommands() {
  std::vector<DocCommand> commands;
  std::istringstream lines(ReadText(kSourceDir + "/docs/command-line.md"));
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("## ")) break;
    if (!line.starts_with("| `")) continue;
    const std::string code = line.substr(3, line.find('`', 3) - 3);
    commands.push_back(
        {"command-line.md", WordsOfCommand("edge-int8 " + code)});
  }
  return commands;
}

TEST(Docs, TheCommandLinesPageNamesEveryVerbAndNoOther) {
  std::set<std::string> named;
  for (const DocCommand& command : TableCommands()) {
    ExpectParses(command);
    ASSERT_FALSE(command.words.empty());
    named.insert(command.words[0]);
  }
  EXPECT_EQ(named, VerbsIn(Help({})));
}

// Every sub-verb of `dataset`, `export` and the like has its row too.
TEST(Docs, TheCommandLinesPageNamesEverySubVerb) {
  const std::string page = ReadText(kSourceDir + "/docs/command-line.md");
  for (const std::string& verb : VerbsIn(Help({}))) {
    for (const std::string& sub : VerbsIn(Help({verb}))) {
      EXPECT_NE(page.find(verb + " " + sub), std::string::npos)
          << verb << " " << sub;
    }
  }
}

// Commands that take seconds, on the fixtures under the names that the pages
// use, in the order of the pages; files that an earlier command left may be
// read by a later one.
TEST(Docs, CommandsOfTheReadmeRun) {
  EDGE_INT8_NEED_FIXTURES();
  const TempFolder folder;
  fs::create_symlink(fs::absolute(Fixtures() / "models/tiny_random.pth"),
                     folder / "half.pth");
  fs::create_symlink(fs::absolute(Fixtures() / "preprocessed_csi_data"),
                     folder / "preprocessed_csi_data");
  fs::create_symlink(fs::absolute(Fixtures() / "onnx/mixed_ops.onnx"),
                     folder / "net.onnx");
  fs::create_symlink(fs::absolute(Fixtures() / "onnx/mixed_ops_calib.npy"),
                     folder / "windows.npy");
  const std::set<std::string> cheap = {"evaluate", "quantize", "verify",
                                       "predict",  "export",   "describe"};
  int ran = 0;
  for (const DocCommand& command : BlockCommands(DocPages()[0])) {
    if (!cheap.contains(command.words[0])) continue;
    std::string line =
        "cd '" + folder.path().string() + "' && '" + EDGE_INT8_PROGRAM "'";
    for (const std::string& word : command.words) line += " " + word;
    const std::string log = (folder / "log").string();
    const int status = std::system((line + " >'" + log + "' 2>&1").c_str());
    EXPECT_EQ(WEXITSTATUS(status), 0) << line << "\n" << ReadText(log);
    ++ran;
  }
  EXPECT_GE(ran, 3);
}

}  // namespace
}  // namespace edge_int8
