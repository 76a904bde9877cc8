// Why a data set has no clean window, where the cause can be seen. Tested by
// no_clean_windows_test.cc.
#ifndef EDGE_INT8_SRC_POSE_NO_CLEAN_WINDOWS_H_
#define EDGE_INT8_SRC_POSE_NO_CLEAN_WINDOWS_H_

#include <string>

#include "src/pose/dataset.h"

namespace edge_int8 {

// "; all 20 windows exceed 1.5 and the values reach 154: ...", with the command
// that scales them; empty when some window is clean or the cause is another.
// Reads every window once.
std::string UnscaledAmplitudes(const Dataset& dataset);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_POSE_NO_CLEAN_WINDOWS_H_
