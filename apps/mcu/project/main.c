// Checks this machine's results against the golden ones: exit code 0 when all
// agree, window by window and as a stream.
#include <stdio.h>

#include "ei8_golden.h"

static ei8_stream stream;

int main(void) {
  int wrong = 0;
  for (int i = 0; i < ei8_golden_windows; ++i) {
    if (ei8_check_run(i, stream.arena) || ei8_check_stream(i, &stream)) {
      printf("window %d differs\n", i);
      ++wrong;
    }
  }
  printf("%d windows, %d wrong\n", ei8_golden_windows, wrong);
  return wrong != 0;
}
