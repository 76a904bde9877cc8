#include "apps/cli/completion.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "src/base/shell_quote.h"

namespace edge_int8 {
namespace {

// What can follow a verb: its own verbs and flags, and the program's flags.
std::string WordsAfter(const VerbOutline& verb, const VerbOutline& program) {
  std::string words;
  const auto add = [&words](const std::string& word) {
    words += (words.empty() ? "" : " ") + word;
  };
  for (const std::string& below : verb.verbs) add(below);
  for (const FlagOutline& flag : verb.flags) add(flag.name);
  if (&verb != &program) {
    for (const FlagOutline& flag : program.flags) {
      if (flag.name != "--help" && flag.name != "--version") add(flag.name);
    }
  }
  return words;
}

// A verb's name as one word: "dataset_synth".
std::string PathOf(const VerbOutline& verb) {
  std::string path = verb.name;
  std::ranges::replace(path, ' ', '_');
  return path;
}

// zsh's _arguments and fish end a description at these.
std::string Plain(std::string text) {
  std::string plain;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\' || c == '\'') {
      plain += c == '[' ? '(' : c == ']' ? ')' : c == ':' ? ',' : ' ';
    } else {
      plain += c;
    }
  }
  return plain;
}

}  // namespace

std::string BashCompletion(const std::vector<VerbOutline>& outlines) {
  std::string script =
      "# bash completion of edge-int8: source it, or put it into\n"
      "# /usr/share/bash-completion/completions/edge-int8\n"
      "_edge_int8() {\n"
      "  local current=${COMP_WORDS[COMP_CWORD]} word path= words=\n"
      "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
      "    case $path:$word in\n";
  for (const VerbOutline& verb : outlines) {
    const std::string path = PathOf(verb);
    for (const std::string& below : verb.verbs) {
      script += fmt::format("      {}:{}) path={}{} ;;\n", path, below,
                            path.empty() ? "" : path + "_", below);
    }
  }
  script += "    esac\n  done\n  case $path in\n";
  for (const VerbOutline& verb : outlines) {
    script += fmt::format("    {}) words='{}' ;;\n", ShellQuote(PathOf(verb)),
                          WordsAfter(verb, outlines[0]));
  }
  return script +
         "  esac\n"
         "  if [[ $current == -* || $words == [a-z]* ]]; then\n"
         "    COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
         "  else\n"
         "    COMPREPLY=($(compgen -f -- \"$current\"))\n"
         "    compopt -o filenames 2>/dev/null\n"
         "  fi\n"
         "}\n"
         "complete -F _edge_int8 edge-int8\n";
}

std::string ZshCompletion(const std::vector<VerbOutline>& outlines) {
  std::string script =
      "#compdef edge-int8\n"
      "# zsh completion of edge-int8: a file _edge-int8 in a folder of "
      "$fpath.\n"
      "_edge_int8() {\n"
      "  local -a verb\n"
      "  verb=(${words[2,CURRENT-1]:#-*})\n"
      "  case \"${(j: :)verb}\" in\n";
  // The longest names first: a verb's pattern fits what follows it as well.
  for (auto verb = outlines.rbegin(); verb != outlines.rend(); ++verb) {
    script += verb->name.empty()
                  ? "    *) "
                  : fmt::format("    '{0}'|'{0} '*) ", verb->name);
    if (!verb->verbs.empty()) {
      script += "local -a below; below=(";
      for (const std::string& name : verb->verbs) script += name + " ";
      script += "); (( CURRENT > 1 )) && compadd -a below; ";
    }
    script += "_arguments -S";
    for (const FlagOutline& flag : verb->flags) {
      script += fmt::format(" '{}{}[{}]{}'", flag.name,
                            flag.argument.empty() ? "" : "=", Plain(flag.text),
                            flag.argument.empty() ? "" : ":value:_files");
    }
    script += " '*:file:_files' ;;\n";
  }
  return script + "  esac\n}\n_edge_int8 \"$@\"\n";
}

std::string FishCompletion(const std::vector<VerbOutline>& outlines) {
  std::string script =
      "# fish completion of edge-int8: put it into\n"
      "# ~/.config/fish/completions/edge-int8.fish\n";
  for (const VerbOutline& verb : outlines) {
    std::string where = "__fish_use_subcommand";
    if (!verb.name.empty()) {
      where = "__fish_seen_subcommand_from " +
              verb.name.substr(verb.name.rfind(' ') + 1);
    }
    for (const std::string& below : verb.verbs) {
      script +=
          fmt::format("complete -c edge-int8 -f -n '{}' -a {}\n", where, below);
    }
    for (const FlagOutline& flag : verb.flags) {
      script +=
          fmt::format("complete -c edge-int8 -n '{}' -l {}{} -d '{}'\n", where,
                      flag.name.substr(2), flag.argument.empty() ? "" : " -r",
                      Plain(flag.text));
    }
  }
  return script;
}

}  // namespace edge_int8
