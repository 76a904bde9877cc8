// Shows calibration windows to the observers of an FX placement, batch by batch
// in order: PyTorch's observers remember in which order they saw what. Tested
// by fx_calibration_test.cc.
#ifndef EDGE_INT8_SRC_STUDY_FX_FX_CALIBRATION_H_
#define EDGE_INT8_SRC_STUDY_FX_FX_CALIBRATION_H_

#include <cstdint>
#include <vector>

#include "src/graph/model.h"
#include "src/pose/window_source.h"
#include "src/study/fx/fx_observer.h"
#include "src/study/fx/fx_placement.h"

namespace edge_int8 {

// What each way of choosing a range makes of one grid.
struct FxRanges {
  FxRange histogram;       // HistogramObserver, the default after training
  FxRange min_max;         // everything that was seen
  FxRange moving_average;  // MovingAverageMinMaxObserver, the default of QAT
  // The same of the first sight alone, as if views and pools, which share its
  // observer, did not move it.
  FxRange moving_average_apart;
};

// Ranges by grid. `windows` are places in the source, observed `batch` at a
// time; the same bits for any thread count. `fused` is FuseAsFx's.
std::vector<FxRanges> CalibrateAsFx(const Model& fused,
                                    const FxPlacement& place,
                                    const WindowSource& source,
                                    const std::vector<int64_t>& windows,
                                    int batch);

// SpreadWindows' choice in a seeded random order, as a data loader shuffles.
std::vector<int64_t> ShuffledWindows(int64_t size, int64_t wanted,
                                     uint64_t seed);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_STUDY_FX_FX_CALIBRATION_H_
