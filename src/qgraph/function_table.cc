#include "src/qgraph/function_table.h"

#include <algorithm>
#include <cmath>

#include "src/qgraph/multiplier.h"
#include "src/qgraph/silu_table.h"

namespace edge_int8 {
namespace {

constexpr double kBeyond = 1e30;  // far outside every range of values

int16_t Entry(const Function& function, double pre, const TableOutput& out) {
  const double stored = FunctionValue(function, pre) / out.scale + out.zero;
  return static_cast<int16_t>(RoundToInt(stored, out.low, out.high));
}

}  // namespace

double FunctionValue(const Function& function, double x) {
  // The formula that artifacts were always made with, to the last bit.
  if (function.kind == FunctionKind::kSilu) return SiluReal(x);
  const double y = function(x);
  return std::isnan(y) ? 0 : std::clamp(y, -kBeyond, kBeyond);
}

double FunctionSlope(const Function& function, double x) {
  if (function.kind == FunctionKind::kSilu) return SiluSlope(x);
  const double step = 1e-4 * std::max(1.0, std::abs(x));
  return (FunctionValue(function, x + step) -
          FunctionValue(function, x - step)) /
         (2 * step);
}

std::vector<int16_t> FunctionLookup(const Function& function, int bits,
                                    double scale, int32_t zero,
                                    const TableOutput& out) {
  std::vector<int16_t> table;
  for (int32_t code = 0; code < (1 << bits); ++code) {
    table.push_back(Entry(function, (code - zero) * scale, out));
  }
  return table;
}

std::vector<int16_t> FunctionInterpolated(const Function& function,
                                          double scale,
                                          const TableOutput& out) {
  std::vector<int16_t> table;
  for (int32_t i = 0; i < core::kInterpolateEntries; ++i) {
    table.push_back(Entry(function, (-32768 + 16 * i) * scale, out));
  }
  return table;
}

core::ExpTables MakeExpTables() {
  core::ExpTables tables;
  for (std::size_t i = 0; i < 256; ++i) {
    const auto x = static_cast<double>(i);
    const auto fixed = [](double real) {
      return static_cast<uint16_t>(RoundToInt(real * 32768.0, 0, 32768));
    };
    tables.coarse[i] = fixed(std::exp(-x / 16.0));
    tables.fine[i] = fixed(std::exp(-x / 4096.0));
  }
  return tables;
}

}  // namespace edge_int8
