#include "src/run/search_results.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "src/base/file_size.h"
#include "src/report/score_table.h"
#include "src/report/text_table.h"
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
  for (const int percent : kPckPercents) {
    delta[fmt::format("pck@{}", percent)] =
        score.Pck(percent) - fp32.Pck(percent);
  }
  if (score.mpjpe && fp32.mpjpe) delta["mpjpe"] = *score.mpjpe - *fp32.mpjpe;
  return delta;
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
  for (const int percent : kPckPercents) {
    const double of = t.fp32.Pck(percent);
    ratio[fmt::format("pck@{}", percent)] =
        of > 0 ? json(t.chosen.Pck(percent) / of) : json(nullptr);
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

void AddPlan(const SearchResults& r, int p, TextTable& table) {
  const auto at = static_cast<std::size_t>(p);
  const ScoredPlan& plan = r.outcome.plans[at];
  const Score& score = plan.score.score;
  const bool chosen = r.outcome.chosen == p;
  const Style style = chosen ? Style::kBold : Style::kPlain;
  const int percent = r.limits.percent;
  table.AddRow(
      {{chosen ? "chosen" : "", style},
       {std::to_string(plan.score.bytes), style},
       {fmt::format("{:.3f}", Mib(plan.score.bytes)), style},
       {fmt::format("{:.3f}", plan.macs_cost), style},
       {Counted(r, plan.bits, BitUnit::Kind::kWeight), style},
       {Counted(r, plan.bits, BitUnit::Kind::kActivation), style},
       {FitName(plan.fit), style},
       {FormatPercent(score.Pck(10)), style},
       {FormatPercent(score.Pck(20)), style},
       {fmt::format("{} [{}, {}]",
                    FormatPoints(score.Pck(percent) - r.fp32.Pck(percent)),
                    FormatPoints(r.intervals[at].low),
                    FormatPoints(r.intervals[at].high)),
        style},
       {score.mpjpe ? fmt::format("{:.6f}", *score.mpjpe) : "-", style}});
}

// Rows that are no plan: fp32 and the mean pose.
void AddScore(const char* name, const Score& score, TextTable& table) {
  table.AddRow({{name},
                {"-"},
                {"-"},
                {"-"},
                {"-"},
                {"-"},
                {"-"},
                {FormatPercent(score.Pck(10))},
                {FormatPercent(score.Pck(20))},
                {"-"},
                {score.mpjpe ? fmt::format("{:.6f}", *score.mpjpe) : "-"}});
}

std::string FrontTable(const SearchResults& r) {
  TextTable table({{"", Align::kLeft},
                   {"bytes"},
                   {"MiB"},
                   {"MAC cost"},
                   {"weights", Align::kLeft},
                   {"activations", Align::kLeft},
                   {"fit", Align::kLeft},
                   {"PCK@10"},
                   {"PCK@20"},
                   {fmt::format("PCK@{} - fp32, pp", r.limits.percent)},
                   {"MPJPE"}});
  AddScore("fp32", r.fp32, table);
  AddScore("mean pose", r.mean_pose, table);
  std::vector<int> shown = r.front;
  if (r.outcome.chosen >= 0 &&
      std::ranges::count(shown, r.outcome.chosen) == 0) {
    shown.push_back(r.outcome.chosen);
    std::ranges::stable_sort(shown, {}, [&](int p) {
      return r.outcome.plans[static_cast<std::size_t>(p)].score.bytes;
    });
  }
  for (const int p : shown) AddPlan(r, p, table);
  return fmt::format(
      "Pareto front of {} measured plans, {}: {}, val, clean, {} windows of "
      "{} files{}\n{}",
      r.outcome.plans.size(), "by bytes, MAC cost and score",
      MetricId(Normalization::kTorso), FormatCount(r.fp32.samples), r.files,
      r.synthetic ? ", synthetic" : "", table.Render(StdoutColour()));
}

std::string TestTable(const SearchResults& r) {
  const SearchTestRow& t = *r.test;
  ScoreTable table;
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
  row.note = fmt::format(
      "ratio to fp32: {} of PCK@20, {} of PCK@10; chosen on {} validation "
      "windows, this row only reports",
      ratio(20), ratio(10), FormatCount(r.fp32.samples));
  table.rows.push_back(row);
  return RenderScoreTable(table, StdoutColour());
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
  return {{"tool",
           {{"version", VersionNumber()},
            {"commit", BuildCommit()},
            {"compiler", CompilerText()}}},
          {"host", r.host},
          {"date_utc", r.date_utc},
          {"command", r.command},
          {"metric", MetricId(Normalization::kTorso)},
          {"normalization", NormalizationName(Normalization::kTorso)},
          {"decided_by", fmt::format("pck@{}", r.limits.percent)},
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
}

std::string SearchTables(const SearchResults& r) {
  std::string text = FrontTable(r);
  if (r.test) text += "\n" + TestTable(r);
  return text;
}

FrontPicture ToPicture(const SearchResults& r) {
  FrontPicture picture;
  const bool by_macs = r.limits.max_macs_cost && !r.limits.max_bytes;
  picture.title = fmt::format(
      "{}: bits per tensor, PTQ, {} on {} clean validation windows{}",
      r.checkpoint.at("variant").get<std::string>(),
      MetricId(Normalization::kTorso), r.fp32.samples,
      r.synthetic ? " (synthetic)" : "");
  picture.x_label =
      by_macs ? "MAC cost, of all at 8 bits" : "artifact, MiB on disk";
  picture.y_label = fmt::format("PCK@{}", r.limits.percent);
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
