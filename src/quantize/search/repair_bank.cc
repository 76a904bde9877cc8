#include "src/quantize/search/repair_bank.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "src/base/communicator.h"
#include "src/base/error.h"

namespace edge_int8 {
namespace {

const Node* Producer(const Graph& graph, TensorId tensor) {
  const auto found = std::ranges::find_if(
      graph.nodes, [&](const Node& node) { return node.output == tensor; });
  return found == graph.nodes.end() ? nullptr : &*found;
}

// Between ranks of one job: values as their bytes.
nlohmann::json ToJson(const Repaired& repaired) {
  nlohmann::json parameters = nlohmann::json::object();
  for (const auto& [name, tensor] : repaired.model.parameters) {
    const auto bytes = std::as_bytes(std::span(tensor.data));
    const auto* const begin = reinterpret_cast<const uint8_t*>(bytes.data());
    parameters[name] = nlohmann::json::binary(
        std::vector<uint8_t>(begin, begin + bytes.size()));
  }
  return {{"parameters", parameters},
          {"plan", edge_int8::ToJson(repaired.plan)},
          {"notes", repaired.notes}};
}

Repaired RepairedFromJson(const nlohmann::json& json, const Model& folded) {
  Repaired repaired{folded, PlanFromJson(json.at("plan"), "another rank"),
                    json.at("notes").get<std::vector<std::string>>()};
  for (const auto& [name, value] : json.at("parameters").items()) {
    const auto& bytes = value.get_binary();
    std::vector<float>& data = repaired.model.Parameter(name).data;
    Check(bytes.size() == data.size() * sizeof(float), "a parameter's size");
    std::memcpy(data.data(), bytes.data(), bytes.size());
  }
  return repaired;
}

}  // namespace

RepairBank::RepairBank(const Model& folded, const QGraph& qgraph,
                       const CalibrationStats& stats,
                       const WindowSource& windows, const BitSpace& space,
                       const PtqOptions& ptq, const RepairOptions& repair)
    : folded_(folded),
      qgraph_(qgraph),
      stats_(stats),
      windows_(windows),
      space_(space),
      ptq_(ptq),
      repair_(repair) {}

Repaired RepairBank::Repair(const Bits& bits) const {
  PtqOptions options = ptq_;
  space_.Apply(bits, options);
  Plan plan = MakePtqPlan(folded_, qgraph_, stats_, options);
  // Not every tensor's bits again: they are in the plan.
  plan.recipe = RecipeText(ptq_) + " bits=" + space_.Text(bits);
  return edge_int8::Repair(folded_, qgraph_, plan, windows_, repair_);
}

const Repaired& RepairBank::Uniform(int weight_bits) {
  const auto found = uniform_.find(weight_bits);
  if (found != uniform_.end()) return found->second;
  return uniform_.emplace(weight_bits, Repair(space_.Uniform(weight_bits)))
      .first->second;
}

void RepairBank::ShareUniform() {
  const std::vector<int>& widths = space_.weight_bits();
  nlohmann::json mine = nlohmann::json::array();
  const auto rank = static_cast<std::size_t>(World().rank());
  const auto size = static_cast<std::size_t>(World().size());
  for (std::size_t i = rank; i < widths.size(); i += size) {
    const Alone alone;
    mine.push_back(
        {{"width", widths[i]}, {"repaired", ToJson(Uniform(widths[i]))}});
  }
  const std::vector<uint8_t> packed = nlohmann::json::to_cbor(mine);
  for (const auto& part : World().AllGather(std::as_bytes(std::span(packed)))) {
    const auto* const bytes = reinterpret_cast<const uint8_t*>(part.data());
    for (const auto& one :
         nlohmann::json::from_cbor(bytes, bytes + part.size())) {
      uniform_.emplace(one.at("width").get<int>(),
                       RepairedFromJson(one.at("repaired"), folded_));
    }
  }
}

void RepairBank::TakeTensor(const Node& node, int weight_bits,
                            Repaired& mixed) {
  const Repaired& from = Uniform(weight_bits);
  const auto take = [&](const std::string& name) {
    if (!name.empty()) mixed.model.Parameter(name) = from.model.Parameter(name);
  };
  if (const auto* conv = std::get_if<Conv>(&node.op)) {
    take(conv->weight);
    take(conv->bias);
    mixed.plan.weights.at(conv->weight) = from.plan.weights.at(conv->weight);
    // What has a scale of its own for this layer's sake: query, key, value.
    const int quantizer =
        qgraph_.of_tensor[static_cast<std::size_t>(node.output)];
    if (quantizer < 0) return;
    for (const Quantizer& s : qgraph_.quantizers) {
      if (s.tensor == node.output) {
        mixed.plan.quantizers.at(s.name) = from.plan.quantizers.at(s.name);
      }
    }
  } else if (const auto* mix = std::get_if<AttentionMix>(&node.op)) {
    take(mix->bias);
  }
}

Repaired RepairBank::Mixed(const Bits& bits) {
  Repaired mixed = Uniform(8);
  std::map<std::string, int> width_of;  // by weight name
  const std::vector<BitUnit>& units = space_.units();
  for (std::size_t u = 0; u < units.size(); ++u) {
    if (units[u].kind == BitUnit::Kind::kWeight) {
      width_of[units[u].name] = bits[u];
    }
  }
  const auto width = [&](const Node* node) {
    const auto* conv = node == nullptr ? nullptr : std::get_if<Conv>(&node->op);
    const auto found =
        conv == nullptr ? width_of.end() : width_of.find(conv->weight);
    return found == width_of.end() ? 8 : found->second;
  };
  for (const Node& node : folded_.graph.nodes) {
    if (std::holds_alternative<Conv>(node.op)) {
      TakeTensor(node, width(&node), mixed);
    } else if (std::holds_alternative<AttentionMix>(node.op)) {
      // Its constant is its values'.
      TakeTensor(node, width(Producer(folded_.graph, node.inputs[1])), mixed);
    }
  }
  for (std::size_t u = 0; u < units.size(); ++u) {
    if (units[u].kind != BitUnit::Kind::kActivation || bits[u] == 8) continue;
    auto found = wide_.find(bits[u]);
    if (found == wide_.end()) {
      Bits wide = space_.Uniform(8);
      for (std::size_t w = 0; w < units.size(); ++w) {
        if (std::ranges::count(units[w].options, bits[u]) > 0 &&
            units[w].kind == BitUnit::Kind::kActivation) {
          wide[w] = bits[u];
        }
      }
      PtqOptions options = ptq_;
      space_.Apply(wide, options);
      found =
          wide_.emplace(bits[u], MakePtqPlan(folded_, qgraph_, stats_, options))
              .first;
    }
    mixed.plan.quantizers.at(units[u].name) =
        found->second.quantizers.at(units[u].name);
  }
  mixed.plan.recipe = RecipeText(ptq_) + " bits=" + space_.Text(bits) +
                      std::string(kRepairNote) + "of uniform plans";
  return mixed;
}

Repaired RepairBank::Whole(const Bits& bits) {
  for (const int width : space_.weight_bits()) {
    if (bits == space_.Uniform(width)) return Uniform(width);
  }
  return Repair(bits);
}

}  // namespace edge_int8
