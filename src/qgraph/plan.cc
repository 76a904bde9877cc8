#include "src/qgraph/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "core/arith/softmax.h"
#include "src/base/json_place.h"

namespace edge_int8 {
namespace {

using nlohmann::json;

constexpr int kPlanVersion = 2;
constexpr std::size_t kMaxRecipe = 4096;

// Collects complaints, so that a user sees all of them at once.
class Complaints {
 public:
  void Add(std::string text) { list_.push_back(std::move(text)); }
  void ThrowIfAny(const std::string& where) const {
    if (list_.empty()) return;
    std::string all;
    for (const std::string& text : list_) all += "\n  " + text;
    FailInput(where, "the plan does not fit this model:" + all);
  }

 private:
  std::vector<std::string> list_;
};

// Products and ratios of scales within these stay far from 0 and infinity, in
// double and as an artifact's float32.
constexpr double kLeastScale = 1e-30;
constexpr double kLargestScale = 1e30;

bool OrdinaryAll(const std::vector<double>& scales) {
  for (const double s : scales) {
    if (!(s >= kLeastScale && s <= kLargestScale)) return false;
  }
  return true;
}

void CheckScales(const std::string& name, const std::vector<double>& scales,
                 std::size_t expected, Complaints& complaints) {
  if (scales.size() != expected) {
    complaints.Add(fmt::format("{}: {} scales, expected {}", name,
                               scales.size(), expected));
  } else if (!OrdinaryAll(scales)) {
    complaints.Add(fmt::format(
        "{}: a scale is not a positive number of ordinary size", name));
  }
}

bool BitsAllowed(const Quantizer& quantizer, int bits) {
  if (quantizer.rule != ScaleRule::kCalibrated) return bits == 16;
  switch (quantizer.role) {
    case QuantizerRole::kQuery:
    case QuantizerRole::kKey:
    case QuantizerRole::kValue:
    case QuantizerRole::kInput:
      return bits == 8;
    case QuantizerRole::kPreActivation:
      return bits == 8 || bits == 12 || bits == 16;
    case QuantizerRole::kStored:
      // What an exact sum reads has 16 bits.
      return (bits == 8 && !quantizer.symmetric) || bits == 16;
  }
  return false;
}

// Whether a given scale is one that its rule has.
bool ScaleAllowed(ScaleRule rule, double scale) {
  switch (rule) {
    case ScaleRule::kCalibrated:
      return true;
    case ScaleRule::kProbability:
      for (int k = 0; k <= core::kMaxExtraBits; ++k) {
        if (scale == ProbabilityScale(k)) return true;
      }
      return false;
    case ScaleRule::kUnit:
      return scale == kUnitScale;
  }
  return false;
}

void CheckZeroPoint(const std::string& name, int zero_point, int top,
                    Complaints& complaints) {
  if (zero_point < 0 || zero_point > top) {
    complaints.Add(fmt::format("{}: zero point {} is not in [0, {}]", name,
                               zero_point, top));
  }
}

void CheckQuantizer(const Quantizer& quantizer, const QuantizerPlan& plan,
                    Complaints& complaints) {
  const std::string& name = quantizer.name;
  CheckScales(name, plan.scales, static_cast<std::size_t>(quantizer.scales),
              complaints);
  if (!BitsAllowed(quantizer, plan.bits)) {
    complaints.Add(
        fmt::format("{}: {} bits are not possible here", name, plan.bits));
    return;
  }
  for (const double scale : plan.scales) {
    if (!ScaleAllowed(quantizer.rule, scale)) {
      complaints.Add(
          fmt::format("{}: a scale of {} is not possible here", name, scale));
    }
  }
  const bool symmetric = plan.bits == 16 || quantizer.symmetric;
  CheckZeroPoint(name, plan.zero_point, symmetric ? 0 : (1 << plan.bits) - 1,
                 complaints);
  const int most = quantizer.is_sum ? SumFractionBits(plan.bits) : 0;
  if (plan.fraction_bits < 0 || plan.fraction_bits > most) {
    complaints.Add(fmt::format("{}: {} fraction bits are not in [0, {}]", name,
                               plan.fraction_bits, most));
  }
}

// Every key of `have` must be in `want` and the other way round.
template <class Map>
void CheckNames(const std::string& kind, const Map& have,
                const std::set<std::string>& want, Complaints& complaints) {
  for (const std::string& name : want) {
    if (!have.contains(name)) {
      complaints.Add(fmt::format("{} {}: missing", kind, name));
    }
  }
  for (const auto& [name, entry] : have) {
    if (!want.contains(name)) {
      complaints.Add(fmt::format("{} {}: the model has none", kind, name));
    }
  }
}

void CheckWeights(const Plan& plan, const Graph& folded,
                  Complaints& complaints) {
  std::set<std::string> names;
  for (const QuantizedWeight& weight : QuantizedWeights(folded)) {
    names.insert(weight.name);
    const auto found = plan.weights.find(weight.name);
    if (found == plan.weights.end()) continue;
    CheckScales(weight.name, found->second.scales,
                static_cast<std::size_t>(weight.channels), complaints);
    const int bits = found->second.bits;
    if (bits != 8 && (bits < 2 || bits > 4)) {
      complaints.Add(
          fmt::format("{}: {} bits are not 8, 4, 3 or 2", weight.name, bits));
    }
  }
  CheckNames("weight", plan.weights, names, complaints);
}

// CheckPlan() says which are possible where.
int WholeNumber(const JsonPlace& place) {
  const int64_t value = place.Integer();
  if (value < 0 || value > 65535) {
    place.Fail("expected an integer in [0, 65535]");
  }
  return static_cast<int>(value);
}

std::vector<double> Scales(const JsonPlace& place) {
  std::vector<double> scales;
  for (const JsonPlace& scale : place.Items()) scales.push_back(scale.Number());
  return scales;
}

}  // namespace

double ProbabilityScale(int extra_bits) {
  return std::ldexp(1.0 / core::kProbabilityOne, -extra_bits);
}

int SumFractionBits(const QuantizerPlan& sum) {
  return sum.fraction_bits > 0 ? sum.fraction_bits : SumFractionBits(sum.bits);
}

QuantizerPlan InputPlan(const Plan& plan) {
  return {8, {1 / plan.input_factor}, plan.input_zero_point};
}

int32_t WeightLimit(int bits) { return (1 << (bits - 1)) - 1; }

void CheckPlan(const Plan& plan, const Graph& folded, const QGraph& qgraph,
               const std::string& where) {
  Complaints complaints;
  if (!OrdinaryAll({plan.input_factor})) {
    complaints.Add("input_factor is not a positive number of ordinary size");
  }
  CheckZeroPoint("input", plan.input_zero_point, 255, complaints);
  CheckWeights(plan, folded, complaints);
  std::set<std::string> names;
  for (const Quantizer& quantizer : qgraph.quantizers) {
    if (quantizer.role == QuantizerRole::kInput) continue;
    names.insert(quantizer.name);
    const auto found = plan.quantizers.find(quantizer.name);
    if (found != plan.quantizers.end())
      CheckQuantizer(quantizer, found->second, complaints);
  }
  CheckNames("quantizer", plan.quantizers, names, complaints);
  complaints.ThrowIfAny(where);
}

json ToJson(const Plan& plan) {
  json weights = json::object();
  for (const auto& [name, w] : plan.weights) {
    weights[name] = {{"bits", w.bits}, {"scales", w.scales}};
  }
  json quantizers = json::object();
  for (const auto& [name, q] : plan.quantizers) {
    quantizers[name] = {
        {"bits", q.bits}, {"scales", q.scales}, {"zero_point", q.zero_point}};
    if (q.fraction_bits != 0) {
      quantizers[name]["fraction_bits"] = q.fraction_bits;
    }
  }
  return {{"version", kPlanVersion},
          {"recipe", plan.recipe},
          {"input_factor", plan.input_factor},
          {"input_zero_point", plan.input_zero_point},
          {"weights", weights},
          {"quantizers", quantizers}};
}

Plan PlanFromJson(const json& j, const std::string& where) {
  const JsonPlace top(j, where);
  const JsonPlace version = top.At("version");
  const int64_t number = version.Integer();
  if (number < 1 || number > kPlanVersion) {
    version.Fail(fmt::format("plan version is not 1 or {}", kPlanVersion));
  }
  Plan plan;
  const JsonPlace recipe = top.At("recipe");
  plan.recipe = recipe.Text();
  if (plan.recipe.size() > kMaxRecipe ||
      std::any_of(plan.recipe.begin(), plan.recipe.end(),
                  [](unsigned char c) { return c < 32 || c > 126; })) {
    recipe.Fail(fmt::format(
        "recipe is not printable ASCII of at most {} characters", kMaxRecipe));
  }
  plan.input_factor = top.At("input_factor").Number();
  for (const auto& [name, w] : top.At("weights").Members()) {
    plan.weights[name] = {WholeNumber(w.At("bits")), Scales(w.At("scales"))};
  }
  // Version 1 had another name for them, and no zero point of the input.
  if (number > 1) {
    plan.input_zero_point = WholeNumber(top.At("input_zero_point"));
  }
  const JsonPlace list = top.At(number == 1 ? "sites" : "quantizers");
  for (const auto& [name, q] : list.Members()) {
    plan.quantizers[name] = {WholeNumber(q.At("bits")), Scales(q.At("scales")),
                             WholeNumber(q.At("zero_point"))};
    if (const auto bits = q.Find("fraction_bits")) {
      plan.quantizers[name].fraction_bits = WholeNumber(*bits);
    }
  }
  return plan;
}

Plan ReadPlan(const std::filesystem::path& path) {
  return PlanFromJson(ReadJsonFile(path), path.string());
}

Plan ReadPlanFor(const Graph& folded, const std::filesystem::path& path) {
  Plan plan = ReadPlan(path);
  CheckPlan(plan, folded, BuildQGraph(folded), path.string());
  return plan;
}

void WritePlan(const std::filesystem::path& path, const Plan& plan,
               IfExists if_exists) {
  WriteFile(
      path,
      ToJson(plan).dump(1, ' ', false, json::error_handler_t::replace) + "\n",
      if_exists);
}

}  // namespace edge_int8
