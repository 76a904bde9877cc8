// Attention along one axis: for each head, line and query the logits of all
// keys, a softmax in integers, and the mix of the values.
#include "ei8_arithmetic.h"

// Turns n logits into probabilities of 1/32767. The largest exponential is
// 2^15, so their sum is at least that, one is below 2^31 and every product fits
// 32 bits for rows of up to 256.
static void softmax(const ei8_attention* a, int32_t head, int32_t* acc,
                    int16_t* p) {
  const uint32_t one = (uint32_t)32767 << 16;
  const int32_t mantissa = a->logit_mantissa[head];
  const int32_t shift = a->logit_shift[head];
  const int32_t n = a->length;
  int32_t max = acc[0];
  uint32_t sum = 0;
  for (int32_t j = 1; j < n; ++j) max = acc[j] > max ? acc[j] : max;
  for (int32_t j = 0; j < n; ++j) {
    const int32_t u =
        ei8_clamp(ei8_scale(max - acc[j], mantissa, shift), 0, 65535);
    const uint32_t e = (uint32_t)a->coarse[u >> 8] * a->fine[u & 255];
    acc[j] = (int32_t)((e + ((uint32_t)1 << 14)) >> 15);
    sum += (uint32_t)acc[j];
  }
  const uint32_t reciprocal = (one + sum / 2) / sum;
  for (int32_t j = 0; j < n; ++j) {
    p[j] =
        (int16_t)(((uint32_t)acc[j] * reciprocal + ((uint32_t)1 << 15)) >> 16);
  }
}

// q: the query; k: the line's first key; step: values from one to the next.
static void score(const int8_t* q, const int8_t* k, int32_t per_head,
                  int32_t step, int32_t length, int32_t* acc) {
  for (int32_t j = 0; j < length; ++j) {
    int32_t sum = 0, c = 0;
    for (; c + 4 <= per_head; c += 4) {
      sum += q[c] * k[c] + q[c + 1] * k[c + 1];
      sum += q[c + 2] * k[c + 2] + q[c + 3] * k[c + 3];
    }
    for (; c < per_head; ++c) sum += q[c] * k[c];
    acc[j] = sum;
    k += step;
  }
}

// Mixes up to four channels at once, so that a probability is fetched once for
// them. v: the first of them at the line's first place.
static void mix(const ei8_attention* a, const int16_t* p, const int8_t* v,
                int32_t step, int32_t channel, int32_t count, int32_t* sum) {
  const int32_t* bias = a->scales.bias + channel;
  if (count == 4) {
    int32_t s0 = bias[0], s1 = bias[1], s2 = bias[2], s3 = bias[3];
    for (int32_t j = 0; j < a->length; ++j) {
      s0 += p[j] * v[0];
      s1 += p[j] * v[1];
      s2 += p[j] * v[2];
      s3 += p[j] * v[3];
      v += step;
    }
    sum[0] = s0, sum[1] = s1, sum[2] = s2, sum[3] = s3;
    return;
  }
  for (int32_t c = 0; c < count; ++c) {
    sum[c] = bias[c];
    for (int32_t j = 0; j < a->length; ++j) sum[c] += p[j] * v[c + j * step];
  }
}

// All channels of a head at one place.
static void mix_head(const ei8_attention* a, const int16_t* p, const int8_t* v,
                     int32_t step, int32_t channel, void* out, int32_t place) {
  const int32_t last = channel + a->out->channels / a->heads;
  while (channel < last) {
    const int32_t left = last - channel;
    const int32_t count = left < 4 ? left : 4;
    int32_t sum[4];
    mix(a, p, v, step, channel, count, sum);
    for (int32_t c = 0; c < count; ++c, ++channel) {
      const int32_t y = ei8_scale(sum[c], a->scales.mantissa[channel],
                                  a->scales.shift[channel]);
      ei8_store(out, a->out->type, place * a->out->channels + channel,
                ei8_activate(&a->activation, y));
    }
    v += count;
  }
}

void ei8_run_attention(const void* op, const ei8_memory* memory) {
  const ei8_attention* a = (const ei8_attention*)op;
  const int8_t* in = (const int8_t*)ei8_at(a->in, memory);
  void* out = ei8_at(a->out, memory);
  int32_t* acc = (int32_t*)(void*)(memory->arena + a->scratch);
  int16_t* p = (int16_t*)(void*)(acc + a->length);
  const int32_t channels = a->out->channels;
  const int32_t per_head = channels / a->heads;
  const int32_t step = a->place_step * 3 * channels;
  for (int32_t head = 0; head < a->heads; ++head) {
    for (int32_t line = 0; line < a->lines; ++line) {
      const int8_t* first =
          in + line * a->line_step * 3 * channels + head * per_head;
      for (int32_t i = 0; i < a->length; ++i) {
        score(first + i * step, first + channels, per_head, step, a->length,
              acc);
        softmax(a, head, acc, p);
        mix_head(a, p, first + 2 * channels, step, head * per_head, out,
                 line * a->line_step + i * a->place_step);
      }
    }
  }
}
