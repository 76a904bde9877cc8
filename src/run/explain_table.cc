// The text of `explain`. Tested by explain_model_test.cc.
#include <fmt/format.h>

#include <algorithm>
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

std::string Ladder(const Explanation& e) {
  TextTable table({{"step", Align::kLeft},
                   {"PCK@10"},
                   {"PCK@20"},
                   {"PCK@50"},
                   {"change @10"},
                   {"change @20"},
                   {"change @50"},
                   {"SNR dB"}});
  const Score* before = &e.ladder.front().result.score;
  for (const LadderStep& step : e.ladder) {
    const Score& score = step.result.score;
    std::vector<Cell> cells = {{step.name}};
    for (const int k : kExplainedPercents)
      cells.push_back({FormatPercent(score.Pck(k))});
    for (const int k : kExplainedPercents)
      cells.push_back({Change(*before, score, k)});
    cells.push_back({Db(step.result.snr_db)});
    table.AddRow(std::move(cells));
    before = &score;
  }
  return table.Render(StdoutColour());
}

std::string Tensors(const Explanation& e, int most) {
  TextTable table({{"tensor", Align::kLeft},
                   {"kind", Align::kLeft},
                   {"bits"},
                   {"MACs"},
                   {"own dB"},
                   {"only: dB"},
                   {"@10"},
                   {"@20"},
                   {"all but: dB"},
                   {"@10"},
                   {"@20"}});
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
    table.AddRow({{t->tensor.name},
                  {t->tensor.is_weight ? "weight" : "activation"},
                  {fmt::format("{}", t->tensor.bits)},
                  {fmt::format("{:.1f}%", 100 * t->tensor.macs_share)},
                  {Db(t->own_snr_db)},
                  {Db(t->only.snr_db)},
                  {Change(fp32, t->only.score, 10)},
                  {Change(fp32, t->only.score, 20)},
                  {Db(t->all_but.snr_db)},
                  {Change(e.everything.score, t->all_but.score, 10)},
                  {Change(e.everything.score, t->all_but.score, 20)}});
  }
  return table.Render(StdoutColour());
}

std::string Joints(const Explanation& e) {
  TextTable table({{"joint"},
                   {"fp32 @10"},
                   {"@20"},
                   {"int8 @10"},
                   {"@20"},
                   {"@50"},
                   {"by x @10"},
                   {"@20"},
                   {"@50"},
                   {"by y @10"},
                   {"@20"},
                   {"@50"}});
  for (std::size_t i = 0; i < kScoredJoints; ++i) {
    const JointScore& fp32 = e.joints_fp32[i];
    std::vector<Cell> cells = {{fmt::format("{}", i)},
                               {FormatPercent(fp32.Pck(10))},
                               {FormatPercent(fp32.Pck(20))}};
    for (const JointScores* scores :
         {&e.joints_int8, &e.joints_x, &e.joints_y}) {
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
      "{} (normalization {}), {} split, {} subset, {} windows of {} files, {} "
      "data; mean pose {} PCK@20\nrecipe: {}\n\n",
      MetricId(Normalization::kTorso), NormalizationName(Normalization::kTorso),
      SplitName(e.options.split), SubsetName(e.options.subset),
      FormatCount(e.windows), FormatCount(e.files),
      e.synthetic ? "synthetic" : "real",
      FormatPercent(e.baseline_mean_pose.Pck(20)), e.recipe);
  text += Ladder(e);
  text += fmt::format(
      "\nweights only: {} at @20, {} dB; activations only: {} at @20, {} dB\n",
      Change(fp32, e.weights_only.score, 20), Db(e.weights_only.snr_db),
      Change(fp32, e.activations_only.score, 20),
      Db(e.activations_only.snr_db));
  text +=
      "\nTensors, worst first: points of PCK that change when only this "
      "one is rounded,\nand when everything but this one is.\n\n" +
      Tensors(e, most);
  text +=
      "\nJoints: int8 minus fp32 in points, with both coordinates, only "
      "x, only y from int8.\n\n" +
      Joints(e);
  return text;
}

}  // namespace edge_int8
