#include "src/quantize/search/bit_space.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "src/base/error.h"

namespace edge_int8 {
namespace {

std::vector<int> Sorted(std::vector<int> asked, const std::vector<int>& known,
                        const char* what) {
  for (const int bits : asked) {
    if (std::ranges::count(known, bits) == 0) {
      FailUsage(fmt::format("{} can't have {} bits; expected some of {}", what,
                            bits, fmt::join(known, ", ")));
    }
  }
  std::ranges::sort(asked);
  asked.erase(std::ranges::unique(asked).begin(), asked.end());
  if (std::ranges::count(asked, 8) == 0) {
    FailUsage(fmt::format("8 must be among the bits of {}", what));
  }
  return asked;
}

// Of the asked bits, those the engine has for a quantizer (as CheckPlan
// allows).
std::vector<int> QuantizerOptions(const Quantizer& quantizer,
                                  const std::vector<int>& asked) {
  const bool table = quantizer.role == QuantizerRole::kPreActivation;
  const bool stored = quantizer.role == QuantizerRole::kStored;
  if ((!table && !stored) || quantizer.default_bits != 8 ||
      quantizer.symmetric) {
    return {};
  }
  std::vector<int> options;
  for (int bits : asked) {
    if (quantizer.is_sum && bits == 16) bits = 12;
    if (bits == 12 && !table) continue;
    options.push_back(bits);
  }
  options.erase(std::ranges::unique(options).begin(), options.end());
  return options;
}

}  // namespace

BitSpace::BitSpace(const Graph& folded, const QGraph& qgraph,
                   const BitOptions& options)
    : weight_bits_(Sorted(options.weights, {2, 3, 4, 8}, "weights")) {
  const std::vector<int> activations =
      Sorted(options.activations, {8, 12, 16}, "activations");
  for (const Node& node : folded.nodes) {
    const auto* conv = std::get_if<Conv>(&node.op);
    if (conv != nullptr && weight_bits_.size() > 1) {
      units_.push_back({BitUnit::Kind::kWeight, conv->weight, weight_bits_});
    }
  }
  for (const Quantizer& quantizer : qgraph.quantizers) {
    std::vector<int> found = QuantizerOptions(quantizer, activations);
    if (found.size() > 1) {
      units_.push_back(
          {BitUnit::Kind::kActivation, quantizer.name, std::move(found)});
    }
  }
  for (const Node& node : folded.nodes) {
    const auto macs = static_cast<double>(CountMacs(folded, node).kept);
    const auto* conv = std::get_if<Conv>(&node.op);
    if (conv == nullptr) {
      fixed_macs_ += macs;
      continue;
    }
    const int quantizer =
        qgraph.of_tensor[static_cast<std::size_t>(node.inputs[0])];
    Check(quantizer >= 0, "a convolution reads a stored tensor");
    products_.push_back(
        {macs, UnitOf(BitUnit::Kind::kWeight, conv->weight),
         UnitOf(BitUnit::Kind::kActivation,
                qgraph.quantizers[static_cast<std::size_t>(quantizer)].name)});
  }
}

int BitSpace::UnitOf(BitUnit::Kind kind, const std::string& name) const {
  const auto found = std::ranges::find_if(units_, [&](const BitUnit& unit) {
    return unit.kind == kind && unit.name == name;
  });
  return found == units_.end() ? -1 : static_cast<int>(found - units_.begin());
}

Bits BitSpace::Uniform(int weight_bits) const {
  Bits bits;
  for (const BitUnit& unit : units_) {
    bits.push_back(unit.kind == BitUnit::Kind::kWeight ? weight_bits : 8);
  }
  return bits;
}

double BitSpace::MacsCost(const Bits& bits) const {
  Check(bits.size() == units_.size(), "bits of another network");
  const auto of = [&](int unit) {
    return unit < 0 ? 1.0 : bits[static_cast<std::size_t>(unit)] / 8.0;
  };
  double all = fixed_macs_;
  double cost = fixed_macs_;
  for (const Product& p : products_) {
    all += p.macs;
    cost += p.macs * of(p.weight) * of(p.activation);
  }
  return all > 0 ? cost / all : 1.0;
}

void BitSpace::Apply(const Bits& bits, PtqOptions& options) const {
  Check(bits.size() == units_.size(), "bits of another network");
  for (std::size_t u = 0; u < units_.size(); ++u) {
    auto& overrides = units_[u].kind == BitUnit::Kind::kWeight
                          ? options.weight_bits_of
                          : options.quantizer_bits_of;
    overrides[units_[u].name] = bits[u];
  }
}

std::string BitSpace::Text(const Bits& bits) const {
  std::string text;
  for (const int b : bits) {
    text += static_cast<char>(b < 10 ? '0' + b : 'a' + (b - 10));
  }
  return text;
}

Bits BitSpace::Parse(std::string_view text) const {
  Check(text.size() == units_.size(), "one letter a unit");
  Bits bits;
  for (const char c : text) bits.push_back(c <= '9' ? c - '0' : c - 'a' + 10);
  return bits;
}

}  // namespace edge_int8
