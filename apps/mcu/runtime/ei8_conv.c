// Convolution: four output positions at a time meet each row of weights once,
// so that a weight is fetched and decoded for four products. A patch that is
// not one run of memory, or that leaves the input, is copied together first;
// what lies outside reads the zero point, which the bias takes off again.
#include "ei8_patch.h"

static const void* patch_of(const ei8_conv* c, const uint8_t* in, ei8_place at,
                            int32_t channel, uint8_t* scratch) {
  if (ei8_is_run(&c->taps, c->in, at)) {
    return ei8_value_at(c->in, in, at, channel);
  }
  ei8_copy_patch(&c->taps, c->in, in, at, channel, scratch);
  return scratch;
}

// Sums of one channel at `count` consecutive positions, to the first of which
// `at` is the index in the output.
static void finish(const ei8_conv* c, const uint32_t* sum, int32_t count,
                   int32_t channel, void* out, int32_t at) {
  const ei8_activation* a = &c->activation;
  const uint32_t bias = (uint32_t)c->scales.bias[channel];
  const int32_t mantissa = c->scales.mantissa[channel];
  const int32_t shift = c->scales.shift[channel];
  const int32_t step = c->out->channels;
  int32_t pre[EI8_POSITIONS];
  for (int32_t p = 0; p < EI8_POSITIONS; ++p) {
    pre[p] = ei8_pre(a, ei8_scale((int32_t)(sum[p] + bias), mantissa, shift));
  }
  if (a->kind == EI8_TABLE_U8) {  // The usual case, tested once for all four.
    const uint8_t* table = (const uint8_t*)a->table;
    uint8_t* to = (uint8_t*)out + at;
    for (int32_t p = 0; p < count; ++p) to[p * step] = table[pre[p] - a->low];
  } else {
    for (int32_t p = 0; p < count; ++p) {
      ei8_store(out, c->out->type, at + p * step, ei8_look_up(a, pre[p]));
    }
  }
}

void ei8_run_conv(const void* op, const ei8_memory* memory) {
  const ei8_conv* c = (const ei8_conv*)op;
  const uint8_t* in = (const uint8_t*)ei8_at(c->in, memory);
  void* out = ei8_at(c->out, memory);
  const int32_t patch_bytes = c->taps.patch * c->in->bytes;
  const int32_t positions = c->out->height * c->out->width;
  for (int32_t first = 0; first < positions; first += EI8_POSITIONS) {
    const int32_t left = positions - first;
    const int32_t count = left < EI8_POSITIONS ? left : EI8_POSITIONS;
    const uint8_t* weights = c->weights;
    int32_t in_channel = 0;
    ei8_place at[EI8_POSITIONS];
    for (int32_t p = 0; p < count; ++p) {
      at[p] = ei8_place_of(&c->taps, c->out, first + p);
    }
    for (int32_t o = 0; o < c->out->channels;) {
      const int32_t end = o + c->out_group;
      const void* rows[EI8_POSITIONS];  // Past the last position: the first.
      for (int32_t p = 0; p < EI8_POSITIONS; ++p) {
        rows[p] = p < count
                      ? patch_of(c, in, at[p], in_channel,
                                 memory->arena + c->scratch + p * patch_bytes)
                      : rows[0];
      }
      in_channel += c->taps.in_group;
      for (; o < end; ++o) {
        uint32_t sum[EI8_POSITIONS];
        c->dot(weights, rows, c->taps.patch, sum);
        finish(c, sum, count, o, out, first * c->out->channels + o);
        weights += c->row_bytes;
      }
    }
  }
}
