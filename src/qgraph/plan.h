// The plan: for each weight and each quantizer, bits, scale and zero point. It
// is the whole difference between two quantized models of one checkpoint; PTQ,
// QAT and the search produce plans, lowering consumes one. JSON, diffable.
// Tested by plan_test.cc.
#ifndef EDGE_INT8_SRC_QGRAPH_PLAN_H_
#define EDGE_INT8_SRC_QGRAPH_PLAN_H_

#include <filesystem>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "src/base/output_file.h"
#include "src/graph/graph.h"
#include "src/qgraph/qgraph.h"

namespace edge_int8 {

// Signed, symmetric: code = clamp(round(w / scale[o]), -limit, limit).
struct WeightPlan {
  int bits = 8;                // 8: limit 127; 4: 7 (also 3: 3 and 2: 1)
  std::vector<double> scales;  // one per output channel, > 0
  bool operator==(const WeightPlan&) const = default;
};

// Asymmetric: stored = clamp(round(x / scale) + zero_point, 0, 2^bits - 1).
// Symmetric (q, k, v and everything at 16 bits): zero_point 0, clamp to
// +-(2^(bits-1) - 1).
struct QuantizerPlan {
  int bits = 8;                // stored 8, 16; pre-activation 8, 12, 16
  std::vector<double> scales;  // Quantizer::scales of them, > 0
  int zero_point = 0;
  int fraction_bits = 0;  // extra bits of a sum's terms; 0: SumFractionBits()
  bool operator==(const QuantizerPlan&) const = default;
};

// q = clamp(rint(x * factor) + zero point, 0, 255)
struct InputQparams {
  InputQparams(double input_factor = 255.0, int input_zero_point = 0)
      : factor(input_factor), zero_point(input_zero_point) {}
  double factor;
  int zero_point;
};

struct Plan {
  std::string recipe;  // what made it, for the reader
  double input_factor = 255.0;
  int input_zero_point = 0;
  std::map<std::string, WeightPlan> weights;  // by parameter name
  std::map<std::string, QuantizerPlan>
      quantizers;  // by quantizer name, without "input"
  InputQparams input() const { return {input_factor, input_zero_point}; }
  bool operator==(const Plan&) const = default;
};

int32_t WeightLimit(int bits);  // 127, 7, 3, 1

// Extra fractional bits of a sum's terms, which are int16, unless the plan says
// otherwise: 7 for 8 bits, 3 for 12, 1 for 16.
constexpr int SumFractionBits(int bits) { return bits == 16 ? 1 : 15 - bits; }
int SumFractionBits(const QuantizerPlan& sum);

// The scales of ScaleRule::kProbability and kUnit.
double ProbabilityScale(int extra_bits);  // 1 / (32767 * 2^extra_bits)
inline constexpr double kUnitScale = 1.0 / 32768;

// Of the input, as if it had a place among the others.
QuantizerPlan InputPlan(const Plan& plan);

nlohmann::json ToJson(const Plan& plan);
Plan PlanFromJson(const nlohmann::json& json, const std::string& where);
Plan ReadPlan(const std::filesystem::path& path);
// Also kBadInput, naming the file, when it does not fit the folded graph.
Plan ReadPlanFor(const Graph& folded, const std::filesystem::path& path);
void WritePlan(const std::filesystem::path& path, const Plan& plan,
               IfExists if_exists);

// Throws kBadInput listing every missing, extra or impossible entry at once.
void CheckPlan(const Plan& plan, const Graph& folded, const QGraph& qgraph,
               const std::string& where);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_QGRAPH_PLAN_H_
