#include "src/quantize/reconstruct/balance_attention.h"

#include <cmath>

#include "src/quantize/reconstruct/attention_channels.h"

namespace edge_int8 {
namespace {

// What makes `own` and `other` equal when one is multiplied and the other
// divided by it. 1 where either is zero: such a channel computes nothing.
double Balance(double own, double other) {
  const double factor = std::sqrt(other / own);
  return std::isnormal(factor) ? factor : 1;
}

}  // namespace

Model BalanceAttention(const Model& folded) {
  Model model = folded;
  for (AttentionChannels& attention : AttentionChannels::In(model)) {
    for (int c = 0; c < attention.channels(); ++c) {
      attention.ScaleQuery(
          c, Balance(attention.RowLength(0, c), attention.RowLength(1, c)));
      if (!attention.values_are_free()) continue;
      attention.ScaleValue(
          c, Balance(attention.RowLength(2, c), attention.ReaderLength(c)));
    }
  }
  return model;
}

}  // namespace edge_int8
