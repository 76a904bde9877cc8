#include "src/run/bench_run.h"

#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <set>

#include "src/base/error.h"
#include "src/base/file_size.h"
#include "src/base/named_folder.h"
#include "src/base/rank_share.h"
#include "src/base/seconds.h"
#include "src/base/sha256.h"
#include "src/base/shell_quote.h"
#include "src/eval/predictor.h"
#include "src/eval/split_scoring.h"
#include "src/nets/network_file.h"
#include "src/qgraph/artifact_file.h"
#include "src/report/narrow_table.h"
#include "src/report/text_table.h"
#include "src/report/verdict.h"
#include "src/run/bench_extras.h"
#include "src/run/bench_fx.h"
#include "src/run/bench_log.h"
#include "src/run/bench_qat.h"
#include "src/run/bench_record.h"
#include "src/run/bench_results.h"
#include "src/run/demo_data.h"
#include "src/run/half_checkpoint.h"
#include "src/run/host_info.h"
#include "src/run/load_predictor.h"
#include "src/run/quantize_checkpoint.h"
#include "src/run/run_files.h"
#include "src/run/trainer_process.h"
#include "src/run/verb_files.h"
#include "src/run/write_report.h"

namespace edge_int8 {
namespace {

// One bench run: what its steps share.
class Bench {
 public:
  Bench(BenchOptions options, BenchLog& log)
      : options_(std::move(options)),
        log_(log),
        dataset_(Dataset::Open(options_.data, options_.dataset)),
        network_(options_.network.For(dataset_.task().window)),
        source_(LoadSourceModel(options_.checkpoint, network_)) {
    CheckModelFits(options_.checkpoint, ShapesOf(source_.folded.graph),
                   dataset_);
  }

  BenchResults Run() {
    results_.command = options_.command;
    results_.date_utc = UtcNow();
    results_.host = HostInfo();
    results_.synthetic = dataset_.synthetic();
    results_.metric = dataset_.metric();
    results_.split_id = dataset_.split_id();
    log_.Step("reading {}", options_.data.string());
    results_.data = nlohmann::json::parse(
        FromRoot([this] { return DescribeData(dataset_).dump(); }));
    ScoreBaseline();
    ScoreFloat();
    ScoreHalf();
    if (options_.mode != BenchMode::kQat) QuantizeAndScore();
    if (options_.mode != BenchMode::kPtq) TrainAndScore();
    WriteRecord(options_.out, dataset_, record_, options_.if_exists);
    MeasureLatencies();
    return std::move(results_);
  }

  // The tables of the FX recipe's choices; empty for other recipes.
  const std::string& fx_choices() const { return fx_choices_; }

 private:
  void ScoreBaseline() {
    truth_ = LoadSplitTruth(dataset_, Split::kTest, Subset::kFull);
    for (std::size_t n = 0; n < truth_.selection.windows.size(); ++n) {
      if (dataset_.Corrupt(truth_.selection.windows[n])) continue;
      clean_.push_back(n);
      clean_files_.push_back(truth_.selection.files[n]);
      record_.windows.push_back(truth_.selection.windows[n]);
    }
    if (clean_.empty()) {
      FailInput(options_.data.string(), "the test split has no clean windows");
    }
    record_.files = clean_files_;
    record_.truth =
        truth_.targets.Pick(std::vector<int64_t>(clean_.begin(), clean_.end()));
    record_.mean_pose = truth_.mean;
    results_.files = static_cast<int>(
        std::set<int>(clean_files_.begin(), clean_files_.end()).size());
    results_.mean_pose_full = MergeTallies(truth_.mean_pose);
    results_.mean_pose_clean = MergeTallies(Clean(truth_.mean_pose));
  }

  std::vector<PoseTally> Clean(const std::vector<PoseTally>& all) const {
    std::vector<PoseTally> clean;
    for (const std::size_t n : clean_) clean.push_back(all[n]);
    return clean;
  }

  std::vector<float> CleanOutputs(const std::vector<float>& all) const {
    std::vector<float> clean;
    const std::size_t values = all.size() / truth_.selection.windows.size();
    clean.reserve(clean_.size() * values);
    for (const std::size_t n : clean_) {
      const auto output = std::span(all).subspan(n * values, values);
      clean.insert(clean.end(), output.begin(), output.end());
    }
    return clean;
  }

  std::vector<float> Predict(Predictor& predictor, const std::string& title) {
    log_.Step("scoring {} on {} test windows", title,
              truth_.selection.windows.size());
    const SelectionSource windows(dataset_, truth_.selection.windows);
    return PredictAll(predictor, windows, title);
  }

  void Record(const std::string& label, const std::string& title, bool asked,
              const std::vector<float>& poses) {
    if (asked && record_.judge == 0) record_.judge = record_.models.size();
    record_.models.push_back({label, title, CleanOutputs(poses)});
  }

  SubsetScores Score(const std::vector<float>& poses) const {
    const std::vector<PoseTally> tallies = truth_.Tally(poses);
    SubsetScores scores;
    scores.full = MergeTallies(tallies);
    scores.clean_tallies = Clean(tallies);
    scores.clean = MergeTallies(scores.clean_tallies);
    return scores;
  }

  void ScoreFloat() {
    LoadedPredictor fp32 = LoadPredictor(options_.checkpoint, network_);
    results_.checkpoint_mib = FileMib(options_.checkpoint);
    results_.checkpoint = {{"path", options_.checkpoint.string()},
                           {"sha256", fp32.sha256},
                           {"params", fp32.parameters},
                           {"variant", source_.folded.graph.name},
                           {"size_mib", results_.checkpoint_mib}};
    const std::vector<float> poses = Predict(*fp32.predictor, "fp32");
    Record("fp32", "fp32", false, poses);
    results_.fp32 = Score(poses);
  }

  void MeasureLatencies() {
    if (options_.latency_seconds <= 0) return;
    std::vector<TimedModel> models = {
        {"fp32", "fp32", options_.checkpoint, network_}};
    for (const BenchRow& row : results_.rows) {
      // Simulated rows have no artifact to run.
      if (row.artifact.empty()) continue;
      models.push_back({row.label, row.title, row.artifact, {}});
    }
    log_.Step("timing {} models", models.size());
    const std::string measured = FromRoot([&] {
      const Alone alone;  // Others would only disturb it.
      return LatencyJson(models, options_.latency_seconds).dump();
    });
    WriteJson(options_.out / "latency.json", nlohmann::json::parse(measured), 2,
              options_.if_exists);
  }

  void ScoreHalf() {
    const auto start = std::chrono::steady_clock::now();
    BenchRow row;
    row.label = "fp16";
    row.title = "fp16 storage";
    row.method = "fp16";
    row.asked = false;
    row.artifact = options_.out / "fp16.pth";
    log_.Step("writing weights as float16");
    const Model rounded = WriteHalfCheckpoint(options_.checkpoint, network_,
                                              row.artifact, options_.if_exists);
    if (!IsOnnxNetwork(options_.checkpoint)) {
      results_.fp16 = ScoreFile(std::move(row), start);
      return;
    }
    // The weights alone say nothing of their network.
    const std::unique_ptr<Predictor> predictor = MakeFloatPredictor(rounded);
    const std::string sha256 = Sha256File(row.artifact);
    results_.fp16 = ScorePredictor(*predictor, sha256, std::move(row), start);
  }

  void QuantizeAsFx() {
    log_.Step("calibrating {} on up to {} windows", kFxRecipe,
              options_.calib_batches * kCalibrationBatch);
    FxBenchResult fx =
        RunFxBench(dataset_,
                   {options_.checkpoint, network_, options_.calib_batches,
                    options_.seed, options_.out, options_.if_exists},
                   FxScores());
    fx.row.over_fp32 = IntervalsOver(results_.fp32, fx.row.scores);
    results_.fx_fbgemm = ToJson(fx);
    fx_choices_ = RenderFxChoices(fx);
    results_.rows.push_back(std::move(fx.row));
  }

  FxScoring FxScores() {
    return {
        [this](Predictor& p, const std::string& l) { return Predict(p, l); },
        [this](const std::vector<float>& poses) { return Score(poses); },
        [this](const SubsetScores& a, const SubsetScores& b) {
          return PairedPckInterval(b.clean_tallies, a.clean_tallies,
                                   clean_files_, 20);
        },
        [this](const BenchRow& row, const std::vector<float>& poses) {
          Record(row.label, row.title, row.asked, poses);
        }};
  }

  BenchRow TrainAsFx(const QatRun& run) {
    const auto start = std::chrono::steady_clock::now();
    const std::filesystem::path log = Train(options_, run);
    BenchRow row;
    row.label = run.label;
    row.title = run.title;
    // A checkpoint that was made here holds one set of weights.
    NetworkOptions network = network_;
    network.weights.reset();
    FxTrainedResult fx = RunFxTrained(QatOutput(options_, run), network, log,
                                      std::move(row), FxScores());
    OnRoot([&] {
      std::error_code ignored;
      std::filesystem::remove(log, ignored);
    });
    fx.row.over_fp32 = IntervalsOver(results_.fp32, fx.row.scores);
    fx.row.seconds = SecondsSince(start);
    results_.fx_fbgemm["qat"] = ToJson(fx);
    if (!fx_choices_.empty()) fx_choices_ += "\n";
    fx_choices_ += RenderFxTrained(fx);
    return std::move(fx.row);
  }

  void QuantizeAndScore() {
    // That recipe has no artifact; the default one stands beside it.
    const bool fx = options_.recipe == kFxRecipe;
    if (fx) QuantizeAsFx();
    const CalibrationSet calibration = CalibrateOnTrainSplit(dataset_);
    log_.Step("calibrating on up to {} of {}",
              options_.calib_batches * kCalibrationBatch,
              calibration.description);
    const CalibrationStats stats = MeasureActivations(
        source_, calibration, options_.calib_batches, options_.seed);
    QuantizeRequest request;
    if (!fx) request.recipe = options_.recipe;
    request.calib_batches = options_.calib_batches;
    request.seed = options_.seed;
    AddRow("ptq", fmt::format("int8 PTQ {}", request.recipe), request, !fx,
           calibration, stats);
    if (fx) return;
    // For contrast: 4-bit weights, and what a plain quantizer does.
    request.weight_bits = 4;
    AddRow("ptq-w4", fmt::format("int4 weights, PTQ {}", options_.recipe),
           request, false, calibration, stats);
    if (options_.recipe == "minmax") return;
    request.weight_bits = 8;
    request.recipe = "minmax";
    AddRow("ptq-minmax", "int8 PTQ minmax", request, false, calibration, stats);
  }

  void AddRow(const std::string& label, const std::string& title,
              const QuantizeRequest& request, bool asked,
              const CalibrationSet& calibration,
              const CalibrationStats& stats) {
    const auto start = std::chrono::steady_clock::now();
    log_.Step("quantizing: {}", title);
    const QuantizedModel model =
        QuantizeByRecipe(source_, calibration, stats, request);
    BenchRow row;
    row.label = label;
    row.title = title;
    row.method = "ptq";
    row.recipe = request.recipe;
    row.asked = asked;
    row.artifact = options_.out / fmt::format("{}.ei8", label);
    WriteArtifactFile(row.artifact, model.artifact, options_.if_exists);
    results_.rows.push_back(ScoreFile(std::move(row), start));
  }

  void TrainAndScore() {
    for (const QatRun& run : QatRuns(options_)) {
      const auto start = std::chrono::steady_clock::now();
      log_.Step("training: {}", run.title);
      BenchRow row =
          run.fx ? TrainAsFx(run) : ScoreFile(TrainRow(options_, run), start);
      if (run.control) {
        results_.finetuned = std::move(row);
      } else {
        results_.rows.push_back(std::move(row));
      }
    }
    for (BenchRow& row : results_.rows) {
      if (!results_.finetuned || row.division != "open") continue;
      row.over_control = IntervalsOver(results_.finetuned->scores, row.scores);
    }
  }

  // What is scored is the row's artifact, read back.
  BenchRow ScoreFile(BenchRow row,
                     std::chrono::steady_clock::time_point start) {
    // A checkpoint that was made here holds one set of weights, and a network
    // nothing that is left open.
    NetworkOptions network = network_;
    network.weights.reset();
    if (IsOnnxNetwork(row.artifact)) network = {};
    LoadedPredictor loaded = LoadPredictor(row.artifact, network);
    return ScorePredictor(*loaded.predictor, loaded.sha256, std::move(row),
                          start);
  }

  BenchRow ScorePredictor(Predictor& predictor, const std::string& sha256,
                          BenchRow row,
                          std::chrono::steady_clock::time_point start) {
    row.sha256 = sha256;
    row.size_mib = FileMib(row.artifact);
    const std::vector<float> poses = Predict(predictor, row.title);
    Record(row.label, row.title, row.asked, poses);
    row.scores = Score(poses);
    row.over_fp32 = IntervalsOver(results_.fp32, row.scores);
    row.seconds = SecondsSince(start);
    return row;
  }

  // Of the clean subset.
  ScoreIntervals IntervalsOver(const SubsetScores& other,
                               const SubsetScores& scores) const {
    const auto& before = other.clean_tallies;
    const auto& after = scores.clean_tallies;
    ScoreIntervals intervals{PairedPckInterval(before, after, clean_files_, 20),
                             PairedPckInterval(before, after, clean_files_, 10),
                             {}};
    if (other.clean.mpjpe && scores.clean.mpjpe) {
      intervals.mpjpe = PairedErrorInterval(before, after, clean_files_);
    }
    return intervals;
  }

  const BenchOptions options_;
  BenchLog& log_;
  const Dataset dataset_;
  const NetworkOptions network_;
  const SourceModel source_;
  SplitTruth truth_;
  std::vector<std::size_t> clean_;  // places in truth_ of clean windows
  std::vector<int> clean_files_;
  BenchRecord record_;
  BenchResults results_;
  std::string fx_choices_;
};

// Fills in the embedded default, generating its data when needed.
BenchOptions Resolve(BenchOptions options, BenchLog& log) {
  if (options.checkpoint.empty()) {
    options.checkpoint = DemoCheckpoint();
    options.data = options.out.parent_path() / "demo-data";
    log.Step("no --checkpoint: the demo on synthetic data in {}",
             options.data.string());
    EnsureDemoData(options.data, DemoSynthOptions());
    if (options.qat_windows == 0) options.qat_windows = kDemoQatWindows;
    if (options.mode == BenchMode::kDefault && options.recipe != kFxRecipe) {
      options.mode = HasTrainer() ? BenchMode::kBoth : BenchMode::kPtq;
      if (!HasTrainer()) log.Step("no QAT rows: edge-int8-train is not built");
    }
  }
  if (options.mode == BenchMode::kDefault) options.mode = BenchMode::kPtq;
  return options;
}

// Where a loss is, of what was measured; with the demo, of one's own.
std::string NextAfterBench(const BenchOptions& asked,
                           const BenchOptions& options) {
  if (asked.checkpoint.empty()) {
    return "next: edge-int8 bench --model half.pth --data "
           "preprocessed_csi_data\n";
  }
  return fmt::format("next: edge-int8 explain --model {} --data {} --json {}\n",
                     ShellQuote(options.checkpoint.string()),
                     ShellQuote(options.data.string()),
                     ShellQuote((options.out / "explain.json").string()));
}

void CheckGate(const BenchResults& results, double max_drop) {
  for (const BenchRow& row : results.rows) {
    const double drop =
        100 * (results.fp32.clean.Pck(20) - row.scores.clean.Pck(20));
    if (!row.asked || drop <= max_drop) continue;
    throw Error(
        ErrorKind::kGate,
        fmt::format("{} lost {:.2f} points of clean {}, more than the "
                    "{:.2f} of --max-drop",
                    row.title, drop, PrimaryName(results.metric), max_drop));
  }
}

}  // namespace

BenchMode ParseBenchMode(std::string_view name) {
  if (name == "ptq") return BenchMode::kPtq;
  if (name == "qat") return BenchMode::kQat;
  if (name == "both") return BenchMode::kBoth;
  FailUsage(
      fmt::format("bench: --mode is '{}', expected ptq, qat or both", name));
}

void RunBench(const BenchOptions& asked) {
  BenchOptions options = asked;
  if (options.mode == BenchMode::kQat || options.mode == BenchMode::kBoth) {
    RequireTrainer();
    std::error_code ignored;
    if (options.recipe == kFxRecipe &&
        std::filesystem::exists(options.checkpoint, ignored) &&
        IsOnnxNetwork(options.checkpoint)) {
      FailUsage(
          fmt::format("bench: {} is trained from a .pth; {} is an .onnx file",
                      kFxRecipe, options.checkpoint.string()));
    }
  }
  if (options.checkpoint.empty() != options.data.empty()) {
    FailUsage("bench: give --checkpoint and --data together, or neither");
  }
  std::optional<NamedFolder> named;
  if (options.out.empty()) {
    named.emplace(std::filesystem::path("runs") / UtcNow(true));
    options.out = named->path();
  }
  const std::filesystem::path json = options.out / "results.json";
  VerbFiles files;
  files.Reads("--checkpoint", options.checkpoint)
      .ReadsDataset("--data", options.data, options.dataset);
  for (const std::string& name : BenchFiles()) {
    files.Writes("--out", options.out / name);
  }
  files.Writes("--json", options.json).Check(options.if_exists);
  BenchLog log(options.out / "bench.log", options.if_exists, options.print);
  Bench bench(Resolve(options, log), log);
  const BenchResults results = bench.Run();
  const ScoreTable table = ToTable(results);
  log.Print(options.wide ? RenderScoreTable(table, StdoutColour())
                         : RenderNarrowTable(table, StdoutColour()),
            RenderScoreTable(table));
  const std::string verdict = "\n" + WrapText(RenderVerdict(table), 80);
  log.Print(verdict, verdict);
  if (!bench.fx_choices().empty()) {
    log.Print("\n" + bench.fx_choices(), "\n" + bench.fx_choices());
  }
  WriteJson(json, ToJson(results), 2, options.if_exists);
  // The page shows the network of the row that it opens with.
  for (const BenchRow& row : results.rows) {
    if (row.artifact.extension() != ".ei8") continue;
    WriteNetwork(options.out, row.artifact, options.if_exists);
    break;
  }
  ReportOptions report;
  report.runs = {options.out};
  report.out = options.out / "report.html";
  report.if_exists = options.if_exists;
  WriteReport(report);
  log.Print(fmt::format("\nwrote {}\nwrote {}\n{}", json.string(),
                        report.out.string(), NextAfterBench(asked, options)),
            "");
  log.Commit();
  if (options.results) options.results(ToJson(results));
  if (options.max_drop) CheckGate(results, *options.max_drop);
}

}  // namespace edge_int8
