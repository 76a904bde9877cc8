#include "train/commands/qat_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>
#include <utility>

#include "src/base/error.h"
#include "src/base/json_place.h"
#include "src/base/notice.h"
#include "src/base/output_file.h"
#include "src/base/parallel.h"
#include "src/base/temporary_name.h"
#include "src/eval/model_fit.h"
#include "src/export/onnx/onnx_float.h"
#include "src/formats/state_dict_writer.h"
#include "src/graph/fold_norms.h"
#include "src/graph/unfold_norms.h"
#include "src/nets/network_file.h"
#include "src/pose/pose_metric.h"
#include "src/qgraph/artifact_file.h"
#include "src/qgraph/lower.h"
#include "src/quantize/reconstruct/repair.h"
#include "src/run/load_predictor.h"
#include "src/run/make_artifact.h"
#include "src/run/run_identity.h"
#include "src/run/verb_files.h"
#include "train/commands/engine_check.h"
#include "train/commands/pose_loss.h"
#include "train/commands/task_loop.h"
#include "train/commands/training_inputs.h"
#include "train/commands/training_state.h"
#include "train/simulation/lowered_network.h"

namespace edge_int8::train {
namespace {

using nlohmann::json;

// What both verbs open.
struct Opened {
  explicit Opened(const FinetuneCommand& command)
      : device(ChooseDevice(command.device)),
        source(LoadSourceModel(command.checkpoint, command.network)),
        dataset(Dataset::Open(command.data, command.dataset)),
        train(CheckedDataset(command), Split::kTrain),
        validation(dataset, Split::kVal) {}

  PoseData Train() const { return train.data(source.folded.graph); }
  PoseData Validation() const { return validation.data(source.folded.graph); }

  const at::Device device;
  const SourceModel source;
  const Dataset dataset;
  const SplitPoses train, validation;

 private:
  // A network of other extents is refused before windows are read.
  const Dataset& CheckedDataset(const FinetuneCommand& command) const {
    CheckModelFits(command.checkpoint, ShapesOf(source.folded.graph), dataset);
    return dataset;
  }
};

std::filesystem::path StateOf(const std::filesystem::path& out) {
  return PathBeside(out, ".state");
}

void CheckCommand(const FinetuneCommand& command) {
  if (!std::isfinite(command.learning_rate.value_or(1))) {
    FailUsage("--lr is not a number");
  }
  IsaFromEnvironment();  // what it names is said before the work
  const std::filesystem::path none;
  VerbFiles()
      .Reads("--checkpoint", command.checkpoint)
      .Reads("--plan", command.plan.value_or(none))
      .Reads("--teacher", command.teacher.value_or(none))
      .ReadsDataset("--data", command.data, command.dataset)
      .WritesAndReads("--out", command.out)
      .WritesAndReads("the state of --out,", StateOf(command.out))
      .Writes("--log", command.log.value_or(none))
      .Writes("--plan-out", command.plan_out.value_or(none))
      .Check(command.force || command.resume ? IfExists::kReplace
                                             : IfExists::kFail);
}

EngineCheck CheckOn(QuantizedNetwork& network, const PoseData& data,
                    at::Device device) {
  const QatParameters& now = network.parameters();
  const core::IntegerGraph graph = Lower(now.CurrentModel(), now.CurrentPlan());
  network.PrepareCodes(graph);
  const CodesOf codes = [&](const at::Tensor& x) { return network.Codes(x); };
  return CheckEngine(graph, codes, data, device);
}

json Validate(QuantizedNetwork& network, const Opened& opened) {
  const EngineCheck check =
      CheckOn(network, opened.Validation(), opened.device);
  return {{"val", ToJson(MergeTallies(check.engine))},
          {"simulated", ToJson(MergeTallies(check.simulated))},
          {"gap_lsb", check.gap_lsb}};
}

// A folded model and the plan that training would start from.
struct Start {
  Model model;
  Plan plan;
};

// The plan as it is, and with its weights repaired: whichever the engine scores
// better on validation windows.
Start ChooseStart(const FinetuneCommand& command, const Opened& opened) {
  const CalibrationSet calibration = CalibrateOnTrainSplit(opened.dataset);
  const Model& folded = opened.source.folded;
  std::vector<Start> starts;
  if (command.plan) {
    const Plan plan = ReadPlanFor(folded.graph, *command.plan);
    Repaired repaired =
        Repair(folded, BuildQGraph(folded.graph), plan, *calibration.windows);
    starts = {{folded, plan},
              {std::move(repaired.model), std::move(repaired.plan)}};
  } else {
    const CalibrationStats stats =
        MeasureActivations(opened.source, calibration,
                           command.request.calib_batches, command.request.seed);
    QuantizeRequest request = command.request;
    for (const std::string& recipe : {std::string("mse"), request.recipe}) {
      if (!starts.empty() && recipe == "mse") break;
      request.recipe = recipe;
      Repaired made = MakeByRecipe(opened.source, calibration, stats, request);
      starts.push_back({std::move(made.model), std::move(made.plan)});
    }
  }
  std::size_t best = 0;
  double least = 0;
  for (std::size_t i = 0; i < starts.size(); ++i) {
    const auto network =
        MakeQuantizedNetwork(starts[i].model, starts[i].plan, opened.device);
    const EngineCheck check =
        CheckOn(*network, opened.Validation(), opened.device);
    const Score score = MergeTallies(check.engine);
    const double error = ErrorOfScore(ToJson(score));
    fmt::print(stderr, "start {}: val {}\n", starts[i].plan.recipe,
               ScoreText(ToJson(score)));
    if (i == 0 || error < least) {
      best = i;
      least = error;
    }
  }
  return std::move(starts[best]);
}

// What a teacher's file may leave open is what the checkpoint's did; which of
// several weights or outputs is its own.
NetworkOptions OptionsOfTeacher(const FinetuneCommand& command) {
  NetworkOptions options;
  options.frames = command.network.frames;
  options.window = command.network.window;
  if (!IsOnnxNetwork(*command.teacher)) options.joints = command.network.joints;
  return options;
}

// Whose answers are learned from, where any are.
struct Teacher {
  Teacher(const FinetuneCommand& command, const Opened& opened) {
    if (!command.distill && !command.teacher) return;
    if (!command.teacher) {
      network.emplace(opened.source.folded, opened.device);
      return;
    }
    const SourceModel other =
        LoadSourceModel(*command.teacher, OptionsOfTeacher(command));
    const ModelShapes shapes = ShapesOf(opened.source.folded.graph);
    const ModelShapes own = ShapesOf(other.folded.graph);
    if (own.input != shapes.input || own.output != shapes.output) {
      FailInput(command.teacher->string(),
                "a teacher of another input or output than the checkpoint's");
    }
    sha256 = other.sha256;
    network.emplace(other.folded, opened.device);
  }
  FloatNetwork* get() { return network ? &*network : nullptr; }

  std::optional<FloatNetwork> network;
  std::string sha256;  // of another file than the checkpoint
};

json RequestJson(const FinetuneCommand& command) {
  if (command.plan) {
    return {{"plan", ToJson(ReadPlan(*command.plan)).dump()}};
  }
  return {{"recipe", command.request.recipe},
          {"calib_batches", command.request.calib_batches},
          {"calib_seed", command.request.seed},
          {"weight_bits", command.request.weight_bits}};
}

// Of a state, before anything of it is used; the loop compares its own options.
void RequireSameStart(const JsonPlace& counters,
                      const std::filesystem::path& path, const json& identity) {
  const JsonPlace place = counters.At("identity");
  json begun = place.value();
  if (begun.is_object()) begun.erase("options");
  RequireSameRun(path, JsonPlace(begun, path.string(), "/counters/identity"),
                 identity);
}

// A resumed run starts from the plan it was begun with; its values are in the
// state.
Start RestoreStart(const FinetuneCommand& command, const Opened& opened,
                   const json& identity) {
  const TrainingState state = LoadTrainingState(StateOf(command.out));
  const JsonPlace counters = state.Counters();
  RequireSameStart(counters, state.path, identity);
  const Model& folded = opened.source.folded;
  Plan plan = PlanFromJson(counters.At("start").At("plan").value(),
                           state.path.string());
  CheckPlan(plan, folded.graph, BuildQGraph(folded.graph), state.path.string());
  return {folded, std::move(plan)};
}

void TrainToTheEnd(Finetuner& finetuner, const FinetuneCommand& command) {
  try {
    finetuner.Run();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kInterrupted) throw;
    throw Error(ErrorKind::kInterrupted,
                finetuner.curve().empty()
                    ? "interrupted before the first epoch"
                    : fmt::format("interrupted; {} finished epochs are in {}: "
                                  "the same command with --resume goes on",
                                  finetuner.curve().size() - 1,
                                  StateOf(command.out).string()));
  }
}

// What training was, in words that do not change from run to run.
std::string TrainingText(const FinetuneCommand& command,
                         const FinetuneOptions& o, const json& best,
                         const std::string& teacher_sha256) {
  return fmt::format(
      "; qat epoch {} of {}, {} windows each, lr {}, batch {}, "
      "seed {}{}{}",
      best.at("epoch").get<int>(), o.epochs,
      o.windows_per_epoch > 0 ? fmt::format("{}", o.windows_per_epoch) : "all",
      o.learning_rate, o.batch, o.seed,
      o.average > 0 ? fmt::format(", average {}", o.average) : "",
      command.teacher   ? ", distilled from " + teacher_sha256
      : command.distill ? ", distilled"
                        : "");
}

// The simulation on the test split, full and clean; the engine's own score is
// the artifact's, which whoever reads it measures.
json TestScores(QuantizedNetwork& network, const Opened& opened) {
  const SplitPoses test(opened.dataset, Split::kTest, Subset::kFull);
  const EngineCheck check =
      CheckOn(network, test.data(opened.source.folded.graph), opened.device);
  std::vector<PoseTally> clean;
  for (std::size_t n = 0; n < check.simulated.size(); ++n) {
    if (!opened.dataset.Corrupt(test.selection.windows[n])) {
      clean.push_back(check.simulated[n]);
    }
  }
  return {{"split", "test"},
          {"full", ToJson(MergeTallies(check.simulated))},
          {"clean", ToJson(MergeTallies(clean))},
          {"gap_lsb", check.gap_lsb}};
}

FinetuneOptions OptionsOf(const FinetuneCommand& command, const Opened& opened,
                          const char* verb) {
  FinetuneOptions options = command.options;
  options.state = StateOf(command.out);
  options.identity = ProgramIdentity();
  options.identity.update(DataIdentity(opened.dataset, command.dataset));
  options.identity.update(
      {{"verb", verb},
       {"checkpoint", opened.source.sha256},
       {"weights", WeightsHash(opened.source.folded)},
       {"validation_windows", opened.validation.windows.size()}});
  return options;
}

// A checkpoint as a checkpoint, an imported network as a network again.
void WriteFloat(const FinetuneCommand& command, const Opened& opened,
                const Model& folded) {
  if (IsOnnxNetwork(command.checkpoint)) {
    WriteFile(command.out, OnnxFloatModel(folded, opened.source.sha256),
              IfExists::kReplace);
    return;
  }
  const Graph original = LoadNetwork(command.checkpoint, command.network).graph;
  const Model model = UnfoldBatchNorms(original, folded);
  std::vector<StateDictEntry> entries;
  for (const ParameterSpec& spec : original.parameters) {
    if (spec.integer) {
      entries.push_back({spec.name, int64_t{0}});
    } else {
      entries.push_back({spec.name, model.Parameter(spec.name)});
    }
  }
  WriteStateDict(command.out, entries, IfExists::kReplace);
}

void WriteLog(const FinetuneCommand& command, const Finetuner& finetuner,
              json log) {
  if (!command.log) return;
  log["curve"] = finetuner.curve();
  log["best"] = finetuner.best();
  log["kept_start"] = finetuner.kept_start();
  WriteFile(*command.log, log.dump(2) + "\n", IfExists::kReplace);
}

void NoteKeptStart(const Finetuner& finetuner) {
  if (!finetuner.kept_start()) return;
  SayNote("no epoch was better on validation than the start, which is kept");
}

void PrintStart(const char* what, const Opened& opened,
                const FinetuneOptions& options) {
  const int64_t all = opened.train.windows.size();
  const int64_t some = options.windows_per_epoch;
  fmt::print(stderr,
             "{}: {} of {} train windows an epoch, {} to validate, {} "
             "thread{}\n",
             what, some > 0 ? std::min(some, all) : all, all,
             opened.validation.windows.size(), ThreadCount(),
             ThreadCount() == 1 ? "" : "s");
}

}  // namespace

double PeakRate(const Plan* plan) {
  if (plan == nullptr) return 1e-4;
  int64_t few = 0, all = 0;  // channels with a scale stand for weights
  for (const auto& [name, weight] : plan->weights) {
    all += std::ssize(weight.scales);
    if (weight.bits <= 4) few += std::ssize(weight.scales);
  }
  return 2 * few > all ? 2e-4 : 1e-4;
}

void RunQat(const FinetuneCommand& command) {
  CheckCommand(command);
  UseThreads(command.threads);
  const Opened opened(command);
  FinetuneOptions options = OptionsOf(command, opened, "qat");
  options.identity["request"] = RequestJson(command);
  options.simulated = true;
  Teacher teacher(command, opened);
  options.identity["teacher"] = teacher.sha256;
  const Start start = command.resume
                          ? RestoreStart(command, opened, options.identity)
                          : ChooseStart(command, opened);
  options.learning_rate = command.learning_rate.value_or(PeakRate(&start.plan));
  const auto made_network =
      MakeQuantizedNetwork(start.model, start.plan, opened.device);
  QuantizedNetwork& network = *made_network;
  options.start = {{"plan", ToJson(start.plan)}};
  const PoseData train = opened.Train();
  Finetuner finetuner(
      network, opened.device, options, train,
      [&] { return Validate(network, opened); }, teacher.get());
  if (command.resume) finetuner.Resume();
  PrintStart("quantization-aware training", opened, options);
  TrainToTheEnd(finetuner, command);
  NoteKeptStart(finetuner);

  Plan plan = network.parameters().CurrentPlan();
  plan.recipe +=
      TrainingText(command, options, finetuner.best(), teacher.sha256);
  core::Provenance provenance;
  const CalibrationSet calibration = CalibrateOnTrainSplit(opened.dataset);
  provenance.data = "calibrated and trained on " + calibration.description;
  provenance.data_files = calibration.files;
  json recipe = RequestJson(command);
  recipe.erase("plan");
  recipe["method"] = "qat";
  const QuantizedModel made =
      MakeArtifact(opened.source, network.parameters().CurrentModel(),
                   std::move(plan), std::move(provenance), std::move(recipe));
  WriteArtifactFile(command.out, made.artifact, IfExists::kReplace);
  if (command.plan_out) {
    WritePlan(*command.plan_out, made.plan, IfExists::kReplace);
  }
  json log = {{"start", start.plan.recipe},
              {"conversion_gap_lsb", finetuner.best().at("gap_lsb")}};
  if (command.score_test) log["simulated"] = TestScores(network, opened);
  WriteLog(command, finetuner, std::move(log));
  const json& val = finetuner.best().at("val");
  fmt::print("wrote {}: epoch {}, val {}, {}\n", command.out.string(),
             finetuner.best()["epoch"].get<int>(), ScoreText(val),
             made.plan.recipe);
}

void RunFinetune(const FinetuneCommand& command) {
  CheckCommand(command);
  UseThreads(command.threads);
  const Opened opened(command);
  // What an .onnx file can't say is found out before the work.
  if (IsOnnxNetwork(command.checkpoint)) {
    OnnxFloatModel(opened.source.folded, opened.source.sha256);
  }
  FloatNetwork network(opened.source.folded, opened.device);
  Teacher teacher(command, opened);
  FinetuneOptions options = OptionsOf(command, opened, "finetune");
  options.identity["teacher"] = teacher.sha256;
  options.learning_rate = command.learning_rate.value_or(PeakRate(nullptr));
  const PoseData train = opened.Train();
  const PoseData validation = opened.Validation();
  const auto validate = [&]() -> json {
    return {{"val", ToJson(MergeTallies(
                        TallyFloat(network, validation, opened.device)))}};
  };
  Finetuner finetuner(network, opened.device, options, train, validate,
                      teacher.get());
  if (command.resume) finetuner.Resume();
  PrintStart("fine-tuning in float", opened, options);
  TrainToTheEnd(finetuner, command);
  NoteKeptStart(finetuner);
  WriteFloat(command, opened, network.CurrentModel());
  WriteLog(command, finetuner, json::object());
  const json& val = finetuner.best().at("val");
  fmt::print("wrote {}: epoch {}, val {}\n", command.out.string(),
             finetuner.best()["epoch"].get<int>(), ScoreText(val));
}

}  // namespace edge_int8::train
