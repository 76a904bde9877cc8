// Tables under the charts: joints by name, the searched model's test row and
// bits, a bar for each node's time. Declared in page_parts.h.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>

#include "src/base/utf8.h"
#include "src/report/page_parts.h"
#include "src/report/page_table.h"

namespace edge_int8 {
namespace {

PageCell ChangeCell(double change) {
  return {{FormatPoints(change / 100)}, change};
}

// Of one model, all but the name: fp32's share, then changes.
std::vector<PageCell> JointCells(const ReportedJoint& fp32,
                                 const ReportedJoint& mine, int dims) {
  std::vector<PageCell> cells = {{{FormatPercent(fp32.both[1])}, fp32.both[1]}};
  for (std::size_t k = 0; k < kShownPercents.size(); ++k) {
    cells.push_back(ChangeCell(100 * (mine.both[k] - fp32.both[k])));
  }
  std::vector<PckTriple ReportedJoint::*> axes = {&ReportedJoint::x,
                                                  &ReportedJoint::y};
  if (dims == 3) axes.push_back(&ReportedJoint::z);
  for (const auto axis : axes) {
    cells.push_back(ChangeCell(100 * ((mine.*axis)[1] - (fp32.*axis)[1])));
  }
  return cells;
}

// Changes are tinted by the largest of the table.
void Tint(PageTable& table, std::size_t first_column) {
  double most = 0.01;
  for (const PageRow& row : table.rows) {
    for (std::size_t c = first_column; c < row.cells.size(); ++c) {
      most = std::max(most, std::abs(row.cells[c].value.value_or(0)));
    }
  }
  for (PageRow& row : table.rows) {
    for (std::size_t c = first_column; c < row.cells.size(); ++c) {
      const double value = row.cells[c].value.value_or(0);
      row.cells[c].heat = value == 0 ? 0 : value / most;
    }
  }
}

std::vector<Column> JointColumns(int dims) {
  std::vector<Column> columns = {
      {"joint", Align::kLeft, "of the skeleton"},
      {"fp32 @20", Align::kRight, "fp32's PCK@20 of this joint"}};
  for (const int k : kShownPercents) {
    columns.push_back({fmt::format("@{}", k), Align::kRight,
                       fmt::format("change of PCK@{}, percentage points", k)});
  }
  for (const char* axis : {"x", "y", "z"}) {
    if (dims < 3 && *axis == 'z') break;
    columns.push_back({fmt::format("@20 by {}", axis), Align::kRight,
                       fmt::format("change of PCK@20 through {} alone", axis)});
  }
  return columns;
}

std::string BitsText(
    const std::vector<std::pair<std::string, int64_t>>& tensors) {
  std::map<int64_t, int> counts;
  for (const auto& [name, bits] : tensors) ++counts[bits];
  std::string text;
  for (const auto& [bits, count] : counts) {
    text +=
        fmt::format("{}{} of {} bits", text.empty() ? "" : ", ", count, bits);
  }
  return text.empty() ? "none" : text;
}

std::vector<Cell> TestCells(std::string name, const std::string& bytes,
                            const Score& score, const std::string& delta,
                            const std::string& interval) {
  std::vector<Cell> cells = {{std::move(name)}, {bytes}};
  if (score.classes) {
    cells.push_back({FormatPercent(score.Pck(20))});
  } else {
    for (const int k : kShownPercents) {
      cells.push_back({FormatPercent(score.Pck(k))});
    }
  }
  cells.push_back({delta});
  cells.push_back({interval});
  return cells;
}

PageTable TestTable(const SearchChoice& choice) {
  PageTable table;
  table.name = "searched model";
  table.style = "scores";
  table.columns = {{"model", Align::kLeft, "what was scored"},
                   {"bytes", Align::kRight, "of the artifact"}};
  if (choice.test.classes) {
    table.columns.push_back(
        {"top-1", Align::kRight, "share of windows whose class is right"});
  } else {
    for (const int k : kShownPercents) {
      table.columns.push_back(
          {fmt::format("PCK@{}", k), Align::kRight,
           fmt::format("share of joints within {}% of the scale", k)});
    }
  }
  table.columns.push_back(
      {"delta, pp", Align::kRight, "difference to fp32, percentage points"});
  table.columns.push_back(
      {"[95% interval]", Align::kRight, "of it, by resampling recordings"});
  table.AddCells(TestCells("fp32", "-", choice.fp32, "-", "-"));
  table.AddCells(TestCells(
      "searched bits", FormatCount(choice.bytes), choice.test,
      FormatPoints(choice.test.Pck(20) - choice.fp32.Pck(20)),
      choice.interval
          ? fmt::format("[{}, {}]", FormatPoints(choice.interval->low),
                        FormatPoints(choice.interval->high))
          : "-"));
  table.AddCells(
      TestCells("always the same answer", "-", choice.mean_pose, "-", "-"));
  table.rows.back().baseline = true;
  return table;
}

PageTable BitsTable(const SearchChoice& choice) {
  PageTable table;
  table.name = "searched bits";
  table.style = "heatmap";
  table.columns = {{"tensor", Align::kLeft, "name in the network"},
                   {"kind", Align::kLeft, "weight or activation"},
                   {"bits", Align::kRight, "that the search chose"}};
  table.sorts = true;
  table.tall = true;
  const auto add = [&table](const auto& tensors, const char* kind) {
    for (const auto& [name, bits] : tensors) {
      PageRow row;
      row.cells = {{{name}},
                   {{kind}},
                   {{std::to_string(bits)}, static_cast<double>(bits)}};
      table.rows.push_back(std::move(row));
    }
  };
  add(choice.weight_bits, "weight");
  add(choice.activation_bits, "activation");
  return table;
}

PageTable NodeTable(const std::vector<NodeTime>& nodes, double total) {
  PageTable table;
  table.name = "nodes";
  table.style = "heatmap";
  table.columns = {
      {"node", Align::kLeft, "name of the tensor that it makes"},
      {"kind", Align::kLeft, "of operator"},
      {"us", Align::kRight, "microseconds of one run, the median"},
      {"share", Align::kRight, "of the sum over all nodes"},
      {"MACs", Align::kRight, "multiply-accumulates of one window"},
      {"G MAC/s", Align::kRight, "multiply-accumulates per second, 10^9"}};
  table.extra = {false, true, false, false, true, true};
  table.sorts = true;
  table.tall = true;
  for (const NodeTime& node : nodes) {
    const double share = total > 0 ? node.microseconds / total : 0;
    const double speed =
        node.microseconds > 0
            ? static_cast<double>(node.macs) / node.microseconds / 1000
            : 0;
    PageRow row;
    row.cells = {
        {{node.name}},
        {{node.kind}},
        {{fmt::format("{:.2f}", node.microseconds)}, node.microseconds},
        {{fmt::format("{:.1f}%", 100 * share)}, share},
        {{FormatCount(node.macs)}, static_cast<double>(node.macs)},
        {{fmt::format("{:.1f}", speed)}, speed}};
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace

void AddJointTables(const ErrorReport& errors, Markup& page) {
  if (errors.dims == 0 || errors.models.size() < 2) return;
  const ErrorCurve& fp32 = errors.models.front();
  bool first = true;
  for (std::size_t m = 1; m < errors.models.size(); ++m) {
    const ErrorCurve& model = errors.models[m];
    if (model.label == "mean_pose" || model.label == "fp16") continue;
    PageTable table;
    table.name = "joints of " + model.title;
    table.style = "heatmap";
    table.sorts = true;
    table.columns = JointColumns(errors.dims);
    for (std::size_t j = 0; j < model.joints.size(); ++j) {
      PageRow row;
      row.cells = {
          {{j < errors.joint_names.size() ? errors.joint_names[j]
                                          : fmt::format("joint {}", j)}}};
      const auto cells =
          JointCells(fp32.joints[j], model.joints[j], errors.dims);
      row.cells.insert(row.cells.end(), cells.begin(), cells.end());
      table.rows.push_back(std::move(row));
    }
    std::ranges::stable_sort(table.rows, {}, [](const PageRow& row) {
      return row.cells[3].value.value_or(0);
    });
    Tint(table, 2);
    page.Open("details", {{"open", first ? "open" : ""}});
    page.Open("summary")
        .Text("By joint, worst first: ")
        .Element("bdi", {}, ShortenMiddle(VisibleText(model.title), 60));
    page.Close();
    AddTable(table, page);
    page.Close();
    first = false;
  }
}

void AddSearchChoice(const SearchReport& search, Markup& page) {
  if (!search.choice) return;
  const SearchChoice& choice = *search.choice;
  page.Open("figure", {{"class", "searched"}});
  page.Element("h4", {}, "The chosen plan on the test split");
  AddTable(TestTable(choice), page);
  page.Element(
      "figcaption", {},
      fmt::format(
          "{}, {} windows. Weights: {}. Activations: {}. The choice was "
          "made on the {} split; this row only reports.",
          VisibleText(choice.split), FormatCount(choice.test.samples),
          BitsText(choice.weight_bits), BitsText(choice.activation_bits),
          VisibleText(search.split)));
  page.Open("details").Element("summary", {}, "Bits of each tensor");
  AddTable(BitsTable(choice), page);
  page.Close().Close();
}

void AddNodes(const std::vector<LatencyBar>& latency, Markup& page) {
  for (const LatencyBar& bar : latency) {
    if (bar.nodes.empty()) continue;
    std::vector<NodeTime> nodes = bar.nodes;
    std::ranges::stable_sort(nodes, std::ranges::greater{},
                             &NodeTime::microseconds);
    double total = 0;
    for (const NodeTime& node : nodes) total += node.microseconds;
    PageTable table = NodeTable(nodes, total);
    // A bar for each: how long it takes beside the slowest.
    for (PageRow& row : table.rows) {
      const double slowest = std::max(nodes.front().microseconds, 1e-9);
      row.cells[2].bar = row.cells[2].value.value_or(0) / slowest;
    }
    page.Open("figure", {{"class", "nodes"}});
    page.Open("h4")
        .Text("Time by node: ")
        .Element("bdi", {}, ShortenMiddle(VisibleText(bar.name), 60));
    page.Close();
    AddTable(table, page);
    page.Element(
        "figcaption", {},
        fmt::format("{} takes longest, {:.1f}% of {:.1f} us in {} nodes, each "
                    "timed by itself ({}).",
                    ShortenMiddle(VisibleText(nodes.front().name), 60),
                    total > 0 ? 100 * nodes.front().microseconds / total : 0,
                    total, nodes.size(), VisibleText(bar.detail)));
    page.Close();
  }
}

}  // namespace edge_int8
