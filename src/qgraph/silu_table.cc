#include "src/qgraph/silu_table.h"

#include <cmath>

#include "src/qgraph/multiplier.h"

namespace edge_int8 {
namespace {

int16_t Entry(double pre, const TableOutput& out) {
  const double stored = SiluReal(pre) / out.scale + out.zero;
  return static_cast<int16_t>(RoundToInt(stored, out.low, out.high));
}

}  // namespace

double SiluReal(double x) { return x / (1.0 + std::exp(-x)); }

double SiluSlope(double x) {
  const double gate = 1.0 / (1.0 + std::exp(-x));
  return gate * (1.0 + x * (1.0 - gate));
}

std::vector<int16_t> SiluLookup(int bits, double scale, int32_t zero,
                                const TableOutput& out) {
  std::vector<int16_t> table;
  for (int32_t code = 0; code < (1 << bits); ++code) {
    table.push_back(Entry((code - zero) * scale, out));
  }
  return table;
}

std::vector<int16_t> SiluInterpolated(double scale, const TableOutput& out) {
  std::vector<int16_t> table;
  for (int32_t i = 0; i < core::kInterpolateEntries; ++i) {
    table.push_back(Entry((-32768 + 16 * i) * scale, out));
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
