// How much each site's grid alone moves the network's output: what a plan with
// a few wide tensors should spend them on. Tested by site_errors_test.cc.
#ifndef EDGE_INT8_SRC_QUANT_SITE_ERRORS_H_
#define EDGE_INT8_SRC_QUANT_SITE_ERRORS_H_

#include <cstdint>
#include <vector>

#include "src/graph/model.h"
#include "src/pose/window_source.h"
#include "src/qgraph/plan.h"
#include "src/qgraph/sites.h"

namespace edge_int8 {

struct SiteErrorOptions {
  int64_t windows = 32;
  uint64_t seed = 44;  // picks the windows
};

// Mean squared difference of the output from the float model's when only this
// site is rounded as the plan says, by index of SiteMap::sites. The errors of
// several sites very nearly add. Only what lies behind a site is run again. The
// same bits for any thread count.
std::vector<double> SiteErrors(const Model& folded, const SiteMap& sites,
                               const Plan& plan, const WindowSource& source,
                               const SiteErrorOptions& options = {});

// Variance of the float model's output over the same windows, each value around
// its own mean: what those errors are small or large against.
double OutputVariance(const Model& folded, const WindowSource& source,
                      const SiteErrorOptions& options = {});

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_QUANT_SITE_ERRORS_H_
