#include <algorithm>

#include "core/arith/fixed_point.h"
#include "core/kernels/scalar/scalar_kernels.h"

namespace edge_int8::core {
namespace {

constexpr int kMaxRow = 256;  // SoftmaxRow's limit

// The distance below the largest logit in 2^-12 nats, as SoftmaxRow's u.
uint32_t Distance(const ScaleRow& row, int head, int64_t below) {
  if (row.limit != nullptr) {
    below = std::min<int64_t>(below, row.limit[head]);
    below <<= row.left[head];
  }
  const int64_t high_word = (below * row.mantissa[head]) >> 32;
  const int64_t u = (high_word + row.add[head]) >> row.shift[head];
  return static_cast<uint32_t>(std::min<int64_t>(u, 65535));
}

void Softmax(const AttentionArgs& a, int head, const int32_t* logits,
             int32_t* p) {
  const int32_t max = *std::max_element(logits, logits + a.length);
  uint32_t exps[kMaxRow];
  uint32_t sum = 0;
  for (int j = 0; j < a.length; ++j) {
    const uint32_t u = Distance(a.logit, head, int64_t{max} - logits[j]);
    exps[j] = (uint32_t{a.coarse[u >> 8]} * a.fine[u & 255] + (1u << 14)) >> 15;
    sum += exps[j];
  }
  const uint32_t reciprocal = ((32767u << 16) + sum / 2) / sum;
  for (int j = 0; j < a.length; ++j) {
    p[j] = static_cast<int32_t>((exps[j] * reciprocal + (1u << 15)) >> 16);
  }
}

}  // namespace

void AttentionScalar(const AttentionArgs& a) {
  int32_t logits[kMaxRow];
  int32_t p[kMaxRow];
  for (int line = 0; line < a.lines; ++line) {
    const uint8_t* first = a.qkv + line * a.line_pitch;
    const auto at = [&](int channel, int place) {
      return first[place * a.place_pitch + channel] - 128;
    };
    for (int head = a.first_head; head < a.first_head + a.heads; ++head) {
      const int begin = head * a.per_head;
      for (int i = 0; i < a.length; ++i) {
        for (int j = 0; j < a.length; ++j) {
          logits[j] = 0;
          for (int c = begin; c < begin + a.per_head; ++c) {
            logits[j] += at(c, i) * at(a.channels + c, j);
          }
        }
        Softmax(a, head, logits, p);
        int32_t* out = a.acc + (int64_t{line} * a.length + i) * a.acc_stride +
                       begin - a.first_head * a.per_head;
        for (int c = 0; c < a.per_head; ++c) {
          int32_t sum = a.bias[begin + c];
          for (int j = 0; j < a.length; ++j) {
            sum += p[j] * at(2 * a.channels + begin + c, j);
          }
          out[c] = sum;
        }
      }
    }
  }
}

}  // namespace edge_int8::core
