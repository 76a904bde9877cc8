#include "src/study/explain/tensor_study.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "src/graph/batch_nodes.h"
#include "src/quantize/calibrate/calibration.h"
#include "src/quantize/calibrate/fake_quant.h"
#include "src/quantize/calibrate/ptq.h"
#include "tests/testing/small_models.h"

namespace edge_int8 {
namespace {

struct StudyCase {
  explicit StudyCase(Model m)
      : model(std::move(m)),
        map(BuildQGraph(model.graph)),
        plan(MakePtqPlan(model, map,
                         Calibrate(model, map, RandomWindows(4, 2)))),
        study(model, model, plan) {}

  std::vector<float> Window(int64_t index) const {
    std::vector<float> window(
        static_cast<std::size_t>(model.graph.extent(0).size()));
    RandomWindows(9, 2).Read(index, window);
    return window;
  }
  std::size_t OutputSize() const {
    return static_cast<std::size_t>(
        model.graph.extent(model.graph.output).size());
  }

  Model model;
  QGraph map;
  Plan plan;
  TensorStudy study;
};

// What is on its grid in a run; the names of studied tensors.
using IsRounded = std::function<bool(const std::string& name, bool is_weight)>;

// The whole network by the slow path.
std::vector<float> RunWhole(const StudyCase& p, std::vector<float> window,
                            const IsRounded& rounded) {
  Model model = p.model;
  const Model integer = OnWeightGrid(p.model, p.plan);
  for (const auto& [name, plan] : p.plan.weights) {
    if (rounded(name, true)) model.Parameter(name) = integer.Parameter(name);
  }
  QGraph map = p.map;
  std::erase_if(map.quantizers, [&](const Quantizer& quantizer) {
    return quantizer.role == QuantizerRole::kInput ||
           !rounded(quantizer.name, false);
  });
  if (rounded("input", false)) ThroughInputBytes(p.plan.input(), window);
  const FakeQuantizer quantizer(p.model.graph, map, p.plan);
  std::vector<float> output;
  RunBatch(model, window, 1, [&](TensorId id, std::span<float> values) {
    if (id != 0) quantizer.Apply(id, values);
    if (id == model.graph.output) output.assign(values.begin(), values.end());
  });
  return output;
}

struct Result {
  std::vector<float> outputs;
  std::vector<OwnError> own;
};

Result RunStudy(const StudyCase& p, const std::vector<float>& window) {
  Result r{std::vector<float>(p.study.cases() * p.OutputSize()),
           std::vector<OwnError>(p.study.tensors().size())};
  const auto scratch = p.study.MakeScratch();
  p.study.Run(window, *scratch, r.outputs, r.own);
  return r;
}

// Sums in another order can move a value over a rounding edge, and that moves
// the output by a part of a step: most outputs agree to float's precision.
class Agreement {
 public:
  void Compare(const std::vector<float>& whole, std::span<const float> study) {
    for (std::size_t n = 0; n < whole.size(); ++n) {
      const double off = std::abs(whole[n] - study[n]);
      exact_ += off < 1e-5;
      largest_ = std::max(largest_, off);
      ++all_;
    }
  }
  double exact_share() const { return 1.0 * exact_ / all_; }
  double largest() const { return largest_; }

 private:
  int exact_ = 0;
  int all_ = 0;
  double largest_ = 0;
};

void ExpectWholeRuns(const StudyCase& p, int64_t windows, double exact_share,
                     std::size_t stride) {
  Agreement agreement;
  for (int64_t w = 0; w < windows; ++w) {
    const std::vector<float> window = p.Window(w);
    const Result r = RunStudy(p, window);
    const auto compare = [&](std::size_t at, const IsRounded& rounded) {
      agreement.Compare(
          RunWhole(p, window, rounded),
          std::span(r.outputs).subspan(at * p.OutputSize(), p.OutputSize()));
    };
    compare(TensorStudy::kFloat, [](auto&, bool) { return false; });
    compare(TensorStudy::kWeights, [](auto&, bool weight) { return weight; });
    compare(TensorStudy::kActivations,
            [](auto&, bool weight) { return !weight; });
    compare(TensorStudy::kEverything, [](auto&, bool) { return true; });
    for (std::size_t t = 0; t < p.study.tensors().size(); t += stride) {
      const StudiedTensor& tensor = p.study.tensors()[t];
      const auto is_it = [&](const std::string& name, bool weight) {
        return name == tensor.name && weight == tensor.is_weight;
      };
      compare(p.study.Only(t), is_it);
      compare(p.study.AllBut(t), [&](const std::string& name, bool weight) {
        return !is_it(name, weight);
      });
    }
  }
  EXPECT_GE(agreement.exact_share(), exact_share);
  EXPECT_LT(agreement.largest(), 0.05);
}

TEST(TensorStudy, EveryCaseEqualsAWholeRun) {
  ExpectWholeRuns(StudyCase(SmallModel(1)), 5, 0.98, 1);
}

TEST(TensorStudy, EveryCaseEqualsAWholeRunOfAWholeNetwork) {
  ExpectWholeRuns(StudyCase(FoldedWiflow("tiny", 4)), 1, 0.5, 7);
}

TEST(TensorStudy, ListsEveryWeightAndQuantizerOnce) {
  const StudyCase p(FoldedWiflow("half", 4));
  std::vector<std::string> names;
  for (const StudiedTensor& t : p.study.tensors()) names.push_back(t.name);
  std::vector<std::string> wanted;
  for (const Quantizer& quantizer : p.map.quantizers)
    wanted.push_back(quantizer.name);
  for (const auto& [name, plan] : p.plan.weights) wanted.push_back(name);
  std::ranges::sort(names);
  std::ranges::sort(wanted);
  EXPECT_EQ(names, wanted);
}

TEST(TensorStudy, SharesOfWeightsAddUpToTheConvolutions) {
  const StudyCase p(FoldedWiflow("half", 4));
  double share = 0;
  for (const StudiedTensor& t : p.study.tensors()) {
    if (t.is_weight) share += t.macs_share;
    EXPECT_GE(t.macs_share, 0) << t.name;
    EXPECT_LE(t.macs_share, 1) << t.name;
  }
  int64_t attention = 0;
  for (const Node& node : p.model.graph.nodes) {
    if (!std::holds_alternative<Conv>(node.op)) {
      attention += CountMacs(p.model.graph, node).kept;
    }
  }
  const double total = static_cast<double>(CountMacs(p.model.graph).kept);
  EXPECT_NEAR(share, 1 - static_cast<double>(attention) / total, 1e-9);
}

TEST(TensorStudy, KnowsEachTensorsOwnError) {
  const StudyCase p(SmallModel(1));
  const Result r = RunStudy(p, p.Window(0));
  for (std::size_t t = 0; t < r.own.size(); ++t) {
    const StudiedTensor& tensor = p.study.tensors()[t];
    const OwnError error = tensor.is_weight ? tensor.weight_error : r.own[t];
    EXPECT_GT(error.signal, 0) << tensor.name;
    EXPECT_GT(error.noise, 0) << tensor.name;
    EXPECT_LT(error.noise, 0.01 * error.signal) << tensor.name;
    // Each value is counted once, and most are inside.
    const RangeCounts& range = error.range;
    const int64_t inside =
        std::accumulate(range.bins.begin(), range.bins.end(), int64_t{0});
    EXPECT_EQ(range.below + inside + range.above, tensor.values) << tensor.name;
    EXPECT_GT(inside, 9 * (range.below + range.above)) << tensor.name;
  }
}

TEST(RangeCounts, EndsOfTheRangeAreItsOutermostParts) {
  RangeCounts range;
  for (const double place : {-0.001, 0.0, 0.5, 0.999, 1.0, 7.0}) {
    range.Count(place);
  }
  EXPECT_EQ(range.below, 1);
  EXPECT_EQ(range.above, 2);
  EXPECT_EQ(range.bins.front(), 1);
  EXPECT_EQ(range.bins[RangeCounts::kBins / 2], 1);
  EXPECT_EQ(range.bins.back(), 1);
  RangeCounts twice = range;
  twice.Merge(range);
  EXPECT_EQ(twice.above, 4);
  EXPECT_EQ(twice.bins.back(), 2);
}

TEST(TensorStudy, ScratchMemoryKeepsNothing) {
  const StudyCase p(SmallModel(3));
  const Result fresh = RunStudy(p, p.Window(1));
  Result second{std::vector<float>(fresh.outputs.size()),
                std::vector<OwnError>(fresh.own.size())};
  const auto scratch = p.study.MakeScratch();
  p.study.Run(p.Window(0), *scratch, second.outputs, second.own);
  p.study.Run(p.Window(1), *scratch, second.outputs, second.own);
  EXPECT_EQ(second.outputs, fresh.outputs);
}

}  // namespace
}  // namespace edge_int8
