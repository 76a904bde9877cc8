// What a bit search may choose: for each weight tensor and each activation the
// bits it can have, and what a choice costs in multiply-accumulates. Tested by
// bit_space_test.cc.
#ifndef EDGE_INT8_SRC_QUANTIZE_SEARCH_BIT_SPACE_H_
#define EDGE_INT8_SRC_QUANTIZE_SEARCH_BIT_SPACE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "src/graph/graph.h"
#include "src/qgraph/qgraph.h"
#include "src/quantize/calibrate/ptq.h"

namespace edge_int8 {

struct BitUnit {
  enum class Kind { kWeight, kActivation };
  Kind kind = Kind::kWeight;
  std::string name;          // of the parameter or the quantizer
  std::vector<int> options;  // ascending; more than one
  bool operator==(const BitUnit&) const = default;
};

// Bits by index of BitSpace::units.
using Bits = std::vector<int>;

// What is on the table. 8 is always among both.
struct BitOptions {
  std::vector<int> weights = {4, 8};       // of 2, 3, 4, 8
  std::vector<int> activations = {8, 16};  // of 8, 12, 16
};

class BitSpace {
 public:
  // Throws kUsage for bits that no plan has. A tensor gets those of the asked
  // bits that the engine has for it: a sum's table takes 12 where 16 is asked;
  // query, key, value and the head stay as they are.
  BitSpace(const Graph& folded, const QGraph& qgraph,
           const BitOptions& options);

  const std::vector<BitUnit>& units() const { return units_; }
  // Weights with these bits where they can have them, activations with 8.
  Bits Uniform(int weight_bits) const;
  // Weight bits that every weight tensor can have, ascending.
  const std::vector<int>& weight_bits() const { return weight_bits_; }

  // Sum over convolutions of macs * weight bits / 8 * input bits / 8, plus the
  // attention products, relative to all of them at 8 bits.
  double MacsCost(const Bits& bits) const;

  // The overrides that make MakePtqPlan choose these bits.
  void Apply(const Bits& bits, PtqOptions& options) const;

  // One letter a unit, base 36: "484g" is 4, 8, 4, 16.
  std::string Text(const Bits& bits) const;
  // Of a text that Text() wrote.
  Bits Parse(std::string_view text) const;

 private:
  struct Product {  // a convolution: what it multiplies with what
    double macs = 0;
    int weight = -1;      // unit, or -1: 8 bits
    int activation = -1;  // unit, or -1: 8 bits
  };
  int UnitOf(BitUnit::Kind kind, const std::string& name) const;

  std::vector<BitUnit> units_;
  std::vector<int> weight_bits_;
  std::vector<Product> products_;
  double fixed_macs_ = 0;  // attention
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_QUANTIZE_SEARCH_BIT_SPACE_H_
