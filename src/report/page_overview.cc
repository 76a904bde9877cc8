// The first thing one sees of a run: network, data, one sentence of verdict,
// and accuracy, size and speed as a number each. Declared in page_parts.h.
#include <fmt/format.h>

#include <algorithm>

#include "src/base/utf8.h"
#include "src/report/page_parts.h"
#include "src/report/verdict.h"

namespace edge_int8 {
namespace {

constexpr std::size_t kLongestLine = 60;
constexpr std::size_t kLongestSentence = 600;

std::string OverviewText(std::string_view text) {
  return ShortenMiddle(VisibleText(text), kLongestLine);
}

// "not worse" as one class.
std::string BadgeClass(Verdict verdict) {
  std::string name(VerdictName(verdict));
  std::ranges::replace(name, ' ', '-');
  return "badge " + name;
}

void AddTile(std::string_view name, std::string_view value,
             const std::vector<std::string>& details, Markup& page) {
  page.Open("div", {{"class", "tile"}});
  page.Element("dt", {}, name);
  page.Open("dd").Element("b", {}, value);
  for (const std::string& detail : details) {
    if (!detail.empty()) page.Element("span", {}, OverviewText(detail));
  }
  page.Close().Close();
}

void AddAccuracyTile(const ScoreTable& table, const TableRow& row,
                     Markup& page) {
  const TableRow& against = table.Against(row);
  std::vector<std::string> details;
  if (&row != &table.rows.front()) {
    details.push_back(fmt::format("{}: {}", ShortLabel(against),
                                  FormatPercent(against.score.Pck(20))));
    details.push_back(fmt::format(
        "difference {} pp{}", FormatPoints(RowDelta(table, row)),
        row.interval ? fmt::format(" [{}, {}]", FormatPoints(row.interval->low),
                                   FormatPoints(row.interval->high))
                     : ""));
  }
  details.push_back(fmt::format("{}: {}", ConstantName(table.metric),
                                FormatPercent(table.mean_pose.Pck(20))));
  AddTile(fmt::format("accuracy, {}", PrimaryName(table.metric)),
          FormatPercent(row.score.Pck(20)), details, page);
}

void AddSizeTile(const ScoreTable& table, const TableRow& row, Markup& page) {
  if (!row.size_mib) return;
  std::vector<std::string> details;
  const TableRow& fp32 = table.rows.front();
  if (&row != &fp32 && fp32.size_mib && *row.size_mib > 0) {
    details = {
        fmt::format("{}: {:.3f} MiB", ShortLabel(fp32), *fp32.size_mib),
        fmt::format("{:.2f} times smaller", *fp32.size_mib / *row.size_mib)};
  }
  AddTile("size", fmt::format("{:.3f} MiB", *row.size_mib), details, page);
}

const LatencyBar* BarOf(const RunReport& run, const std::string& label) {
  const auto found = std::ranges::find_if(
      run.latency,
      [&](const LatencyBar& b) { return !b.peer && b.label == label; });
  return found == run.latency.end() ? nullptr : &*found;
}

void AddSpeedTile(const RunReport& run, const std::string& label,
                  Markup& page) {
  const LatencyBar* const bar = BarOf(run, label);
  if (bar == nullptr) return;
  std::vector<std::string> details;
  const LatencyBar* const fp32 = BarOf(run, "fp32");
  if (fp32 != nullptr && fp32 != bar && bar->p50_ms > 0) {
    details.push_back(fmt::format("fp32: {:.3f} ms, {:.2f} times as long",
                                  fp32->p50_ms, fp32->p50_ms / bar->p50_ms));
  }
  details.push_back(run.bench->cpu);
  details.push_back(bar->detail);
  if (bar->noisy) details.push_back("the machine was noisy");
  AddTile("speed, median of a window", fmt::format("{:.3f} ms", bar->p50_ms),
          details, page);
}

void AddSubject(const RunReport& run, Markup& page) {
  const BenchReport& bench = *run.bench;
  page.Open("h2").Element(
      "bdi", {},
      OverviewText(bench.network.empty() ? run.name : bench.network));
  if (bench.table.synthetic) {
    page.Text(" ").Element("span", {{"class", "chip"}}, "synthetic data");
  }
  page.Close();
  page.Open("p", {{"class", "subject"}});
  std::string text = fmt::format("Run {}", run.name);
  if (bench.parameters) {
    text += fmt::format(". {} parameters", FormatCount(*bench.parameters));
  }
  if (!bench.data.empty()) text += fmt::format(". Data: {}", bench.data);
  page.Text(ShortenMiddle(VisibleText(text), kLongestSentence) + ".").Close();
}

}  // namespace

void AddOverview(const RunReport& run, Markup& page) {
  if (!run.bench) return;
  const ScoreTable& table = run.bench->table;
  const TableRow& row = table.rows[run.bench->headline];
  page.Open("article", {{"class", "run"}});
  AddSubject(run, page);
  if (run.bench->headline > 0) {
    page.Element("p", {{"class", BadgeClass(RowVerdict(table, row))}},
                 ShortenMiddle(VisibleText(HeadlineSentence(table, row)),
                               kLongestSentence));
  }
  const std::string warning = ReferenceWarning(table);
  if (!warning.empty()) page.Element("p", {{"class", "warning"}}, warning);
  page.Open("dl", {{"class", "tiles"}});
  AddAccuracyTile(table, row, page);
  AddSizeTile(table, row, page);
  AddSpeedTile(run, run.bench->labels[run.bench->headline], page);
  page.Close().Close();
}

}  // namespace edge_int8
