#include "apps/cli/man_page.h"

#include <fmt/format.h>

#include <sstream>

namespace edge_int8 {
namespace {

// roff reads a backslash, a hyphen and a point or quote that begins a line.
std::string Escaped(const std::string& text) {
  std::string escaped;
  bool at_start = true;
  for (const char c : text) {
    if (at_start && (c == '.' || c == '\'')) escaped += "\\&";
    at_start = c == '\n';
    if (c == '\\') {
      escaped += "\\e";
    } else if (c == '-') {
      escaped += "\\-";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

std::string Flags(const VerbOutline& verb) {
  std::string page;
  for (const FlagOutline& flag : verb.flags) {
    page += fmt::format(".TP\n\\fB{}\\fR", Escaped(flag.name));
    if (!flag.argument.empty()) {
      page += fmt::format(" \\fI{}\\fR", Escaped(flag.argument));
    }
    page += fmt::format("{}\n{}\n", flag.required ? " (required)" : "",
                        Escaped(flag.text));
  }
  return page;
}

}  // namespace

std::string ManPage(const std::vector<VerbOutline>& outlines,
                    const std::string& version) {
  const VerbOutline& program = outlines.at(0);
  std::string page = fmt::format(
      ".TH EDGE\\-INT8 1 \"\" \"edge\\-int8 {}\" \"User Commands\"\n"
      ".SH NAME\nedge\\-int8 \\- integer inference for WiFi\\-sensing "
      "networks\n"
      ".SH SYNOPSIS\n.B edge\\-int8\n.I VERB\n[\\fIFLAGS\\fR]\n"
      ".SH DESCRIPTION\n{}\n.SH FLAGS OF EVERY VERB\n{}",
      Escaped(version), Escaped(program.text), Flags(program));
  page += ".SH VERBS\n";
  for (std::size_t v = 1; v < outlines.size(); ++v) {
    const VerbOutline& verb = outlines[v];
    page += fmt::format(".SS {}\n{}\n{}", Escaped(verb.name),
                        Escaped(verb.text), Flags(verb));
    if (!verb.footer.empty()) {
      page += fmt::format(".PP\n.nf\n{}\n.fi\n", Escaped(verb.footer));
    }
  }
  page +=
      ".SH EXIT STATUS\n.TP\n0\nit worked\n.TP\n1\na gate or a check failed\n"
      ".TP\n2\nthe command was misused\n.TP\n3\nbad input\n.TP\n4\nan internal "
      "error: please report it\n";
  return page;
}

}  // namespace edge_int8
