// The scale and zero point of a model's input bytes, from the windows that it
// is calibrated on. Tested by input_range_test.cc.
//
// CSI amplitudes in [0, 1] are 255ths, as the field stores them (and as every
// artifact of such data agrees). Any other input (decibels, standardized
// values, spectrograms, phases) gets the range of least squared error, like any
// tensor.
#ifndef EDGE_INT8_SRC_QUANTIZE_CALIBRATE_INPUT_RANGE_H_
#define EDGE_INT8_SRC_QUANTIZE_CALIBRATE_INPUT_RANGE_H_

#include <cstdint>
#include <span>

#include "src/pose/window_source.h"
#include "src/qgraph/plan.h"
#include "src/quantize/calibrate/calibration_histogram.h"

namespace edge_int8 {

// 255ths and zero point 0 where they cut off no more than they round away and
// use at least half of the codes; else what ChooseGrid gives.
InputQparams ChooseInput(const CalibrationHistogram& values);

// Of the values of `windows`, indices into the source, each `window_values`
// long; values that are not finite are left out. The same for any number of
// threads, and of ranks, which share the windows out.
InputQparams ChooseInput(const WindowSource& source,
                         std::span<const int64_t> windows,
                         std::size_t window_values);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_QUANTIZE_CALIBRATE_INPUT_RANGE_H_
