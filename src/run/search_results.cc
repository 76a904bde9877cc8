#include "src/run/search_results.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "src/base/error.h"
#include "src/base/file_size.h"
#include "src/report/narrow_table.h"
#include "src/report/score_table.h"
#include "src/report/text_table.h"
#include "src/report/verdict.h"
#include "src/run/version.h"

namespace edge_int8 {
namespace {

using nlohmann::json;

template <class T>
json OrNull(const std::optional<T>& value) {
  return value ? json(*value) : json(nullptr);
}

json DeltaJson(const Score& score, const Score& fp32,
               const Interval& interval) {
  json delta = {{"ci95", {interval.low, interval.high}}, {"mpjpe", nullptr}};
  if (fp32.classes) {
    delta["top1"] = score.Top1() - fp32.Top1();
    return delta;
  }
  for (const int percent : kPckPercents) {
    delta[fmt::format("pck@{}", percent)] =
        score.Pck(percent) - fp32.Pck(percent);
  }
  if (score.mpjpe && fp32.mpjpe) delta["mpjpe"] = *score.mpjpe - *fp32.mpjpe;
  return delta;
}

// What decides: "PCK@20", "top-1".
std::string ScoreName(const SearchResults& r) {
  return r.metric.is_classes() ? "top-1"
                               : fmt::format("PCK@{}", r.limits.percent);
}

const char* FitName(Fit fit) {
  return fit == Fit::kMixed ? "mixed" : "repaired";
}

// Bits of the units of one kind, in the order of their names in "tensors".
json BitsJson(const SearchResults& r, const Bits& bits, BitUnit::Kind kind) {
  json list = json::array();
  for (std::size_t u = 0; u < bits.size(); ++u) {
    if (r.units[u].kind == kind) list.push_back(bits[u]);
  }
  return list;
}

json NamesJson(const SearchResults& r, BitUnit::Kind kind) {
  json list = json::array();
  for (const BitUnit& unit : r.units) {
    if (unit.kind == kind) list.push_back(unit.name);
  }
  return list;
}

json PointJson(const SearchResults& r, std::size_t p) {
  const ScoredPlan& plan = r.outcome.plans[p];
  return {
      {"bytes", plan.score.bytes},
      {"size_mib", Mib(plan.score.bytes)},
      {"macs_cost", plan.macs_cost},
      {"fit", FitName(plan.fit)},
      {"val", ToJson(plan.score.score)},
      {"delta", DeltaJson(plan.score.score, r.fp32, r.intervals[p])},
      {"weight_bits", BitsJson(r, plan.bits, BitUnit::Kind::kWeight)},
      {"activation_bits", BitsJson(r, plan.bits, BitUnit::Kind::kActivation)},
      {"within_limits", r.limits.Meets(plan)},
      {"on_front", std::ranges::count(r.front, static_cast<int>(p)) > 0},
      {"chosen", r.outcome.chosen == static_cast<int>(p)}};
}

json SensitivityJson(const SearchResults& r, const Sensitivity& s) {
  const BitUnit& unit = r.units[s.unit];
  return {
      {"tensor", unit.name},
      {"kind", unit.kind == BitUnit::Kind::kWeight ? "weight" : "activation"},
      {"uniform_bits", s.anchor},
      {"from", s.from},
      {"to", s.to},
      {"bytes", s.bytes},
      {"macs_cost", s.macs_cost},
      {"pck_gain", s.pck.mean},
      {"pck_error", s.pck.standard_error},
      {"mpjpe_gain", s.error.mean},
      {"mpjpe_error", s.error.standard_error}};
}

json ChosenJson(const SearchResults& r) {
  if (!r.test) return nullptr;
  const auto p = static_cast<std::size_t>(r.outcome.chosen);
  const ScoredPlan& plan = r.outcome.plans[p];
  const SearchTestRow& t = *r.test;
  json weight_bits = json::object();
  json activation_bits = json::object();
  for (std::size_t u = 0; u < r.units.size(); ++u) {
    (r.units[u].kind == BitUnit::Kind::kWeight
         ? weight_bits
         : activation_bits)[r.units[u].name] = plan.bits[u];
  }
  json ratio = json::object();
  const auto set_ratio = [&](const std::string& key, int percent) {
    const double of = t.fp32.Pck(percent);
    ratio[key] = of > 0 ? json(t.chosen.Pck(percent) / of) : json(nullptr);
  };
  if (r.metric.is_classes()) {
    set_ratio("top1", 20);
  } else {
    for (const int percent : kPckPercents) {
      set_ratio(fmt::format("pck@{}", percent), percent);
    }
  }
  return {{"point", p},
          {"artifact", t.artifact.string()},
          {"sha256", t.sha256},
          {"bytes", plan.score.bytes},
          {"size_mib", Mib(plan.score.bytes)},
          {"macs_cost", plan.macs_cost},
          {"weight_bits", weight_bits},
          {"activation_bits", activation_bits},
          {"val", ToJson(plan.score.score)},
          {"test",
           {{"split", "test"},
            {"split_id", r.split_id},
            {"subset", "clean"},
            {"files", t.files},
            {"score", ToJson(t.chosen)},
            {"fp32", ToJson(t.fp32)},
            {"baseline_mean_pose", ToJson(t.mean_pose)},
            {"delta", DeltaJson(t.chosen, t.fp32, t.interval)},
            {"ratio_to_fp32", ratio},
            {"division", "closed"}}}};
}

// "4:30 8:12": how many tensors have how many bits.
std::string Counted(const SearchResults& r, const Bits& bits,
                    BitUnit::Kind kind) {
  std::map<int, int> counts;
  for (std::size_t u = 0; u < bits.size(); ++u) {
    if (r.units[u].kind == kind) ++counts[bits[u]];
  }
  std::string text;
  for (const auto& [width, count] : counts) {
    text += fmt::format("{}{}:{}", text.empty() ? "" : " ", width, count);
  }
  return text.empty() ? "-" : text;
}

struct FrontColumn {
  Column column;
  bool narrow = true;  // also where a terminal of 80 columns has to do
};

// Of both costs the one that has a limit decides, of the shares one.
std::vector<FrontColumn> FrontColumns(const SearchResults& r) {
  const bool classes = r.metric.is_classes();
  const bool macs_limited = r.limits.max_macs_cost.has_value();
  std::vector<FrontColumn> columns = {
      {{"", Align::kLeft}},
      {{"bytes"}, r.limits.max_bytes || !macs_limited},
      {{"MiB"}, false},
      {{"MAC cost"}, macs_limited},
      {{"weights", Align::kLeft}},
      {{"activations", Align::kLeft}},
      {{"fit", Align::kLeft}, false}};
  const int deciding = r.limits.percent == 10 ? 10 : 20;
  for (const int k : DecidingPercents(r.metric)) {
    columns.push_back({{classes ? "top-1" : fmt::format("PCK@{}", k)},
                       classes || k == deciding});
  }
  columns.push_back({{fmt::format("{} - fp32, pp", ScoreName(r))}});
  columns.push_back({{"MPJPE"}, false});
  return columns;
}

class FrontRows {
 public:
  FrontRows(const SearchResults& r, bool wide)
      : columns_(FrontColumns(r)), wide_(wide), table_(Headers()) {}

  // A cell for each column, whether it is shown or not.
  void Add(const std::vector<Cell>& cells) {
    Check(cells.size() == columns_.size(), "a cell for each column");
    std::vector<Cell> shown;
    for (std::size_t c = 0; c < cells.size(); ++c) {
      if (Shows(columns_[c])) shown.push_back(cells[c]);
    }
    table_.AddRow(std::move(shown));
  }
  std::string Render() const { return table_.Render(StdoutColour()); }

 private:
  bool Shows(const FrontColumn& column) const { return wide_ || column.narrow; }
  std::vector<Column> Headers() const {
    std::vector<Column> shown;
    for (const FrontColumn& column : columns_) {
      if (Shows(column)) shown.push_back(column.column);
    }
    return shown;
  }

  const std::vector<FrontColumn> columns_;
  const bool wide_;
  TextTable table_;
};

void AddPlan(const SearchResults& r, int p, FrontRows& rows) {
  const auto at = static_cast<std::size_t>(p);
  const ScoredPlan& plan = r.outcome.plans[at];
  const Score& score = plan.score.score;
  const bool chosen = r.outcome.chosen == p;
  const Style style = chosen ? Style::kBold : Style::kPlain;
  const int percent = r.limits.percent;
  std::vector<Cell> cells = {
      {chosen ? "chosen" : "", style},
      {std::to_string(plan.score.bytes), style},
      {fmt::format("{:.3f}", Mib(plan.score.bytes)), style},
      {fmt::format("{:.3f}", plan.macs_cost), style},
      {Counted(r, plan.bits, BitUnit::Kind::kWeight), style},
      {Counted(r, plan.bits, BitUnit::Kind::kActivation), style},
      {FitName(plan.fit), style}};
  for (const int k : DecidingPercents(r.metric)) {
    cells.push_back({FormatPercent(score.Pck(k)), style});
  }
  cells.push_back(
      {fmt::format("{} [{}, {}]",
                   FormatPoints(score.Pck(percent) - r.fp32.Pck(percent)),
                   FormatPoints(r.intervals[at].low),
                   FormatPoints(r.intervals[at].high)),
       style});
  cells.push_back(
      {score.mpjpe ? fmt::format("{:.6f}", *score.mpjpe) : "-", style});
  rows.Add(cells);
}

// Rows that are no plan: fp32 and the constant answer.
void AddScore(const SearchResults& r, std::string_view name, const Score& score,
              FrontRows& rows) {
  std::vector<Cell> cells = {{std::string(name)}};
  cells.resize(7, Cell{"-"});
  for (const int k : DecidingPercents(r.metric)) {
    cells.push_back({FormatPercent(score.Pck(k))});
  }
  cells.push_back({"-"});
  cells.push_back({score.mpjpe ? fmt::format("{:.6f}", *score.mpjpe) : "-"});
  rows.Add(cells);
}

std::string FrontTable(const SearchResults& r, bool wide) {
  FrontRows rows(r, wide);
  AddScore(r, "fp32", r.fp32, rows);
  AddScore(r, ConstantName(r.metric), r.mean_pose, rows);
  std::vector<int> shown = r.front;
  if (r.outcome.chosen >= 0 &&
      std::ranges::count(shown, r.outcome.chosen) == 0) {
    shown.push_back(r.outcome.chosen);
    std::ranges::stable_sort(shown, {}, [&](int p) {
      return r.outcome.plans[static_cast<std::size_t>(p)].score.bytes;
    });
  }
  for (const int p : shown) AddPlan(r, p, rows);
  const std::string title = fmt::format(
      "Pareto front of {} measured plans, {}: {}, val ({}), clean, {} windows "
      "of {} files{}",
      r.outcome.plans.size(), "by bytes, MAC cost and score",
      MetricText(r.metric), Printable(r.split_id), FormatCount(r.fp32.samples),
      r.files, r.synthetic ? ", synthetic" : "");
  return WrapText(title, kTerminalColumns) + rows.Render();
}

std::string TestTable(const SearchResults& r, bool wide) {
  const SearchTestRow& t = *r.test;
  ScoreTable table;
  table.metric = r.metric;
  table.split_id = r.split_id;
  table.split = "test";
  table.subset = "clean";
  table.synthetic = r.synthetic;
  table.files = t.files;
  table.mean_pose = t.mean_pose;
  TableRow fp32;
  fp32.label = "fp32";
  fp32.size_mib = r.checkpoint.at("size_mib").get<double>();
  fp32.score = t.fp32;
  table.rows.push_back(fp32);
  const ScoredPlan& plan =
      r.outcome.plans[static_cast<std::size_t>(r.outcome.chosen)];
  TableRow row;
  row.label = "searched bits, PTQ";
  row.division = "closed";
  row.size_mib = Mib(plan.score.bytes);
  row.score = t.chosen;
  if (r.limits.percent == 20) row.interval = t.interval;
  const auto ratio = [&](int percent) {
    return t.fp32.Pck(percent) > 0
               ? FormatPercent(t.chosen.Pck(percent) / t.fp32.Pck(percent))
               : std::string("-");
  };
  const std::string ratios =
      r.metric.is_classes()
          ? fmt::format("{} of top-1", ratio(20))
          : fmt::format("{} of PCK@20, {} of PCK@10", ratio(20), ratio(10));
  row.note = fmt::format(
      "ratio to fp32: {}; chosen on {} validation windows, this row only "
      "reports",
      ratios, FormatCount(r.fp32.samples));
  table.rows.push_back(row);
  return wide ? RenderScoreTable(table, StdoutColour())
              : RenderNarrowTable(table, StdoutColour());
}

}  // namespace

json ToJson(const SearchResults& r) {
  json points = json::array();
  for (std::size_t p = 0; p < r.outcome.plans.size(); ++p) {
    if (r.outcome.plans[p].score.refused.empty()) {
      points.push_back(PointJson(r, p));
    }
  }
  json sensitivity = json::array();
  for (const Sensitivity& s : r.outcome.sensitivities) {
    sensitivity.push_back(SensitivityJson(r, s));
  }
  json chosen = ChosenJson(r);
  if (!chosen.is_null()) {
    // Refused plans are no points.
    for (std::size_t n = 0; n < points.size(); ++n) {
      if (points[n]["chosen"].get<bool>()) chosen["point"] = n;
    }
  }
  json result = {{"tool",
                  {{"version", VersionNumber()},
                   {"commit", BuildCommit()},
                   {"compiler", CompilerText()}}},
                 {"host", r.host},
                 {"date_utc", r.date_utc},
                 {"command", r.command},
                 {"split_id", r.split_id},
                 {"decided_by", r.metric.is_classes()
                                    ? "top1"
                                    : fmt::format("pck@{}", r.limits.percent)},
                 {"split", "val"},
                 {"subset", "clean"},
                 {"kind", r.synthetic ? "synthetic" : "real"},
                 {"windows", r.fp32.samples},
                 {"files", r.files},
                 {"checkpoint", r.checkpoint},
                 {"fp32", ToJson(r.fp32)},
                 {"baseline_mean_pose", ToJson(r.mean_pose)},
                 {"limits",
                  {{"max_bytes", OrNull(r.limits.max_bytes)},
                   {"max_macs_cost", OrNull(r.limits.max_macs_cost)},
                   {"min_pck", OrNull(r.limits.min_pck)}}},
                 {"tensors",
                  {{"weights", NamesJson(r, BitUnit::Kind::kWeight)},
                   {"activations", NamesJson(r, BitUnit::Kind::kActivation)}}},
                 {"points", points},
                 {"sensitivity", sensitivity},
                 {"chosen", chosen},
                 {"seconds", r.seconds}};
  WriteMetric(r.metric, result);
  return result;
}

std::string SearchTables(const SearchResults& r, bool wide) {
  std::string text = FrontTable(r, wide);
  if (r.test) text += "\n" + TestTable(r, wide);
  return text;
}

FrontPicture ToPicture(const SearchResults& r) {
  FrontPicture picture;
  const bool by_macs = r.limits.max_macs_cost && !r.limits.max_bytes;
  picture.title = fmt::format(
      "{}: bits per tensor, PTQ, {} on {} clean validation windows{}",
      r.checkpoint.at("variant").get<std::string>(), MetricText(r.metric),
      r.fp32.samples, r.synthetic ? " (synthetic)" : "");
  picture.x_label =
      by_macs ? "MAC cost, of all at 8 bits" : "artifact, MiB on disk";
  picture.y_label = ScoreName(r);
  picture.fp32 = r.fp32.Pck(r.limits.percent);
  if (by_macs) {
    picture.x_limit = r.limits.max_macs_cost;
  } else if (r.limits.max_bytes) {
    picture.x_limit = Mib(*r.limits.max_bytes);
  }
  for (std::size_t p = 0; p < r.outcome.plans.size(); ++p) {
    const ScoredPlan& plan = r.outcome.plans[p];
    if (!plan.score.refused.empty()) continue;
    picture.points.push_back(
        {by_macs ? plan.macs_cost : Mib(plan.score.bytes),
         plan.score.score.Pck(r.limits.percent),
         std::ranges::count(r.front, static_cast<int>(p)) > 0,
         r.outcome.chosen == static_cast<int>(p)});
  }
  return picture;
}

}  // namespace edge_int8
