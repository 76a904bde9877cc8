// Windows with the outputs every machine must give; ei8_golden_data.c holds
// them. Not needed to run the model.
#ifndef EI8_GOLDEN_H_
#define EI8_GOLDEN_H_

#include "ei8.h"

extern const int ei8_golden_windows;

void ei8_golden_input(int index, uint8_t* x);
// 0 when y is what window `index` gives.
int ei8_golden_differs(int index, const int32_t* y);

#ifdef EI8_FRAMES
// 0 when window `index` in [0, ei8_golden_windows) gives its golden output;
// both ways of running are tried.
int ei8_check_run(int index, void* arena);
int ei8_check_stream(int index, ei8_stream* stream);
#else
// 0 when window `index` in [0, ei8_golden_windows) gives its golden output.
int ei8_check_run(int index, void* arena);
#endif

#endif  // EI8_GOLDEN_H_
