#include "src/report/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
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
  const std::string warning = ReferenceWarning(table);
  return warning.empty() ? text : text + " " + warning;
}

// One PCK of a row against the row that it is judged by.
struct Compared {
  std::string metric;
  double delta = 0;
  const std::optional<Interval>& interval;
  double tolerance = 0;
  Verdict verdict = Verdict::kInconclusive;
};

std::string IntervalText(const Compared& c) {
  return c.interval
             ? fmt::format("95% interval {} to {}", Points(c.interval->low),
                           Points(c.interval->high))
             : "there is no interval";
}

std::string Doubt(const ScoreTable& table, const Compared& c) {
  if (!c.interval) return "";
  if (table.files.value_or(2) < 2) {
    return ", and one file says nothing about others";
  }
  return ", which reaches to both sides of it";
}

std::string Claim(const ScoreTable& table, const Compared& c,
                  const std::string& other) {
  const std::string size = fmt::format("{:.3f}", std::abs(100 * c.delta));
  const std::string limit =
      fmt::format("than {} by more than {:g} pp", other, 100 * c.tolerance);
  switch (c.verdict) {
    case Verdict::kBetter:
      return fmt::format("{} is better than {} by {} pp ({})", c.metric, other,
                         size, IntervalText(c));
    case Verdict::kNotWorse:
      return fmt::format("{} is not worse {} ({} pp, {})", c.metric, limit,
                         Points(c.delta), IntervalText(c));
    case Verdict::kWorse:
      return fmt::format("{} is worse than {} by {} pp ({})", c.metric, other,
                         size, IntervalText(c));
    case Verdict::kInconclusive:
      return fmt::format("whether {} is worse {} is inconclusive ({} pp, {}{})",
                         c.metric, limit, Points(c.delta), IntervalText(c),
                         Doubt(table, c));
  }
  Check(false, "unknown verdict");
  return {};
}

// Of the mean error no tolerance is agreed, so only what is sure is said.
std::string ErrorClaim(const ScoreTable& table, const TableRow& row) {
  const std::optional<double>& mine = row.score.mpjpe;
  const std::optional<double>& other = table.Against(row).score.mpjpe;
  if (!row.interval_mpjpe || !mine || !other) return "";
  const Interval& interval = *row.interval_mpjpe;
  const bool sure = table.files.value_or(2) > 1;
  const char* change = sure && interval.high < 0  ? "is lower"
                       : sure && interval.low > 0 ? "is higher"
                                                  : "may be equal";
  return fmt::format("; MPJPE {} ({:+.6f}, 95% interval {:+.6f} to {:+.6f})",
                     change, *mine - *other, interval.low, interval.high);
}

std::string Size(const ScoreTable& table, const TableRow& row) {
  const std::optional<double> reference = table.rows.front().size_mib;
  if (!row.size_mib || !reference) return "";
  return fmt::format("; {:.3f} MiB for {:.3f} ({:.2f}x)", *row.size_mib,
                     *reference, *reference / *row.size_mib);
}

std::string FirstClaim(const ScoreTable& table, const TableRow& row) {
  return fmt::format(
      "{}: {}", Printable(row.label),
      Claim(table,
            {std::string(PrimaryName(table.metric)), RowDelta(table, row),
             row.interval, table.tolerance, RowVerdict(table, row)},
            Printable(ShortLabel(table.Against(row)))));
}

std::string RowSentence(const ScoreTable& table, const TableRow& row) {
  const std::string other = Printable(ShortLabel(table.Against(row)));
  std::string text = FirstClaim(table, row);
  if (row.interval_10 && !table.metric.is_classes()) {
    text += "; " + Claim(table,
                         {"PCK@10", RowDelta(table, row, 10), row.interval_10,
                          table.tolerance_10, RowVerdict10(table, row)},
                         other);
  }
  text += ErrorClaim(table, row) + Size(table, row) + ".";
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

std::string HeadlineSentence(const ScoreTable& table, const TableRow& row) {
  return FirstClaim(table, row) + ".";
}

std::string ReferenceWarning(const ScoreTable& table) {
  if (table.rows.front().score.Pck(20) > table.mean_pose.Pck(20)) return "";
  return fmt::format(
      "The reference is no better than the {}, so the differences below say "
      "nothing about quantization.",
      ConstantName(table.metric));
}

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
