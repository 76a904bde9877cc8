// What one core could multiply at best, so that a latency can be given as a
// share of it. Tested by peak_test.cc (that it runs and counts; no speeds).
#ifndef EDGE_INT8_CORE_ENGINE_PEAK_H_
#define EDGE_INT8_CORE_ENGINE_PEAK_H_

#include "core/kernels/isa.h"

namespace edge_int8::core {

// 8-bit multiply-accumulates per second of the calling thread's core, by the
// instruction that gemm_u8 uses for them, operands in registers: the best of
// many bursts, about 50 ms together. Measure it in the run that it judges: it
// moves with the clock and with what shares the core. 0 if `isa` is not
// available.
double MeasurePeakMacsPerSecond(Isa isa);

}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_ENGINE_PEAK_H_
