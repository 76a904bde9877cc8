// The JSON of `explain`; docs/explain.md describes every key. Tested by
// explain_model_test.cc.
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "src/run/explain_model.h"

namespace edge_int8 {
namespace {

using nlohmann::json;

std::string Key(int percent) { return "pck@" + std::to_string(percent); }

json Finite(double x) { return std::isfinite(x) ? json(x) : json(nullptr); }

json CaseJson(const ExplainedCase& c) {
  json j = ToJson(c.score);
  j["snr_db"] = Finite(c.snr_db);
  return j;
}

// Points of PCK that `to` has less than `from`.
json LossJson(const Score& from, const Score& to) {
  if (from.classes) return {{"top1", 100 * (from.Top1() - to.Top1())}};
  json j = json::object();
  for (const int k : kExplainedPercents)
    j[Key(k)] = 100 * (from.Pck(k) - to.Pck(k));
  return j;
}

json JointJson(const JointScore& s) {
  json j = json::object();
  for (const int k : kExplainedPercents) j[Key(k)] = s.Pck(k);
  j["mpjpe"] = s.samples > 0
                   ? json(s.error_sum / static_cast<double>(s.samples))
                   : json(nullptr);
  return j;
}

json JointsJson(const Explanation& e) {
  json joints = json::array();
  for (std::size_t i = 0; i < e.joints_fp32.size(); ++i) {
    const JointScore& fp32 = e.joints_fp32[i];
    json loss = json::object();
    for (const int k : kExplainedPercents) {
      loss[Key(k)] = {{"both", 100 * (fp32.Pck(k) - e.joints_int8[i].Pck(k))}};
      for (std::size_t axis = 0; axis < e.joints_by_axis.size(); ++axis) {
        loss[Key(k)][kAxisNames[axis]] =
            100 * (fp32.Pck(k) - e.joints_by_axis[axis][i].Pck(k));
      }
    }
    json joint = {{"index", i},
                  {"fp32", JointJson(fp32)},
                  {"int8", JointJson(e.joints_int8[i])},
                  {"loss_pp", loss}};
    for (std::size_t axis = 0; axis < e.joints_by_axis.size(); ++axis) {
      joint[kAxisNames[axis]] = JointJson(e.joints_by_axis[axis][i]);
    }
    joints.push_back(std::move(joint));
  }
  return joints;
}

// Shares of the tensor's exact values, to six decimals.
json RangeJson(const RangeCounts& range) {
  int64_t all = range.below + range.above;
  for (const int64_t count : range.bins) all += count;
  const auto share = [all](int64_t count) {
    const double value = static_cast<double>(count) /
                         static_cast<double>(std::max<int64_t>(all, 1));
    return std::round(value * 1e6) / 1e6;
  };
  json bins = json::array();
  for (const int64_t count : range.bins) bins.push_back(share(count));
  return {{"below", share(range.below)},
          {"above", share(range.above)},
          {"bins", bins}};
}

json TensorsJson(const Explanation& e, const Score& fp32) {
  json tensors = json::array();
  for (const ExplainedTensor& t : e.tensors) {
    json only = CaseJson(t.only);
    only["loss_pp"] = LossJson(fp32, t.only.score);
    json all_but = CaseJson(t.all_but);
    all_but["gain_pp"] = LossJson(t.all_but.score, e.everything.score);
    tensors.push_back(
        {{"name", t.tensor.name},
         {"kind", t.tensor.is_weight ? "weight" : "activation"},
         {"bits", t.tensor.bits},
         {t.tensor.is_weight ? "params" : "values", t.tensor.values},
         {"macs_share", t.tensor.macs_share},
         {"own_snr_db", Finite(t.own_snr_db)},
         {"range", RangeJson(t.range)},
         {"only", only},
         {"all_but", all_but}});
  }
  return tensors;
}

json LadderJson(const Explanation& e) {
  json ladder = json::array();
  const LadderStep* before = nullptr;
  for (const LadderStep& step : e.ladder) {
    json j = {{"step", step.name}, {"score", CaseJson(step.result)}};
    const Score& from = (before == nullptr ? step : *before).result.score;
    j["loss_pp"] = LossJson(from, step.result.score);
    ladder.push_back(j);
    before = &step;
  }
  return ladder;
}

}  // namespace

json ToJson(const Explanation& e) {
  const Score& fp32 = e.ladder.at(1).result.score;
  json weights = CaseJson(e.weights_only);
  weights["loss_pp"] = LossJson(fp32, e.weights_only.score);
  json activations = CaseJson(e.activations_only);
  activations["loss_pp"] = LossJson(fp32, e.activations_only.score);
  json everything = CaseJson(e.everything);
  everything["loss_pp"] = LossJson(fp32, e.everything.score);
  json result = {{"split_id", e.split_id},
                 {"split", SplitName(e.options.split)},
                 {"subset", SubsetName(e.options.subset)},
                 {"kind", e.synthetic ? "synthetic" : "real"},
                 {"windows", e.windows},
                 {"files", e.files},
                 {"checkpoint",
                  {{"path", e.options.checkpoint.string()},
                   {"sha256", e.checkpoint_sha256},
                   {"variant", e.variant}}},
                 {"recipe", e.recipe},
                 {"baseline_mean_pose", ToJson(e.baseline_mean_pose)},
                 {"fp32", CaseJson(e.ladder.at(0).result)},
                 {"int8", CaseJson(e.ladder.back().result)},
                 {"ladder", LadderJson(e)},
                 {"weights_only", weights},
                 {"activations_only", activations},
                 {"everything", everything},
                 {"tensors", TensorsJson(e, fp32)},
                 {"joints", JointsJson(e)}};
  WriteMetric(e.metric, result);
  return result;
}

}  // namespace edge_int8
