// Keeps docs/extending.md true: above each of its tables stand the words by
// which the files that it lists are found, and no other file has them. The
// patch that adds one of each still applies.
#include <gtest/gtest.h>

#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/testing/source_paths.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

namespace fs = std::filesystem;

const fs::path kExtensionRoot = kSourceDir;
constexpr std::string_view kWords = "<!-- words: ";

struct Table {
  std::vector<std::string> words;
  std::set<std::string> files;
};

std::vector<Table> TablesOf(const fs::path& page) {
  std::vector<Table> tables;
  std::istringstream lines(ReadText(page));
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(kWords)) {
      std::istringstream words(line.substr(kWords.size()));
      Table& table = tables.emplace_back();
      for (std::string word; words >> word && word != "-->";) {
        table.words.push_back(word);
      }
    } else if (line.starts_with("| `") && !tables.empty()) {
      tables.back().files.insert(line.substr(3, line.find('`', 3) - 3));
    }
  }
  return tables;
}

// Text by path, of the folders that an addition may touch.
std::map<std::string, std::string> Sources() {
  std::map<std::string, std::string> sources;
  for (const char* folder : {"core", "src", "train", "apps"}) {
    for (const auto& entry :
         fs::recursive_directory_iterator(kExtensionRoot / folder)) {
      if (!entry.is_regular_file() || entry.path().extension() == ".md") {
        continue;
      }
      sources[fs::relative(entry.path(), kExtensionRoot).string()] =
          ReadText(entry.path());
    }
  }
  return sources;
}

// avxvnni is in avxvnni_products.cc as well, but Resize not in ResizeTap.
bool Continues(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0;
}

bool Has(const std::string& text, const std::string& word) {
  for (std::size_t at = text.find(word); at != std::string::npos;
       at = text.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    const bool begins = at == 0 || !Continues(text[at - 1]);
    if (begins && (end == text.size() || !Continues(text[end]))) return true;
  }
  return false;
}

TEST(Extending, ListsTheFilesThatAnAdditionTouches) {
  const std::map<std::string, std::string> sources = Sources();
  const std::vector<Table> tables =
      TablesOf(kExtensionRoot / "docs/extending.md");
  ASSERT_EQ(tables.size(), 4u);
  for (const Table& table : tables) {
    ASSERT_FALSE(table.words.empty());
    SCOPED_TRACE(table.words[0]);
    std::set<std::string> found;
    for (const auto& [path, text] : sources) {
      for (const std::string& word : table.words) {
        if (Has(text, word)) found.insert(path);
      }
    }
    EXPECT_EQ(found, table.files);
  }
}

TEST(Extending, ThePatchThatAddsOneOfEachApplies) {
  if (std::system("command -v patch >/dev/null") != 0) {
    GTEST_SKIP() << "needs patch (Debian's package)";
  }
  const TempFolder folder;
  for (const char* part : {"core", "src"}) {
    fs::copy(kExtensionRoot / part, folder / part, fs::copy_options::recursive);
  }
  const fs::path patch = kExtensionRoot / "tests/extending/one_of_each.patch";
  EXPECT_EQ(
      std::system(("patch --batch --quiet --fuzz=0 -p1 -d '" +
                   folder.path().string() + "' -i '" + patch.string() + "'")
                      .c_str()),
      0);
}

}  // namespace
}  // namespace edge_int8
