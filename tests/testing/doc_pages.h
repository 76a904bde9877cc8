// The pages of the documentation, and the code in them.
#ifndef EDGE_INT8_TESTS_TESTING_DOC_PAGES_H_
#define EDGE_INT8_TESTS_TESTING_DOC_PAGES_H_

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "tests/testing/source_paths.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {

// README.md and every page of docs/, in alphabetical order.
inline std::vector<std::filesystem::path> DocPages() {
  const std::filesystem::path root = kSourceDir;
  std::vector<std::filesystem::path> pages = {root / "README.md"};
  for (const auto& entry : std::filesystem::directory_iterator(root / "docs")) {
    if (entry.path().extension() == ".md") pages.push_back(entry.path());
  }
  std::sort(pages.begin() + 1, pages.end());
  return pages;
}

struct DocCode {
  std::string language;  // "c", "cpp"; "" for an indented block
  std::string text;
  int line = 0;  // of the page, where the block starts
};

// Fenced and indented blocks, in order.
inline std::vector<DocCode> DocCodes(const std::filesystem::path& page) {
  std::vector<DocCode> codes;
  std::istringstream lines(ReadText(page));
  int number = 0;
  bool fenced = false, indented = false, blank = true;
  for (std::string line; std::getline(lines, line); blank = line.empty()) {
    ++number;
    if (line.starts_with("```")) {
      if (!fenced) codes.push_back({line.substr(3), "", number});
      fenced = !fenced;
    } else if (fenced) {
      codes.back().text += line + "\n";
    } else if (line.starts_with("    ") && (indented || blank)) {
      if (!indented) codes.push_back({"", "", number});
      codes.back().text += line.substr(4) + "\n";
      indented = true;
      continue;
    }
    indented = indented && line.empty();
  }
  return codes;
}

}  // namespace edge_int8

#endif  // EDGE_INT8_TESTS_TESTING_DOC_PAGES_H_
