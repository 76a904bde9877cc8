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

// q, k, v: of this head at the line's first place; step: values between places.
static void score(const int8_t* q, const int8_t* k, int32_t per_head,
                  int32_t step, int32_t length, int32_t* acc) {
  for (int32_t j = 0; j < length; ++j) {
    int32_t sum = 0;
    for (int32_t c = 0; c < per_head; ++c) sum += q[c] * k[c];
    acc[j] = sum;
    k += step;
  }
}

static void mix(const ei8_attention* a, const int16_t* p, const int8_t* v,
                int32_t step, int32_t channel, void* out, int32_t place) {
  const uint8_t type = a->out->type;
  const int32_t last = channel + a->out->channels / a->heads;
  for (; channel < last; ++channel) {
    const int8_t* value = v++;
    int32_t sum = a->scales.bias[channel];
    for (int32_t j = 0; j < a->length; ++j) {
      sum += p[j] * *value;
      value += step;
    }
    sum = ei8_scale(sum, a->scales.mantissa[channel], a->scales.shift[channel]);
    ei8_store(out, type, place * a->out->channels + channel,
              ei8_activate(&a->activation, sum));
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
        mix(a, p, first + 2 * channels, step, head * per_head, out,
            line * a->line_step + i * a->place_step);
      }
    }
  }
}
