#include "src/run/search_checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>

#include "src/base/parallel.h"
#include "src/base/sha256.h"
#include "src/formats/npy.h"
#include "src/pose/synth_dataset.h"
#include "src/pose/upstream_shape.h"
#include "src/qgraph/artifact_file.h"
#include "src/report/text_table.h"
#include "tests/pose/small_folder.h"
#include "tests/run/small_model_files.h"
#include "tests/testing/build_kind.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

using nlohmann::json;
using testing::HasSubstr;

constexpr int64_t kLimit = 140000;  // bytes: about half way

class SearchTest : public testing::Test {
 protected:
  // A checkpoint and a set that the tests of a run only read.
  static void SetUpTestSuite() {
    shared_ = std::make_unique<TempFolder>();
    WriteRandomCheckpoint(Shared("tiny.pth"), "tiny", 3);
    WriteSyntheticDataset(Shared("data"), {.files = 20, .windows = 4},
                          IfExists::kFail);
  }
  static void TearDownTestSuite() {
    plain_.reset();
    shared_.reset();
  }
  static std::filesystem::path Shared(const std::string& name) {
    return *shared_ / name;
  }
  // What the other searches are compared with, made once.
  const SearchResults& Plain() const {
    if (!plain_) {
      SearchRequest request = Request("plain");
      request.out = Shared("plain.ei8");
      request.front = Shared("plain.json");
      request.svg = Shared("plain.svg");
      request.plan_out = Shared("plan.json");
      plain_ = Run(request);
    }
    return *plain_;
  }

  SearchRequest Request(const std::string& name) const {
    SearchRequest request;
    request.checkpoint = Shared("tiny.pth");
    request.data = Shared("data");
    request.limits.max_bytes = kLimit;
    request.bits.activations = {8};
    request.effort = {
        .path_points = 4, .refinements = 3, .finalists = 1, .front_points = 1};
    request.calib_batches = 1;
    request.out = folder_ / (name + ".ei8");
    request.command = "edge-int8 search --typed";
    return request;
  }
  static SearchResults Run(const SearchRequest& request) {
    testing::internal::CaptureStderr();
    std::optional<SearchResults> results;
    try {
      results = SearchCheckpoint(request);
    } catch (...) {
      testing::internal::GetCapturedStderr();
      throw;
    }
    testing::internal::GetCapturedStderr();
    return std::move(*results);
  }
  static const ScoredPlan& Chosen(const SearchResults& results) {
    return results.outcome.plans.at(
        static_cast<std::size_t>(results.outcome.chosen));
  }
  // Same plans measured, with the same scores, and the same choice.
  static void ExpectSameSearch(const SearchResults& a, const SearchResults& b) {
    ASSERT_EQ(a.outcome.plans.size(), b.outcome.plans.size());
    for (std::size_t p = 0; p < a.outcome.plans.size(); ++p) {
      EXPECT_EQ(a.outcome.plans[p].bits, b.outcome.plans[p].bits);
      EXPECT_EQ(a.outcome.plans[p].score.bytes, b.outcome.plans[p].score.bytes);
      EXPECT_EQ(a.outcome.plans[p].score.files, b.outcome.plans[p].score.files);
    }
    EXPECT_EQ(a.outcome.chosen, b.outcome.chosen);
    EXPECT_EQ(a.front, b.front);
  }

  const TempFolder folder_;

 private:
  static inline std::unique_ptr<TempFolder> shared_;
  static inline std::optional<SearchResults> plain_;
};

void ExpectTheFileThatWasScored(const std::filesystem::path& file,
                                const ScoredPlan& chosen) {
  const auto size = std::filesystem::file_size(file);
  EXPECT_LE(size, static_cast<std::uintmax_t>(kLimit));
  EXPECT_EQ(static_cast<int64_t>(size), chosen.score.bytes);
  const core::Artifact artifact = ReadArtifactFile(file);
  EXPECT_EQ(artifact.golden.size(), 4u);
  const json recipe = json::parse(artifact.provenance.recipe);
  EXPECT_EQ(recipe["recipe"], "search");
  EXPECT_EQ(recipe["method"], "ptq");
  EXPECT_FALSE(std::filesystem::exists(SearchJournalPath(file)));
}

void ExpectEveryPlan(const json& j, std::size_t plans) {
  EXPECT_EQ(j["command"], "edge-int8 search --typed");
  EXPECT_EQ(j["metric"], "torso-pck/1");
  EXPECT_EQ(j["decided_by"], "pck@20");
  EXPECT_EQ(j["split"], "val");
  EXPECT_EQ(j["subset"], "clean");
  EXPECT_EQ(j["kind"], "synthetic");
  EXPECT_EQ(j["limits"]["max_bytes"], kLimit);
  EXPECT_TRUE(j["limits"]["min_pck"].is_null());
  EXPECT_EQ(j["points"].size(), plans);
  EXPECT_EQ(j["fp32"]["samples"], j["windows"]);
  EXPECT_EQ(j["baseline_mean_pose"]["samples"], j["windows"]);
  EXPECT_FALSE(j["sensitivity"].empty());
  int chosen = 0;
  for (const json& point : j["points"]) {
    EXPECT_EQ(point["weight_bits"].size(), j["tensors"]["weights"].size());
    EXPECT_EQ(point["val"]["samples"], j["windows"]);
    EXPECT_DOUBLE_EQ(point["delta"]["pck@20"],
                     point["val"]["pck@20"].get<double>() -
                         j["fp32"]["pck@20"].get<double>());
    EXPECT_EQ(point["within_limits"], point["bytes"] <= kLimit);
    chosen += point["chosen"].get<bool>() ? 1 : 0;
  }
  EXPECT_EQ(chosen, 1);
}

void ExpectTheChosenOne(const json& j, const std::string& sha256) {
  const json& c = j["chosen"];
  const json& point = j["points"][c["point"].get<std::size_t>()];
  EXPECT_TRUE(point["chosen"]);
  EXPECT_EQ(point["bytes"], c["bytes"]);
  EXPECT_EQ(c["sha256"], sha256);
  EXPECT_EQ(c["test"]["division"], "closed");
  EXPECT_EQ(c["test"]["split"], "test");
  for (const char* key : {"score", "fp32", "baseline_mean_pose"}) {
    EXPECT_EQ(c["test"][key]["samples"], 12) << key;
  }
}

TEST_F(SearchTest, WritesTheArtifactItsPlanTheFrontAndWhatTheTestSplitSays) {
  const SearchResults& plain = Plain();
  ExpectTheFileThatWasScored(Shared("plain.ei8"), Chosen(plain));
  const json j = json::parse(ReadText(Shared("plain.json")));
  ExpectEveryPlan(j, plain.outcome.plans.size());
  ExpectTheChosenOne(j, Sha256File(Shared("plain.ei8")));
  EXPECT_THAT(ReadText(Shared("plain.svg")), HasSubstr("synthetic"));
  const Plan plan = ReadPlan(Shared("plan.json"));
  for (std::size_t u = 0; u < plain.units.size(); ++u) {
    EXPECT_EQ(plan.weights.at(plain.units[u].name).bits, Chosen(plain).bits[u]);
  }
  const std::string text = SearchTables(plain, true);
  for (const char* part : {"torso-pck/1", "val (seed42), clean", "mean pose",
                           "synthetic", "closed", "test", "ratio to fp32"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
  std::istringstream narrow(SearchTables(plain));
  for (std::string line; std::getline(narrow, line);) {
    // The note under the test row is a sentence.
    if (line.find("ratio to fp32") == std::string::npos) {
      EXPECT_LE(DisplayWidth(line), 80u) << line;
    }
  }
}

// The first part on all threads, the second on three.
TEST_F(SearchTest, GoesOnWhereItWasInterruptedWhateverTheThreads) {
  const SearchResults& plain = Plain();
  SearchRequest request = Request("resumed");
  int left = 20;
  int measured = 0;
  request.after_plan = [&] {
    ++measured;
    if (--left == 0) throw Error(ErrorKind::kInterrupted, "");
  };
  const Error error = ErrorOf([&] { Run(request); });
  EXPECT_EQ(error.kind(), ErrorKind::kInterrupted);
  EXPECT_THAT(error.what(), HasSubstr("20 plans"));
  EXPECT_FALSE(std::filesystem::exists(request.out));
  // Not by accident: it is neither forgotten nor mixed with another search.
  EXPECT_EQ(ErrorOf([&] { Run(request); }).kind(), ErrorKind::kUsage);
  request.resume = true;
  SearchRequest other = request;
  other.seed = 7;
  EXPECT_EQ(ErrorOf([&] { Run(other); }).kind(), ErrorKind::kUsage);
  SetThreads(3);
  ExpectSameSearch(plain, Run(request));
  SetThreads(0);
  EXPECT_EQ(static_cast<std::size_t>(measured), plain.outcome.plans.size());
  EXPECT_EQ(ReadText(Shared("plain.ei8")), ReadText(request.out));
}

// Overwrites every window and target of the test split.
void PoisonTestSplit(const std::filesystem::path& folder) {
  const Dataset dataset = Dataset::Open(folder);
  const std::vector<int64_t> windows =
      dataset.Select(Split::kTest, Subset::kFull).windows;
  std::fstream file(folder / "csi_windows.npy",
                    std::ios::binary | std::ios::in | std::ios::out);
  constexpr auto kBytes = static_cast<int64_t>(kWindowValues * sizeof(float));
  const int64_t header = static_cast<int64_t>(std::filesystem::file_size(
                             folder / "csi_windows.npy")) -
                         dataset.windows() * kBytes;
  const std::vector<float> poison(kWindowValues, 0.77f);
  for (const int64_t window : windows) {
    file.seekp(header + window * kBytes);
    file.write(reinterpret_cast<const char*>(poison.data()), kBytes);
  }
  file.close();
  // Window n of this set shows pose frame n.
  const std::filesystem::path poses = folder / "all_keypoints.npy";
  Tensor frames = ReadNpyTensor(poses);
  ASSERT_EQ(frames.shape[0], dataset.windows());
  for (const int64_t window : windows) {
    for (int64_t v = 0; v < kPoseValues; ++v) {
      float& value =
          frames.data[static_cast<std::size_t>(window * kPoseValues + v)];
      value = 1 - value;
    }
  }
  WriteFile(poses, NpyBytes(frames.shape, frames.data), IfExists::kReplace);
}

TEST_F(SearchTest, TheTestSplitHasNoSayInTheChoice) {
  if (kSanitized) GTEST_SKIP() << "the code of the tests above, and slow";
  const SearchResults& plain = Plain();
  std::filesystem::copy(Shared("data"), folder_ / "poisoned");
  PoisonTestSplit(folder_ / "poisoned");
  SearchRequest request = Request("poisoned");
  request.data = folder_ / "poisoned";
  const SearchResults poisoned = Run(request);
  ExpectSameSearch(plain, poisoned);
  core::Artifact clean, other;
  clean.graph = ReadArtifactFile(Shared("plain.ei8")).graph;
  other.graph = ReadArtifactFile(request.out).graph;
  EXPECT_EQ(core::SaveArtifact(clean), core::SaveArtifact(other));
  // The row that reports did see it.
  EXPECT_NE(ToJson(plain.test->fp32), ToJson(poisoned.test->fp32));
  EXPECT_NE(ToJson(plain.test->mean_pose), ToJson(poisoned.test->mean_pose));
}

TEST_F(SearchTest, AnImpossibleSizeIsAGateAtOnce) {
  SearchRequest request = Request("small");
  request.limits.max_bytes = 20000;
  request.after_plan = [] { FAIL() << "nothing needs measuring"; };
  const Error error = ErrorOf([&] { Run(request); });
  EXPECT_EQ(error.kind(), ErrorKind::kGate);
  EXPECT_THAT(error.what(), HasSubstr("the smallest one has"));
  EXPECT_FALSE(std::filesystem::exists(request.out));
  EXPECT_FALSE(std::filesystem::exists(SearchJournalPath(request.out)));
  request.limits = {};
  request.limits.max_macs_cost = 0.3;
  EXPECT_EQ(ErrorOf([&] { Run(request); }).kind(), ErrorKind::kGate);
}

TEST_F(SearchTest, AnUnreachablePckStillShowsTheFront) {
  SearchRequest request = Request("perfect");
  request.bits.weights = {8};  // one plan, so that it takes no time
  request.limits = {};
  request.limits.min_pck = 0.9999;
  request.front = folder_ / "perfect.json";
  const SearchResults results = Run(request);
  EXPECT_EQ(results.outcome.chosen, -1);
  EXPECT_FALSE(results.test);
  EXPECT_FALSE(std::filesystem::exists(request.out));
  const json j = json::parse(ReadText(request.front));
  EXPECT_TRUE(j["chosen"].is_null());
  EXPECT_FALSE(j["points"].empty());
}

// The limits are not part of a search's identity, so the same journal may be
// of use under another one.
TEST_F(SearchTest, AnImpossibleLimitDoesNotCostWhatWasMeasured) {
  SearchRequest request = Request("kept");
  request.after_plan = [] { throw Error(ErrorKind::kInterrupted, ""); };
  EXPECT_EQ(ErrorOf([&] { Run(request); }).kind(), ErrorKind::kInterrupted);
  request.resume = true;
  request.limits.max_bytes = 20000;
  EXPECT_EQ(ErrorOf([&] { Run(request); }).kind(), ErrorKind::kGate);
  EXPECT_TRUE(std::filesystem::exists(SearchJournalPath(request.out)));
}

// Another mask leaves other windows to decide by; and a journal that says what
// these windows can't have given is somebody's edit.
TEST_F(SearchTest, DoesNotGoOnWithAnotherMaskOrFromAnotherSetsScores) {
  SearchRequest request = Request("masked");
  request.after_plan = [] { throw Error(ErrorKind::kInterrupted, ""); };
  EXPECT_EQ(ErrorOf([&] { Run(request); }).kind(), ErrorKind::kInterrupted);
  request.resume = true;
  std::vector<uint8_t> corrupt(20 * 4);
  corrupt[3] = 1;
  WriteMask(folder_ / "mask.npy", corrupt);
  SearchRequest other = request;
  other.dataset.corrupt_masks = {folder_ / "mask.npy"};
  const Error error = ErrorOf([&] { Run(other); });
  EXPECT_EQ(error.kind(), ErrorKind::kUsage);
  EXPECT_THAT(error.what(), HasSubstr("masks/0 was absent"));
  // With a right sum, as whoever reads the sources can make it.
  std::istringstream lines(ReadText(SearchJournalPath(request.out)));
  std::string head, line;
  std::getline(lines, head);
  std::getline(lines, line);
  json plan = json::parse(line);
  plan.erase("sum");
  plan["samples"] = plan["samples"].get<int>() + 1;
  const std::string text = plan.dump();
  plan["sum"] = Sha256(std::as_bytes(std::span(text))).substr(0, 16);
  std::ofstream(SearchJournalPath(request.out)) << head << "\n"
                                                << plan.dump() << "\n";
  const Error forged = ErrorOf([&] { Run(request); });
  EXPECT_EQ(forged.kind(), ErrorKind::kBadInput);
  EXPECT_THAT(forged.what(), HasSubstr("was not measured on these windows"));
}

// Of three files none validates.
TEST_F(SearchTest, ASetThatItCantUseLeavesNothingInTheWay) {
  WriteSyntheticDataset(folder_ / "small", {.files = 3, .windows = 2},
                        IfExists::kFail);
  SearchRequest request = Request("small");
  request.data = folder_ / "small";
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(ErrorOf([&] { Run(request); }).kind(), ErrorKind::kBadInput);
    EXPECT_FALSE(std::filesystem::exists(SearchJournalPath(request.out)));
  }
}

TEST_F(SearchTest, NeedsALimitAndOutputsOfTheirOwn) {
  SearchRequest request = Request("usage");
  request.limits = {};
  EXPECT_EQ(ErrorOf([&] { Run(request); }).kind(), ErrorKind::kUsage);
  request = Request("data");
  request.out = Shared("data") / "synthetic.json";  // exists
  EXPECT_EQ(ErrorOf([&] { Run(request); }).kind(), ErrorKind::kUsage);
  request = Request("usage");
  request.front = request.out;
  EXPECT_EQ(ErrorOf([&] { Run(request); }).kind(), ErrorKind::kUsage);
  request = Request("usage");
  request.svg = request.checkpoint;
  request.if_exists = IfExists::kReplace;
  EXPECT_EQ(ErrorOf([&] { Run(request); }).kind(), ErrorKind::kUsage);
}

}  // namespace
}  // namespace edge_int8
