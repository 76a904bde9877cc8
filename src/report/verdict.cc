#include "src/report/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>

#include "src/base/error.h"

namespace edge_int8 {
namespace {

// Three decimals where the table has two: a bad end of -0.104 must not read as
// -0.10 beside a tolerance of 0.1.
std::string Points(double fraction) { return FormatPoints(fraction, 3); }

std::string Reference(const ScoreTable& table) {
  const Score& score = table.rows.front().score;
  const std::string files =
      table.files ? fmt::format(" of {} files", FormatCount(*table.files)) : "";
  std::string text = fmt::format(
      "{} reaches {} {} on {} windows{} ({} split{}, {} subset) of "
      "{} data; always answering the {} reaches {}.",
      Printable(table.rows.front().label), FormatPercent(score.Pck(20)),
      PrimaryName(table.metric), FormatCount(score.samples), files,
      Printable(table.split),
      table.split_id.empty() ? "" : " " + Printable(table.split_id),
      table.subset, table.synthetic ? "synthetic" : "real",
      ConstantName(table.metric), FormatPercent(table.mean_pose.Pck(20)));
  if (score.Pck(20) <= table.mean_pose.Pck(20)) {
    text += fmt::format(
        " The reference is no better than the {}, so the differences below say "
        "nothing about quantization.",
        ConstantName(table.metric));
  }
  return text;
}

std::string Why(const ScoreTable& table, const TableRow& row) {
  if (!row.interval) return "there is no interval";
  if (table.files.value_or(2) < 2) return "one file says nothing about others";
  return "the interval reaches to both sides of it";
}

std::string Claim(const ScoreTable& table, const TableRow& row) {
  const std::string limit =
      fmt::format("within {:g} pp of {}", 100 * table.tolerance,
                  Printable(table.rows.front().label));
  switch (RowVerdict(table, row)) {
    case Verdict::kHolds:
      return "it is " + limit;
    case Verdict::kFails:
      return "it is not " + limit;
    case Verdict::kInconclusive:
      return fmt::format("whether it is {} is inconclusive ({})", limit,
                         Why(table, row));
  }
  Check(false, "unknown verdict");
  return {};
}

std::string Size(const ScoreTable& table, const TableRow& row) {
  const std::optional<double> reference = table.rows.front().size_mib;
  if (!row.size_mib || !reference) return "";
  return fmt::format(", at {:.3f} MiB for {:.3f} ({:.2f}x)", *row.size_mib,
                     *reference, *reference / *row.size_mib);
}

std::string RowSentence(const ScoreTable& table, const TableRow& row) {
  const double delta = row.score.Pck(20) - table.rows.front().score.Pck(20);
  std::string text =
      fmt::format("{} differs by {} pp", Printable(row.label), Points(delta));
  if (row.interval) {
    text += fmt::format(" (95% interval {} to {})", Points(row.interval->low),
                        Points(row.interval->high));
  }
  text += fmt::format(": {}{}.", Claim(table, row), Size(table, row));
  if (row.score.Pck(20) <= table.mean_pose.Pck(20)) {
    text += fmt::format(" It is no better than the {}.",
                        ConstantName(table.metric));
  }
  if (row.simulated) {
    text += fmt::format(" Its simulation said {} and the integers reach {}.",
                        FormatPercent(row.simulated->Pck(20)),
                        FormatPercent(row.score.Pck(20)));
  }
  if (row.conversion_gap_lsb.value_or(0) != 0) {
    text += fmt::format(" Simulation and engine differ by up to {} LSB.",
                        *row.conversion_gap_lsb);
  }
  return text;
}

}  // namespace

std::vector<std::string> VerdictSentences(const ScoreTable& table) {
  Check(!table.rows.empty(), "a verdict needs a reference row");
  std::vector<std::string> sentences = {Reference(table)};
  for (const TableRow& row : std::span(table.rows).subspan(1)) {
    sentences.push_back(RowSentence(table, row));
  }
  if (sentences.size() == 1) {
    sentences.emplace_back("Nothing was compared with it.");
  }
  return sentences;
}

std::string RenderVerdict(const ScoreTable& table) {
  std::string text;
  for (const std::string& sentence : VerdictSentences(table)) {
    if (!text.empty()) text += ' ';
    text += sentence;
  }
  return text;
}

std::string WrapText(std::string_view text, std::size_t columns) {
  std::string wrapped;
  std::size_t used = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t width = DisplayWidth(word);
    if (used > 0 && used + 1 + width > columns) {
      wrapped += '\n';
      used = 0;
    }
    if (used > 0) wrapped += ' ';
    wrapped += word;
    used += width + (used > 0 ? 1 : 0);
  }
  return wrapped.empty() ? wrapped : wrapped + '\n';
}

}  // namespace edge_int8
