#ifdef EI8_FRAMES
// Checks this machine's results against the golden ones: exit code 0 when all
// agree, window by window and as a stream.
#else
// Checks this machine's results against the golden ones: exit code 0 when all
// agree, window by window.
#endif
#include <stdio.h>

#include "ei8_golden.h"

#ifdef EI8_FRAMES
static ei8_stream stream;
#else
static uint32_t arena[EI8_ARENA_BYTES / 4];
#endif

int main(void) {
  int wrong = 0;
  for (int i = 0; i < ei8_golden_windows; ++i) {
#ifdef EI8_FRAMES
    if (ei8_check_run(i, stream.arena) || ei8_check_stream(i, &stream)) {
#else
    if (ei8_check_run(i, arena)) {
#endif
      printf("window %d differs\n", i);
      ++wrong;
    }
  }
  printf("%d windows, %d wrong\n", ei8_golden_windows, wrong);
  return wrong != 0;
}
