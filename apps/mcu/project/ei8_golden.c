// Makes a golden window from its seed, byte i = SplitMix64's i-th value's
// highest byte (Steele, Lea, Flood 2014), runs it and compares.
#include "ei8_golden.h"

extern const int32_t ei8_golden_outputs[][EI8_OUTPUTS];

// Window `index` has seed index + 1.
static uint8_t golden_byte(int index, int i) {
  uint64_t z = (uint64_t)index + 1 +
               ((uint64_t)i + 1) * UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return (uint8_t)((z ^ (z >> 31)) >> 56);
}

void ei8_golden_input(int index, uint8_t* x) {
  for (int i = 0; i < EI8_INPUT_BYTES; ++i) x[i] = golden_byte(index, i);
}

int ei8_golden_differs(int index, const int32_t* y) {
  for (int i = 0; i < EI8_OUTPUTS; ++i) {
    if (y[i] != ei8_golden_outputs[index][i]) return 1;
  }
  return 0;
}

int ei8_check_run(int index, void* arena) {
  static uint8_t x[EI8_INPUT_BYTES];
  int32_t y[EI8_OUTPUTS];
  ei8_golden_input(index, x);
  return ei8_run(x, y, arena) != 0 || ei8_golden_differs(index, y);
}
#ifdef EI8_FRAMES

int ei8_check_stream(int index, ei8_stream* stream) {
  uint8_t frame[EI8_FRAME_BYTES];
  int32_t y[EI8_OUTPUTS];
  int poses = 0;
  if (ei8_start(stream, EI8_FRAMES) != 0) return 1;
  for (int t = 0; t < EI8_FRAMES; ++t) {
    for (int c = 0; c < EI8_FRAME_BYTES; ++c) {
      frame[c] = golden_byte(index, c * EI8_FRAMES + t);
    }
    poses += ei8_push(stream, frame, y);
  }
  return poses != 1 || ei8_golden_differs(index, y);
}
#endif
