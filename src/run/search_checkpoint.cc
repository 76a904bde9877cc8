#include "src/run/search_checkpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "src/base/as_size.h"
#include "src/base/error.h"
#include "src/base/file_size.h"
#include "src/base/interrupt.h"
#include "src/base/progress.h"
#include "src/base/rank_share.h"
#include "src/base/seconds.h"
#include "src/base/task_farm.h"
#include "src/base/temporary_name.h"
#include "src/eval/predictor.h"
#include "src/eval/split_scoring.h"
#include "src/qgraph/artifact_file.h"
#include "src/quantize/reconstruct/recipe.h"
#include "src/quantize/search/repair_bank.h"
#include "src/run/host_info.h"
#include "src/run/load_predictor.h"
#include "src/run/quantize_checkpoint.h"
#include "src/run/run_identity.h"
#include "src/run/search_journal.h"
#include "src/run/verb_files.h"
#include "src/run/version.h"

namespace edge_int8 {
namespace {

// A repair takes about as long as this many scores: for the time left only.
constexpr int64_t kRepairSteps = 24;

// Validation windows that decide, and what stands beside every score.
struct Deciders {
  std::vector<int64_t> windows;
  std::vector<int> files;
  WindowTargets targets;
  std::vector<PoseTally> fp32;
  std::vector<PoseTally> mean_pose;
};

class BitsByScore {
 public:
  explicit BitsByScore(const SearchRequest& request)
      : request_(request),
        dataset_(Dataset::Open(request.data, request.dataset)),
        network_(request.network.For(dataset_.task().window)),
        source_(LoadSourceModel(request.checkpoint, network_)),
        qgraph_(BuildQGraph(source_.folded.graph)),
        space_(source_.folded.graph, qgraph_, request.bits) {
    CheckModelFits(request.checkpoint, ShapesOf(source_.folded.graph),
                   dataset_);
    calibration_ = CalibrateOnTrainSplit(dataset_);
    ptq_ = FindRecipe("lossless").Options();
  }

  SearchResults Run() {
    const auto start = std::chrono::steady_clock::now();
    CheckMacsLimit();
    const nlohmann::json identity = Identity();
    // One journal, rank 0's; it alone decides.
    if (IsRoot()) {
      journal_ = std::make_unique<SearchJournal>(
          SearchJournalPath(request_.out), identity, request_.resume,
          request_.if_exists == IfExists::kReplace);
    }
    try {
      Prepare();
      Search();
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kInterrupted || !IsRoot()) throw;
      throw Error(ErrorKind::kInterrupted,
                  journal_->size() == 0
                      ? "interrupted before the first plan was measured"
                      : fmt::format("interrupted with {} plans measured; "
                                    "--resume goes on",
                                    journal_->size()));
    }
    Describe();
    if (results_.outcome.chosen >= 0) WriteChosen();
    results_.seconds = SecondsSince(start);
    WriteReports();
    if (IsRoot()) journal_->Remove();
    return std::move(results_);
  }

 private:
  // Everything a score depends on. The limits are not: they only decide.
  nlohmann::json Identity() const {
    nlohmann::json identity = ProgramIdentity();
    identity.update(DataIdentity(dataset_, request_.dataset));
    std::vector<std::string> units;
    for (const BitUnit& unit : space_.units()) units.push_back(unit.name);
    identity.update({{"checkpoint", source_.sha256},
                     {"weights", WeightsHash(source_.folded)},
                     {"options",
                      {{"windows", request_.windows},
                       {"seed", request_.seed},
                       {"calib_batches", request_.calib_batches},
                       {"tensors", units}}}});
    return identity;
  }

  // What a journal of this search says was measured on these windows. It is a
  // file, and anybody may have written it.
  void CheckFound(const std::string& key, const PlanScore& found) const {
    if (!found.refused.empty()) return;
    const std::vector<FileSums> fp32 =
        SumByFile(deciders_.fp32, deciders_.files);
    const auto same = [](const FileSums& a, const FileSums& b) {
      return a.file == b.file && a.joints == b.joints;
    };
    const edge_int8::Score score = MergeTallies(deciders_.fp32);
    if (found.score.samples == score.samples &&
        found.score.classes == score.classes &&
        std::ranges::equal(found.files, fp32, same)) {
      return;
    }
    FailInput(SearchJournalPath(request_.out).string(),
              fmt::format("plan {} was not measured on these windows", key));
  }

  void CheckMacsLimit() const {
    if (!request_.limits.max_macs_cost) return;
    const double least =
        space_.MacsCost(space_.Uniform(space_.weight_bits().front()));
    if (least <= *request_.limits.max_macs_cost) return;
    throw Error(ErrorKind::kGate,
                fmt::format("no plan costs {} or less: the cheapest one costs "
                            "{:.6f} of all at 8 bits (--max-macs-cost)",
                            *request_.limits.max_macs_cost, least));
  }

  // The narrowest plan's file: no repair is needed to weigh it.
  void CheckByteLimit() const {
    if (!request_.limits.max_bytes) return;
    PtqOptions options = ptq_;
    const Bits narrowest = space_.Uniform(space_.weight_bits().front());
    space_.Apply(narrowest, options);
    Repaired plain{source_.folded,
                   MakePtqPlan(source_.folded, qgraph_, stats_, options)};
    plain.plan.recipe = "";
    const int64_t least = Weigh(Draft(plain));
    if (least <= *request_.limits.max_bytes) return;
    throw Error(ErrorKind::kGate,
                fmt::format("no artifact has {} bytes or fewer: the smallest "
                            "one has {} (--max-bytes)",
                            *request_.limits.max_bytes, least));
  }

  void Prepare() {
    stats_ = MeasureActivations(source_, calibration_, request_.calib_batches,
                                request_.seed);
    CheckByteLimit();
    SplitTruth truth = LoadSplitTruth(dataset_, Split::kVal, Subset::kClean);
    for (const int64_t n : SpreadWindows(std::ssize(truth.selection.windows),
                                         request_.windows, request_.seed)) {
      deciders_.windows.push_back(truth.selection.windows[AsSize(n)]);
      deciders_.files.push_back(truth.selection.files[AsSize(n)]);
      deciders_.mean_pose.push_back(truth.mean_pose[AsSize(n)]);
    }
    deciders_.targets = dataset_.targets().Pick(deciders_.windows);
    LoadedPredictor fp32 = LoadPredictor(request_.checkpoint, network_);
    deciders_.fp32 = Tally(*fp32.predictor);
    bank_ = std::make_unique<RepairBank>(source_.folded, qgraph_, stats_,
                                         *calibration_.windows, space_, ptq_);
    if (World().size() > 1) bank_->ShareUniform();
  }

  std::vector<PoseTally> Tally(Predictor& predictor) const {
    const SelectionSource windows(dataset_, deciders_.windows);
    return deciders_.targets.Tally(PredictAll(predictor, windows, "score"));
  }

  core::Provenance Provenance() const {
    core::Provenance provenance;
    provenance.data = calibration_.description;
    provenance.data_files = calibration_.files;
    return provenance;
  }
  nlohmann::json Recipe() const {
    return {{"recipe", "search"},
            {"calib_batches", request_.calib_batches},
            {"seed", request_.seed}};
  }
  QuantizedModel Draft(const Repaired& made) const {
    return MakeDraft(source_, made.model, made.plan, Provenance(), Recipe());
  }
  static int64_t Weigh(const QuantizedModel& model) {
    return std::ssize(core::SaveArtifact(model.artifact));
  }

  Repaired Make(const Bits& bits, Fit fit) {
    return fit == Fit::kMixed ? bank_->Mixed(bits) : bank_->Whole(bits);
  }

  PlanScore Score(const Bits& bits, Fit fit) {
    PlanScore score;
    const Repaired made = Make(bits, fit);
    std::optional<QuantizedModel> draft;
    try {
      draft = Draft(made);
    } catch (const Error& error) {
      // Lowering says so when, say, an accumulator could overflow.
      if (error.kind() != ErrorKind::kBadInput) throw;
      score.refused = error.what();
      return score;
    }
    score.bytes = Weigh(*draft);
    const std::unique_ptr<Predictor> predictor =
        MakeIntegerPredictor(draft->artifact.graph, IsaFromEnvironment());
    const std::vector<PoseTally> tallies = Tally(*predictor);
    score.score = MergeTallies(tallies);
    score.files = SumByFile(tallies, deciders_.files);
    return score;
  }

  std::string KeyOf(const Bits& bits, Fit fit) const {
    return fmt::format("{} {}", fit == Fit::kMixed ? "mixed" : "repaired",
                       space_.Text(bits));
  }
  // What any rank can do when it is told the key alone.
  std::string ScoreOfKey(const std::string& key) {
    const std::size_t blank = key.find(' ');
    return ScoreToText(
        Score(space_.Parse(std::string_view(key).substr(blank + 1)),
              key.substr(0, blank) == "mixed" ? Fit::kMixed : Fit::kRepaired));
  }

  // Rank 0 searches and hands plans out. Every decision follows from scores,
  // so with these the others come to the same end.
  void Search() {
    const TaskWork work = [this](const std::string& key) {
      return ScoreOfKey(key);
    };
    if (IsRoot()) {
      SearchHere(work);
      FromRoot([&] { return journal_->Text(); });
      return;
    }
    ServeTasks(work);
    const std::map<std::string, PlanScore> scores =
        ScoresFromText(FromRoot([] { return std::string(); }));
    results_.outcome = SearchBits(
        space_, request_.limits, request_.effort,
        [&](const Bits& bits, Fit fit) { return scores.at(KeyOf(bits, fit)); });
  }

  void SearchHere(const TaskWork& work) {
    const SearchEffort most = MostEffort(space_, request_.effort);
    const auto known = static_cast<int64_t>(journal_->size());
    Progress progress(
        "search",
        std::max<int64_t>(1, most.mixed + kRepairSteps * most.repaired - known),
        "steps");
    TaskFarm farm(work, [&](const std::string& key, const std::string& score) {
      journal_->Add(key, ScoreFromText(score));
      progress.Add(key.starts_with("mixed") ? 1 : kRepairSteps);
      if (request_.after_plan) request_.after_plan();
    });
    results_.outcome = SearchBits(
        space_, request_.limits, request_.effort,
        [&](const Bits& bits, Fit fit) {
          ThrowIfInterrupted();
          const std::string key = KeyOf(bits, fit);
          if (std::optional<PlanScore> found = journal_->Find(key)) {
            CheckFound(key, *found);
            return *found;
          }
          farm.Finish(key);
          return *journal_->Find(key);
        },
        [&](const std::vector<std::pair<Bits, Fit>>& plans) {
          std::vector<std::string> keys;
          for (const auto& [bits, fit] : plans) {
            std::string key = KeyOf(bits, fit);
            if (!journal_->Find(key)) keys.push_back(std::move(key));
          }
          farm.Expect(std::move(keys));
        });
    farm.Close();
  }

  void Describe() {
    results_.command = request_.command;
    results_.date_utc = UtcNow();
    results_.host = HostInfo();
    results_.checkpoint = {{"path", request_.checkpoint.string()},
                           {"sha256", source_.sha256},
                           {"variant", source_.folded.graph.name},
                           {"size_mib", FileMib(request_.checkpoint)}};
    results_.synthetic = dataset_.synthetic();
    results_.metric = dataset_.metric();
    results_.split_id = dataset_.split_id();
    results_.limits = request_.limits;
    results_.units = space_.units();
    results_.files = static_cast<int>(
        std::set<int>(deciders_.files.begin(), deciders_.files.end()).size());
    results_.fp32 = MergeTallies(deciders_.fp32);
    results_.mean_pose = MergeTallies(deciders_.mean_pose);
    const std::vector<FileSums> fp32 =
        SumByFile(deciders_.fp32, deciders_.files);
    for (const ScoredPlan& plan : results_.outcome.plans) {
      results_.intervals.push_back(
          plan.score.refused.empty()
              ? PairedPckInterval(fp32, plan.score.files,
                                  request_.limits.percent)
              : Interval{});
    }
    results_.front =
        ParetoFront(results_.outcome.plans, request_.limits.percent);
  }

  void WriteChosen() {
    const ScoredPlan& plan =
        results_.outcome.plans[AsSize(results_.outcome.chosen)];
    const Repaired made = Make(plan.bits, plan.fit);
    const QuantizedModel model =
        MakeArtifact(source_, made.model, made.plan, Provenance(), Recipe());
    if (Weigh(model) != plan.score.bytes) {
      FailInput(SearchJournalPath(request_.out).string(),
                fmt::format("says {} bytes of the chosen plan, which has {}",
                            plan.score.bytes, Weigh(model)));
    }
    WriteArtifactFile(request_.out, model.artifact, request_.if_exists);
    if (!request_.plan_out.empty()) {
      WritePlan(request_.plan_out, model.plan, request_.if_exists);
    }
    ReportTest();
  }

  // The one look at the test split, with the file read back.
  void ReportTest() {
    const SplitTruth truth =
        LoadSplitTruth(dataset_, Split::kTest, Subset::kClean);
    const SelectionSource windows(dataset_, truth.selection.windows);
    const auto tally = [&](Predictor& predictor, const char* label) {
      return truth.Tally(PredictAll(predictor, windows, label));
    };
    LoadedPredictor fp32 = LoadPredictor(request_.checkpoint, network_);
    LoadedPredictor chosen = LoadPredictor(request_.out);
    const std::vector<PoseTally> before = tally(*fp32.predictor, "test fp32");
    const std::vector<PoseTally> after = tally(*chosen.predictor, "test");
    SearchTestRow row;
    row.fp32 = MergeTallies(before);
    row.chosen = MergeTallies(after);
    row.mean_pose = MergeTallies(truth.mean_pose);
    row.interval = PairedPckInterval(before, after, truth.selection.files,
                                     request_.limits.percent);
    row.files = truth.files();
    row.artifact = request_.out;
    row.sha256 = chosen.sha256;
    results_.test = std::move(row);
  }

  void WriteReports() const {
    if (!request_.front.empty()) {
      WriteFile(request_.front,
                ToJson(results_).dump(
                    1, ' ', false, nlohmann::json::error_handler_t::replace) +
                    "\n",
                request_.if_exists);
    }
    if (!request_.svg.empty()) {
      WriteFile(request_.svg, RenderFrontSvg(ToPicture(results_)),
                request_.if_exists);
    }
  }

  const SearchRequest& request_;
  const Dataset dataset_;
  const NetworkOptions network_;
  const SourceModel source_;
  const QGraph qgraph_;
  const BitSpace space_;
  CalibrationSet calibration_;
  PtqOptions ptq_;
  std::unique_ptr<SearchJournal> journal_;
  CalibrationStats stats_;
  Deciders deciders_;
  std::unique_ptr<RepairBank> bank_;
  SearchResults results_;
};

void CheckOutputs(const SearchRequest& r) {
  if (!r.limits.max_bytes && !r.limits.max_macs_cost && !r.limits.min_pck) {
    FailUsage(
        "search: give a limit: --max-bytes, --max-macs-cost or "
        "--min-pck");
  }
  VerbFiles()
      .Reads("--checkpoint", r.checkpoint)
      .ReadsDataset("--data", r.data, r.dataset)
      .WritesAndReads("--out", r.out)
      .Writes("--front", r.front)
      .Writes("--svg", r.svg)
      .Writes("--plan-out", r.plan_out)
      .Writes("--json", r.json)
      .Keeps("the journal of --out,", SearchJournalPath(r.out))
      .Check(r.if_exists);
}

}  // namespace

std::filesystem::path SearchJournalPath(const std::filesystem::path& out) {
  return PathBeside(out, ".search");
}

SearchResults SearchCheckpoint(const SearchRequest& request) {
  CheckOutputs(request);
  return BitsByScore(request).Run();
}

}  // namespace edge_int8
