// results.json of bench (docs/report.md). Declared in read_parts.h.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "src/report/read_parts.h"

namespace edge_int8 {
namespace {

// As far as a table shows it; how many joints there are it doesn't say.
Metric ReadMetric(const JsonPlace& metric) {
  const std::string id = metric.At("id").Text();
  for (const Normalization n :
       {Normalization::kTorso, Normalization::kBoundingBox,
        Normalization::kAbsolute, Normalization::kPair,
        Normalization::kClasses}) {
    if (id != MetricId(n)) continue;
    Metric read(n);
    const auto parameters = metric.Find("metric_parameters");
    if (!parameters) return read;
    const std::vector<JsonPlace> pair = parameters->At("pair").Items();
    if (pair.size() != 2) parameters->At("pair").Fail("expected two joints");
    read.pair = {static_cast<int>(pair[0].IntegerIn(0, 1000)),
                 static_cast<int>(pair[1].IntegerIn(0, 1000))};
    read.floor = parameters->At("floor").NumberIn(0, kMostMeasured);
    return read;
  }
  metric.At("id").Fail(fmt::format("expected a metric id, such as \"{}\"",
                                   MetricId(Normalization::kTorso)));
}

// The simulation's score, of the clean subset where it says which.
std::optional<Score> ReadSimulated(const JsonPlace& row) {
  const std::optional<JsonPlace> simulated = row.Find("simulated");
  if (!simulated || !simulated->IsObject()) return std::nullopt;
  if (const auto clean = simulated->Find("clean")) return ReadScore(*clean);
  if (!simulated->Find("pck@20") && !simulated->Find("top1"))
    return std::nullopt;
  return ReadScore(*simulated);
}

// Against the control where the run trained one and says how far off a row is.
void ReadIntervals(const JsonPlace& row, std::size_t control, TableRow& line) {
  auto delta = row.Find("delta");
  if (const auto trained = row.Find("delta_control"); trained && control > 0) {
    delta = trained;
    line.against = control;
  }
  if (!delta) return;
  line.interval = ReadInterval(*delta, "ci95", 1);
  line.interval_10 = ReadInterval(*delta, "ci95_pck@10", 1);
  line.interval_mpjpe = ReadInterval(*delta, "ci95_mpjpe", kMostMeasured);
}

// `control` is the place of the control in the table; 0: it has none.
TableRow ReadRow(const std::string& label, const JsonPlace& row,
                 std::size_t control = 0) {
  TableRow line;
  line.label = row.FindText("title").value_or(label);
  line.division = row.FindText("division").value_or("");
  line.section = row.FindText("section").value_or("");
  line.size_mib = row.FindNumberIn("size_mib", 0, kMostMeasured);
  line.score = ReadScore(row.At("clean"));
  if (const auto full = row.Find("full")) line.full = ReadScore(*full);
  ReadIntervals(row, control, line);
  line.simulated = ReadSimulated(row);
  if (const auto gap =
          row.FindNumberIn("conversion_gap_lsb", 0, kMostMeasured)) {
    line.conversion_gap_lsb = static_cast<int64_t>(std::ceil(*gap));
  }
  line.note = row.FindText("note").value_or("");
  return line;
}

// Rows in the run's own order, which "order" says; those of older runs by name.
std::vector<std::pair<std::string, JsonPlace>> OrderedRows(
    const JsonPlace& results) {
  const auto int8 = results.Find("int8");
  if (!int8) return {};
  auto rows = int8->Members();
  std::ranges::stable_sort(rows, {}, [](const auto& row) {
    return row.second.FindNumberIn("order", 0, kMostMeasured).value_or(0);
  });
  return rows;
}

class ManifestReader {
 public:
  void Add(std::string group, std::string name,
           const std::optional<JsonPlace>& value, bool copyable = false) {
    if (!value) return;
    const std::string text =
        value->IsText()
            ? value->Text()
            : value->value().dump(-1, ' ', false,
                                  nlohmann::json::error_handler_t::replace);
    lines_.push_back({std::move(group), std::move(name), text, copyable});
  }
  // Every key of `object` under the group.
  void AddAll(const std::string& group, const std::optional<JsonPlace>& object,
              bool copyable = false) {
    if (!object || !object->IsObject()) return;
    for (const auto& [name, value] : object->Members()) {
      if (!value.IsObject()) Add(group, name, value, copyable);
    }
  }
  std::vector<ManifestLine> Take() { return std::move(lines_); }

 private:
  std::vector<ManifestLine> lines_;
};

std::vector<ManifestLine> ReadManifest(const JsonPlace& results) {
  ManifestReader manifest;
  manifest.Add("run", "command", results.Find("command"), true);
  manifest.Add("run", "date (UTC)", results.Find("date_utc"));
  manifest.AddAll("program", results.Find("tool"));
  manifest.AddAll("machine", results.Find("host"));
  if (const auto checkpoint = results.Find("checkpoint")) {
    for (const auto& [name, value] : checkpoint->Members()) {
      manifest.Add("checkpoint", name, value, name == "sha256");
    }
  }
  if (const auto data = results.Find("data")) {
    manifest.AddAll("data", data);
    if (const auto split = data->Find("split")) {
      for (const auto& [name, value] : split->Members()) {
        manifest.Add("data", name + " split", value);
      }
    }
    manifest.AddAll("data sha256", data->Find("sha256"), true);
  }
  for (const auto& [label, row] : OrderedRows(results)) {
    const std::string title = row.FindText("title").value_or(label);
    const std::string group = "artifact: " + title;
    manifest.Add(group, "file", row.Find("artifact"));
    manifest.Add(group, "sha256", row.Find("sha256"), true);
    for (const char* key : {"method", "recipe", "seed", "seconds"}) {
      manifest.Add(group, key, row.Find(key));
    }
  }
  return manifest.Take();
}

// Scores of other windows can't be compared, so their hash is part of it.
std::string ReadComparable(const JsonPlace& results, const ScoreTable& table) {
  std::string key = fmt::format("{} {} {} {}", MetricText(table.metric),
                                table.split, table.split_id, table.subset);
  const auto data = results.Find("data");
  const auto hashes = data ? data->Find("sha256") : std::nullopt;
  if (hashes) {
    const std::string file =
        data->FindText("window_file").value_or("csi_windows.npy");
    key += " " + hashes->FindText(file).value_or("");
  }
  return key + fmt::format(" {}", table.mean_pose.samples);
}

// "csi_windows, 3,600 windows: 2,520 train, 540 val, 540 test of 54 files".
std::string ReadData(const JsonPlace& results, const ScoreTable& table) {
  const auto data = results.Find("data");
  if (!data) return "";
  std::string text = data->FindText("path").value_or("");
  const auto split = data->Find("split");
  if (!split) return text;
  std::string parts;
  for (const char* name : {"train", "val", "test"}) {
    const auto part = split->Find(name);
    if (!part) continue;
    parts += fmt::format(
        "{}{} {}", parts.empty() ? "" : ", ",
        FormatCount(part->At("windows").IntegerIn(0, kMostCounted)), name);
  }
  text += fmt::format("{}windows: {}", text.empty() ? "" : ", ", parts);
  if (table.files) text += fmt::format(" of {} files", *table.files);
  return text;
}

void ReadSubject(const JsonPlace& results, BenchReport& bench) {
  if (const auto checkpoint = results.Find("checkpoint")) {
    bench.network = checkpoint->FindText("variant").value_or("");
    if (bench.network.empty()) {
      bench.network = checkpoint->FindText("path").value_or("");
    }
    if (const auto params = checkpoint->Find("params")) {
      bench.parameters = params->IntegerIn(0, kMostCounted);
    }
  }
  if (const auto host = results.Find("host")) {
    bench.cpu = host->FindText("cpu").value_or("");
  }
}

}  // namespace

std::optional<Interval> ReadInterval(const JsonPlace& delta, const char* key,
                                     double most) {
  const auto ends = delta.Find(key);
  if (!ends) return std::nullopt;
  const std::vector<JsonPlace> items = ends->Items();
  if (items.size() != 2) ends->Fail("expected [low, high]");
  return Interval{items[0].NumberIn(-most, most),
                  items[1].NumberIn(-most, most)};
}

Score ReadScore(const JsonPlace& place) {
  Score score;
  score.samples = place.At("samples").IntegerIn(0, kMostCounted);
  if (const auto top1 = place.Find("top1")) {
    score.classes = true;
    score.pck.fill(top1->NumberIn(0, 1));
    score.finite_samples =
        place.At("finite_samples").IntegerIn(0, score.samples);
    return score;
  }
  for (std::size_t k = 0; k < kPckThresholds; ++k) {
    score.pck[k] =
        place.At(fmt::format("pck@{}", kPckPercents[k])).NumberIn(0, 1);
  }
  score.mpjpe = place.FindNumberIn("mpjpe", 0, kMostMeasured);
  score.pa_mpjpe = place.FindNumberIn("pa_mpjpe", 0, kMostMeasured);
  score.finite_samples = score.samples;
  if (!score.mpjpe) {
    score.finite_samples = static_cast<int64_t>(
        place
            .FindNumberIn("finite_samples", 0,
                          static_cast<double>(score.samples))
            .value_or(0));
  }
  score.mpjpe_finite = score.mpjpe.value_or(
      place.FindNumberIn("mpjpe_finite", 0, kMostMeasured).value_or(0));
  return score;
}

PckTriple ReadTriple(const JsonPlace& score) {
  PckTriple triple;
  if (const auto top1 = score.Find("top1")) {
    triple.fill(top1->NumberIn(-100, 100));
    return triple;
  }
  for (std::size_t k = 0; k < triple.size(); ++k) {
    triple[k] =
        score.At(fmt::format("pck@{}", kShownPercents[k])).NumberIn(-100, 100);
  }
  return triple;
}

BenchReport ReadBench(const JsonPlace& results) {
  BenchReport bench;
  ScoreTable& table = bench.table;
  const JsonPlace metric = results.At("metric");
  table.metric = ReadMetric(metric);
  table.split_id = metric.FindText("split_id").value_or("");
  table.split = metric.FindText("split").value_or("test");
  table.subset = "clean";
  if (const auto files = metric.Find("files")) {
    table.files = static_cast<int>(files->IntegerIn(0, 1'000'000'000));
  }
  table.mean_pose = ReadScore(results.At("baseline_mean_pose").At("clean"));
  TableRow fp32 = ReadRow("fp32", results.At("fp32"));
  if (const auto checkpoint = results.Find("checkpoint")) {
    fp32.size_mib = checkpoint->FindNumberIn("size_mib", 0, kMostMeasured);
  }
  table.rows.push_back(std::move(fp32));
  bench.labels.push_back("fp32");
  std::size_t control = 0;
  for (const char* label : {"fp16", "fp32_finetuned"}) {
    const auto row = results.Find(label);
    if (!row) continue;
    if (label == std::string_view("fp32_finetuned")) {
      control = table.rows.size();
    }
    table.rows.push_back(ReadRow(label, *row));
    bench.labels.emplace_back(label);
  }
  bench.headline = table.rows.size();
  for (const auto& [label, row] : OrderedRows(results)) {
    table.rows.push_back(ReadRow(label, row, control));
    bench.labels.push_back(label);
  }
  bench.headline = std::min(bench.headline, table.rows.size() - 1);
  for (const TableRow& row : table.rows) {
    if (row.score.samples != table.mean_pose.samples) {
      results.Fail("rows and mean pose were scored on different windows");
    }
  }
  if (const auto data = results.Find("data")) {
    table.synthetic = data->FindText("kind").value_or("") == "synthetic";
    bench.data_path = data->FindText("path").value_or("");
  }
  bench.command = results.FindText("command").value_or("");
  bench.data = ReadData(results, table);
  ReadSubject(results, bench);
  bench.comparable = ReadComparable(results, table);
  bench.manifest = ReadManifest(results);
  return bench;
}

}  // namespace edge_int8
