// The text of `explain`. Tested by explain_model_test.cc.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "src/report/score_table.h"
#include "src/report/text_table.h"
#include "src/run/explain_model.h"

namespace edge_int8 {
namespace {

std::string Db(double snr) {
  return std::isfinite(snr) ? fmt::format("{:.1f}", snr) : "-";
}

std::string Change(const Score& from, const Score& to, int percent) {
  return FormatPoints(to.Pck(percent) - from.Pck(percent));
}

// The thresholds that are shown: of classes there is one column, top-1.
std::vector<int> ShownPercents(const Explanation& e) {
  if (e.metric.is_classes()) return {20};
  return {kExplainedPercents.begin(), kExplainedPercents.end()};
}

std::string ColumnName(const Explanation& e, int percent) {
  return e.metric.is_classes() ? "top-1" : fmt::format("PCK@{}", percent);
}

std::string At(const Explanation& e, int percent) {
  return e.metric.is_classes() ? "top-1" : fmt::format("@{}", percent);
}

std::string Ladder(const Explanation& e) {
  std::vector<Column> columns = {{"step", Align::kLeft}};
  for (const int k : ShownPercents(e)) columns.push_back({ColumnName(e, k)});
  for (const int k : ShownPercents(e)) {
    columns.push_back({fmt::format("change {}", At(e, k))});
  }
  columns.push_back({"SNR dB"});
  TextTable table(std::move(columns));
  const Score* before = &e.ladder.front().result.score;
  for (const LadderStep& step : e.ladder) {
    const Score& score = step.result.score;
    std::vector<Cell> cells = {{step.name}};
    for (const int k : ShownPercents(e))
      cells.push_back({FormatPercent(score.Pck(k))});
    for (const int k : ShownPercents(e))
      cells.push_back({Change(*before, score, k)});
    cells.push_back({Db(step.result.snr_db)});
    table.AddRow(std::move(cells));
    before = &score;
  }
  return table.Render(StdoutColour());
}

// Two thresholds for tensors: the third would push the table off the screen.
std::vector<int> TensorPercents(const Explanation& e) {
  if (e.metric.is_classes()) return {20};
  return {10, 20};
}

std::string Tensors(const Explanation& e, int most) {
  std::vector<Column> columns = {{"tensor", Align::kLeft},
                                 {"kind", Align::kLeft},
                                 {"bits"},
                                 {"MACs"},
                                 {"own dB"}};
  for (const char* dB : {"only: dB", "all but: dB"}) {
    columns.push_back({dB});
    for (const int k : TensorPercents(e)) columns.push_back({At(e, k)});
  }
  TextTable table(std::move(columns));
  const Score& fp32 = e.ladder.at(1).result.score;
  std::vector<const ExplainedTensor*> order;
  for (const ExplainedTensor& t : e.tensors) order.push_back(&t);
  // Noise first: with few windows, points of PCK are too coarse to sort by.
  std::ranges::stable_sort(
      order, {}, [](const ExplainedTensor* t) { return t->only.snr_db; });
  if (most > 0 && most < std::ssize(order)) {
    order.resize(static_cast<std::size_t>(most));
  }
  for (const ExplainedTensor* t : order) {
    std::vector<Cell> cells = {
        {t->tensor.name},
        {t->tensor.is_weight ? "weight" : "activation"},
        {fmt::format("{}", t->tensor.bits)},
        {fmt::format("{:.1f}%", 100 * t->tensor.macs_share)},
        {Db(t->own_snr_db)},
        {Db(t->only.snr_db)}};
    for (const int k : TensorPercents(e)) {
      cells.push_back({Change(fp32, t->only.score, k)});
    }
    cells.push_back({Db(t->all_but.snr_db)});
    for (const int k : TensorPercents(e)) {
      cells.push_back({Change(e.everything.score, t->all_but.score, k)});
    }
    table.AddRow(std::move(cells));
  }
  return table.Render(StdoutColour());
}

std::string Joints(const Explanation& e) {
  std::vector<Column> columns = {{"joint"},    {"fp32 @10"}, {"@20"},
                                 {"int8 @10"}, {"@20"},      {"@50"}};
  std::vector<const JointScores*> losses = {&e.joints_int8};
  constexpr std::array kByAxis = {"by x @10", "by y @10", "by z @10"};
  for (std::size_t axis = 0; axis < e.joints_by_axis.size(); ++axis) {
    for (const char* name : {kByAxis[axis], "@20", "@50"}) {
      columns.push_back({name});
    }
    losses.push_back(&e.joints_by_axis[axis]);
  }
  TextTable table(std::move(columns));
  for (std::size_t i = 0; i < e.joints_fp32.size(); ++i) {
    const JointScore& fp32 = e.joints_fp32[i];
    std::vector<Cell> cells = {{fmt::format("{}", i)},
                               {FormatPercent(fp32.Pck(10))},
                               {FormatPercent(fp32.Pck(20))}};
    for (const JointScores* scores : losses) {
      for (const int k : kExplainedPercents) {
        cells.push_back({FormatPoints((*scores)[i].Pck(k) - fp32.Pck(k))});
      }
    }
    table.AddRow(std::move(cells));
  }
  return table.Render(StdoutColour());
}

}  // namespace

std::string ExplanationTable(const Explanation& e, int most) {
  const Score& fp32 = e.ladder.at(1).result.score;
  std::string text = fmt::format(
      "{} (normalization {}), {} split ({}), {} subset, {} windows of {} "
      "files, {} data; {} {} {}\nrecipe: {}\n\n",
      MetricText(e.metric), NormalizationName(e.metric),
      SplitName(e.options.split), Printable(e.split_id),
      SubsetName(e.options.subset), FormatCount(e.windows),
      FormatCount(e.files), e.synthetic ? "synthetic" : "real",
      ConstantName(e.metric), FormatPercent(e.baseline_mean_pose.Pck(20)),
      PrimaryName(e.metric), e.recipe);
  text += Ladder(e);
  text += fmt::format(
      "\nweights only: {0} at {4}, {1} dB; activations only: {2} at {4}, {3} "
      "dB\n",
      Change(fp32, e.weights_only.score, 20), Db(e.weights_only.snr_db),
      Change(fp32, e.activations_only.score, 20), Db(e.activations_only.snr_db),
      At(e, 20));
  text +=
      "\nTensors, worst first: points that change when only this "
      "one is rounded,\nand when everything but this one is.\n\n" +
      Tensors(e, most);
  if (e.metric.is_classes()) return text;
  text +=
      "\nJoints: int8 minus fp32 in points, with all coordinates from int8, "
      "and with one of them.\n\n" +
      Joints(e);
  return text;
}

}  // namespace edge_int8
