#include "src/qgraph/silu_table.h"

#include <cmath>

namespace edge_int8 {
namespace {

const Function kSilu = {FunctionKind::kSilu, 0, 0, {}};

}  // namespace

double SiluReal(double x) { return x / (1.0 + std::exp(-x)); }

double SiluSlope(double x) {
  const double gate = 1.0 / (1.0 + std::exp(-x));
  return gate * (1.0 + x * (1.0 - gate));
}

std::vector<int16_t> SiluLookup(int bits, double scale, int32_t zero,
                                const TableOutput& out) {
  return FunctionLookup(kSilu, bits, scale, zero, out);
}

std::vector<int16_t> SiluInterpolated(double scale, const TableOutput& out) {
  return FunctionInterpolated(kSilu, scale, out);
}

}  // namespace edge_int8
