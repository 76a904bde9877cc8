#include "apps/cli/help_formatter.h"

#include <fmt/format.h>

#include <sstream>
#include <string>

namespace edge_int8 {
namespace {

constexpr std::size_t kColumns = 80;
constexpr std::size_t kTextColumn = 28;

// `text` in lines of at most kColumns, those after the first indented; the
// first begins at column `at`. A word longer than a line stands alone.
std::string Wrapped(const std::string& text, std::size_t at,
                    std::size_t indent) {
  std::istringstream words(text);
  std::string lines;
  std::size_t column = at;
  bool first = true;
  for (std::string word; words >> word; first = false) {
    if (!first && column + 1 + word.size() > kColumns) {
      lines += '\n' + std::string(indent, ' ');
      column = indent;
    } else if (!first) {
      lines += ' ';
      ++column;
    }
    lines += word;
    column += word.size();
  }
  return lines;
}

// "  head      text", the text on a line of its own after a long head.
std::string Row(const std::string& head, const std::string& text) {
  std::string row = "  " + head;
  if (text.empty()) return row + "\n";
  if (row.size() + 2 > kTextColumn) {
    row += '\n' + std::string(kTextColumn, ' ');
  } else {
    row.resize(kTextColumn, ' ');
  }
  return row + Wrapped(text, kTextColumn, kTextColumn) + "\n";
}

// "INT:INT in [1 - 64]": what stands between the brackets, else empty.
std::string LimitsIn(const std::string& type) {
  const std::size_t open = type.find(" in [");
  const std::size_t close = type.find(']', open);
  if (open == std::string::npos || close == std::string::npos) return "";
  return type.substr(open + 5, close - open - 5);
}

}  // namespace

std::string ArgumentName(const CLI::Option& option) {
  if (option.get_type_size() == 0) return "";
  std::string type = option.get_type_name();
  type = type.substr(0, type.find(':'));
  if (type == "INT" || type == "UINT") return "N";
  if (type == "FLOAT") return "X";
  return type;
}

std::string FullDescription(const CLI::Option& option) {
  std::string text = option.get_description();
  std::string limits = LimitsIn(option.get_type_name());
  if (const std::size_t dash = limits.find(" - "); dash != std::string::npos) {
    text += fmt::format(" ({} to {})", limits.substr(0, dash),
                        limits.substr(dash + 3));
  }
  if (const std::string standard = option.get_default_str();
      !standard.empty() && option.get_type_size() > 0) {
    text += fmt::format(" [{}]", standard);
  }
  return text;
}

std::string HelpFormatter::make_option(const CLI::Option* option,
                                       bool is_positional) const {
  std::string head = make_option_name(option, is_positional);
  if (const std::string argument = ArgumentName(*option);
      !argument.empty() && !is_positional) {
    head += ' ' + argument;
  }
  if (option->get_required()) head += " (required)";
  return Row(head, FullDescription(*option));
}

std::string HelpFormatter::make_subcommand(const CLI::App* verb) const {
  return Row(verb->get_display_name(), verb->get_description());
}

std::string HelpFormatter::make_description(const CLI::App* app) const {
  return Wrapped(app->get_description(), 0, 0) + "\n\n";
}

std::string HelpFormatter::make_help(const CLI::App* app, std::string /*name*/,
                                     CLI::AppFormatMode mode) const {
  const CLI::App* top = app;
  std::string words = app->get_name();
  while (top->get_parent() != nullptr) {
    top = top->get_parent();
    words = top->get_name() + " " + words;
  }
  std::string help = CLI::Formatter::make_help(app, words, mode);
  if (top == app) return help;
  std::string shared = "\nWith every verb:\n";
  for (const CLI::Option* option : top->get_options()) {
    if (option->get_name() == "--help" || option->get_name() == "--version") {
      continue;
    }
    shared += make_option(option, false);
  }
  // Before the example, which stays the last thing to be read.
  const std::string& footer = app->get_footer();
  const std::size_t at =
      footer.empty() ? std::string::npos : help.rfind(footer);
  if (at == std::string::npos) return help + shared;
  return help.insert(at, shared.substr(1) + "\n");
}

}  // namespace edge_int8
