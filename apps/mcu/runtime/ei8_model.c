#ifdef EI8_FRAMES
// The model's functions: one window at once, or frame by frame.
#else
// The model's function: one window at once.
#endif
#include "ei8.h"
#ifdef EI8_WIDENS
#include "ei8_operators.h"
#else
#include "ei8_runtime.h"
#endif

static void run_window(uint8_t* window, int32_t* y, uint8_t* arena) {
  const ei8_memory memory = {arena, window};
  for (int32_t i = 0; i < ei8_step_count; ++i) {
    ei8_steps[i].run(ei8_steps[i].op, &memory);
  }
#ifdef EI8_WIDENS
  ei8_widen(&ei8_output_order, ei8_output, &memory, y);
#else
  ei8_reorder(&ei8_output_order, ei8_at(ei8_output, &memory), y);
#endif
}

int ei8_run(const uint8_t* x, int32_t* y, void* arena) {
  uint8_t* bytes = (uint8_t*)arena;
  if (!x || !y || !arena || (uintptr_t)arena % 4 != 0) return -1;
  ei8_reorder(&ei8_input_order, x, bytes + ei8_window_offset);
  run_window(bytes + ei8_window_offset, y, bytes);
  return 0;
}
#ifdef EI8_FRAMES

int ei8_start(ei8_stream* stream, int hop) {
  if (!stream || hop < 1 || hop > EI8_FRAMES) return -1;
  stream->hop = hop;
  stream->count = 0;
  return 0;
}

int ei8_push(ei8_stream* stream, const uint8_t* frame, int32_t* y) {
  if (!stream || !frame || !y) return -1;
  uint8_t* end = stream->frames + stream->count * EI8_FRAME_BYTES;
  for (int32_t i = 0; i < EI8_FRAME_BYTES; ++i) end[i] = frame[i];
  if (++stream->count < EI8_FRAMES) return 0;
  run_window(stream->frames, y, (uint8_t*)stream->arena);
  stream->count = EI8_FRAMES - stream->hop;  // The newest ones stay.
  end = stream->frames + stream->hop * EI8_FRAME_BYTES;
  for (int32_t i = 0; i < stream->count * EI8_FRAME_BYTES; ++i) {
    stream->frames[i] = end[i];
  }
  return 1;
}
#endif
