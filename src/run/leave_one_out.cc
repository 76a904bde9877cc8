#include "src/run/leave_one_out.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <utility>

#include "src/base/error.h"
#include "src/eval/predictor.h"
#include "src/eval/split_scoring.h"
#include "src/pose/paired_bootstrap.h"
#include "src/qgraph/artifact_file.h"
#include "src/report/text_table.h"
#include "src/run/bench_extras.h"
#include "src/run/load_predictor.h"
#include "src/run/quantize_checkpoint.h"
#include "src/run/verb_files.h"

namespace edge_int8 {
namespace {

constexpr std::size_t kLongestName = 4096;
constexpr int kPercents[] = {10, 20, 50};
constexpr const char* kResults = "leave_one_out.json";

// Numbers by size, before texts.
bool ComesBefore(const std::string& a, const std::string& b) {
  const auto number = [](const std::string& text) {
    return !text.empty() && text.size() < 18 &&
           std::ranges::all_of(text,
                               [](char c) { return c >= '0' && c <= '9'; });
  };
  if (number(a) && number(b)) {
    return std::pair(std::stoll(a), a) < std::pair(std::stoll(b), b);
  }
  return number(a) != number(b) ? number(a) : a < b;
}

std::string Escaped(const std::string& name) {
  std::string text;
  for (const char c : name) {
    if (std::string_view("^$\\.*+?()[]{}|").find(c) != std::string_view::npos) {
      text += '\\';
    }
    text += c;
  }
  return text;
}

struct GroupScores {
  Score fp32, int8;
  Interval intervals[std::size(kPercents)];  // int8 minus fp32
  double size_mib = 0;
};

class LeaveOneOut {
 public:
  LeaveOneOut(const BenchOptions& options, const std::string& pattern)
      : options_(options),
        pattern_(pattern),
        fp32_(LoadPredictor(options.checkpoint, options.network)),
        source_(LoadSourceModel(options.checkpoint, options.network)) {}

  void Run() {
    const std::vector<RecordingGroup> groups = GroupRecordings(
        Dataset::Open(options_.data, options_.dataset).file_names(), pattern_);
    nlohmann::ordered_json rows = nlohmann::json::array();
    for (std::size_t i = 0; i < groups.size(); ++i) {
      fmt::print(stderr, "leaving out {} ({} of {}, {} recordings)\n",
                 groups[i].value, i + 1, groups.size(), groups[i].recordings);
      scores_.push_back(ScoreGroup(groups[i], rows));
    }
    const std::string table = Render(groups);
    if (options_.print) fmt::print("{}", table);
    nlohmann::ordered_json results = {
        {"split", "leave-one-out:" + pattern_},
        {"subset", "clean"},
        {"recipe", options_.recipe},
        {"checkpoint",
         {{"path", options_.checkpoint.string()}, {"sha256", fp32_.sha256}}},
        {"data", options_.data.string()},
        {"command", options_.command},
        {"groups", rows}};
    WriteJson(options_.out / kResults, results, 2, options_.if_exists);
    if (options_.print) {
      fmt::print("\nwrote {}\n", (options_.out / kResults).string());
    }
    if (options_.results) {
      options_.results(nlohmann::json::parse(results.dump()));
    }
  }

 private:
  GroupScores ScoreGroup(const RecordingGroup& group,
                         nlohmann::ordered_json& rows) {
    DatasetOptions split = options_.dataset;
    split.hold_out = group.hold_out;
    const Dataset dataset = Dataset::Open(options_.data, split);
    const SplitTruth truth =
        LoadSplitTruth(dataset, Split::kTest, Subset::kClean);
    const CalibrationSet calibration = CalibrateOnTrainSplit(dataset);
    const CalibrationStats stats = MeasureActivations(
        source_, calibration, options_.calib_batches, options_.seed);
    QuantizeRequest request;
    request.recipe = options_.recipe;
    request.calib_batches = options_.calib_batches;
    request.seed = options_.seed;
    const std::filesystem::path artifact =
        options_.out / fmt::format("group-{:03}.ei8", scores_.size() + 1);
    WriteArtifactFile(
        artifact,
        QuantizeByRecipe(source_, calibration, stats, request).artifact,
        options_.if_exists);
    LoadedPredictor int8 = LoadPredictor(artifact);

    const SelectionSource windows(dataset, truth.selection.windows);
    const auto a = truth.Tally(PredictAll(*fp32_.predictor, windows, "fp32"));
    const auto b = truth.Tally(PredictAll(*int8.predictor, windows, "int8"));
    GroupScores scores{MergeTallies(a), MergeTallies(b), {}, 0};
    nlohmann::ordered_json delta = nlohmann::json::object();
    for (std::size_t i = 0; i < std::size(kPercents); ++i) {
      const int percent = kPercents[i];
      scores.intervals[i] =
          PairedPckInterval(a, b, truth.selection.files, percent);
      delta[fmt::format("pck@{}", percent)] = {
          {"delta", scores.int8.Pck(percent) - scores.fp32.Pck(percent)},
          {"ci95", {scores.intervals[i].low, scores.intervals[i].high}}};
    }
    rows.push_back(
        {{"group", group.value},
         {"recordings", group.recordings},
         {"artifact", artifact.string()},
         {"sha256", int8.sha256},
         {"baseline_mean_pose", ToJson(MergeTallies(truth.mean_pose))},
         {"fp32", ToJson(scores.fp32)},
         {"int8", ToJson(scores.int8)},
         {"delta", delta}});
    return scores;
  }

  // Percent and points of each column: fp32, int8, difference at each
  // threshold.
  static std::vector<double> Numbers(const GroupScores& scores) {
    std::vector<double> numbers;
    for (const int percent : kPercents) {
      const double a = 100 * scores.fp32.Pck(percent);
      const double b = 100 * scores.int8.Pck(percent);
      numbers.insert(numbers.end(), {a, b, b - a});
    }
    return numbers;
  }

  static void AddRow(TextTable& table, const std::string& name,
                     const std::string& windows,
                     const std::vector<double>& numbers) {
    std::vector<Cell> cells = {{name}, {windows}};
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      cells.push_back({i % 3 == 2 ? fmt::format("{:+.2f}", numbers[i])
                                  : fmt::format("{:.2f}", numbers[i])});
    }
    table.AddRow(std::move(cells));
  }

  std::string Render(const std::vector<RecordingGroup>& groups) const {
    std::vector<Column> columns = {{"left out", Align::kLeft}, {"windows"}};
    for (const int percent : kPercents) {
      columns.push_back({fmt::format("fp32 @{}", percent)});
      columns.push_back({fmt::format("int8 @{}", percent)});
      columns.push_back({"diff"});
    }
    TextTable table(std::move(columns));
    std::vector<double> sum(3 * std::size(kPercents)), squares(sum.size());
    for (std::size_t g = 0; g < groups.size(); ++g) {
      const std::vector<double> numbers = Numbers(scores_[g]);
      AddRow(table, Printable(groups[g].value),
             std::to_string(scores_[g].fp32.samples), numbers);
      for (std::size_t i = 0; i < numbers.size(); ++i) sum[i] += numbers[i];
    }
    const auto count = static_cast<double>(groups.size());
    for (double& value : sum) value /= count;
    for (const GroupScores& scores : scores_) {
      const std::vector<double> numbers = Numbers(scores);
      for (std::size_t i = 0; i < numbers.size(); ++i) {
        squares[i] += (numbers[i] - sum[i]) * (numbers[i] - sum[i]);
      }
    }
    // Of a sample: groups stand for others.
    for (double& value : squares) value = std::sqrt(value / (count - 1));
    AddRow(table, "mean", "", sum);
    AddRow(table, "spread", "", squares);
    return table.Render(StdoutColour());
  }

  const BenchOptions& options_;
  const std::string& pattern_;
  LoadedPredictor fp32_;
  const SourceModel source_;
  std::vector<GroupScores> scores_;
};

}  // namespace

std::vector<RecordingGroup> GroupRecordings(
    const std::vector<std::string>& names, const std::string& pattern) {
  std::map<std::string, std::vector<std::string>, decltype(&ComesBefore)>
      members(&ComesBefore);
  try {
    const std::regex regex(pattern);
    for (const std::string& name : names) {
      std::smatch match;
      if (name.size() > kLongestName ||
          !std::regex_search(name, match, regex)) {
        continue;
      }
      members[match.size() > 1 ? match[1].str() : match[0].str()].push_back(
          name);
    }
  } catch (const std::regex_error& error) {
    FailUsage(fmt::format("--leave-one-out '{}' is no regular expression: {}",
                          pattern, error.what()));
  }
  if (members.size() < 2) {
    FailUsage(fmt::format(
        "--leave-one-out '{}' finds {} in the names of {} recordings, expected "
        "two groups or more; the first is named '{}'",
        pattern,
        members.empty()
            ? "no group"
            : fmt::format("one group, '{}',", members.begin()->first),
        names.size(), names.empty() ? "" : names.front()));
  }
  std::vector<RecordingGroup> groups;
  for (const auto& [value, recordings] : members) {
    std::vector<std::string> escaped;
    for (const std::string& name : recordings) escaped.push_back(Escaped(name));
    groups.push_back({value, fmt::format("^(?:{})$", fmt::join(escaped, "|")),
                      static_cast<int>(recordings.size())});
  }
  return groups;
}

void RunLeaveOneOut(const BenchOptions& asked, const std::string& pattern) {
  BenchOptions options = asked;
  if (options.checkpoint.empty() || options.data.empty()) {
    FailUsage("bench: --leave-one-out needs --checkpoint and --data");
  }
  if (options.out.empty()) {
    FailUsage("bench: --leave-one-out needs --out, a folder for its results");
  }
  VerbFiles()
      .Reads("--checkpoint", options.checkpoint)
      .ReadsDataset("--data", options.data, options.dataset)
      .Writes("--out", options.out / kResults)
      .Writes("--json", options.json)
      .Check(options.if_exists);
  LeaveOneOut(options, pattern).Run();
}

}  // namespace edge_int8
