// The commands of edge-int8 that the documentation shows: those of its blocks,
// and those in `code` in a line.
#ifndef EDGE_INT8_TESTS_DOCS_DOC_COMMANDS_H_
#define EDGE_INT8_TESTS_DOCS_DOC_COMMANDS_H_

#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "tests/testing/doc_pages.h"

namespace edge_int8 {

struct DocCommand {
  std::string place;               // "README.md:27"
  std::vector<std::string> words;  // after the program's name
};

// The words of a command of ours; empty when the text is something else. A
// comment ends it, and so does a pipe.
inline std::vector<std::string> WordsOfCommand(const std::string& text) {
  std::vector<std::string> words;
  std::istringstream in(text);
  std::string word;
  if (!(in >> word)) return words;
  if (std::filesystem::path(word).filename() != "edge-int8") return words;
  while (in >> word && word != "#" && word != "|" && word != ">") {
    words.push_back(word);
  }
  return words;
}

// Lines of a shell block, those that end with a backslash joined.
inline std::vector<DocCommand> BlockCommands(
    const std::filesystem::path& page) {
  std::vector<DocCommand> commands;
  for (const DocCode& code : DocCodes(page)) {
    std::istringstream lines(code.text);
    std::string command;
    for (std::string line; std::getline(lines, line);) {
      const bool more = line.ends_with("\\");
      command += more ? line.substr(0, line.size() - 1) : line;
      if (more) continue;
      const std::vector<std::string> words = WordsOfCommand(command);
      if (!words.empty()) {
        commands.push_back(
            {page.filename().string() + ":" + std::to_string(code.line),
             words});
      }
      command.clear();
    }
  }
  return commands;
}

// Between single backquotes outside blocks; a line break counts as a space.
inline std::vector<DocCommand> InlineCommands(
    const std::filesystem::path& page) {
  std::vector<DocCommand> commands;
  const std::string text = ReadText(page);
  for (std::size_t open = text.find('`'); open != std::string::npos;) {
    const std::size_t close = text.find('`', open + 1);
    if (close == std::string::npos) break;
    const std::string code = text.substr(open + 1, close - open - 1);
    const std::vector<std::string> words = WordsOfCommand(code);
    if (!words.empty()) {
      commands.push_back({page.filename().string(), words});
    }
    open = text.find('`', close + 1);
  }
  return commands;
}

}  // namespace edge_int8

#endif  // EDGE_INT8_TESTS_DOCS_DOC_COMMANDS_H_
