// Which activations a plan should store or look up more finely: those whose
// rounding moves the output most, as far as the work allows. Tested by
// mixed_precision_test.cc.
//
// A stored activation gets 16 bits, and every convolution that reads it then
// multiplies 16-bit values, at a half to a quarter of the speed (what that
// costs a whole `half`: docs/performance.md, "What 16 bits cost"). A
// pre-activation gets 12 bits and a table of 4,096 entries: bytes, little work.
#ifndef EDGE_INT8_SRC_QUANTIZE_SEARCH_MIXED_PRECISION_H_
#define EDGE_INT8_SRC_QUANTIZE_SEARCH_MIXED_PRECISION_H_

#include <cstdint>
#include <map>
#include <string>

#include "src/graph/model.h"
#include "src/pose/window_source.h"
#include "src/qgraph/plan.h"
#include "src/qgraph/qgraph.h"
#include "src/quantize/calibrate/calibration.h"
#include "src/quantize/calibrate/ptq.h"

namespace edge_int8 {

struct MixedPrecisionOptions {
  // Of the squared error that all quantizers together cause: those with as much
  // are rescued whatever the rest is.
  double error_share = 0.05;
  // Then the next worst, while what is left is more than this share of the
  // output's variance (28.5 dB): a small network has few values to average
  // over, so its errors are spread over more quantizers. Never one below
  // `least_share`.
  double noise_share = 0.0014;
  double least_share = 0.002;
  // Of the multiply-accumulates: those of convolutions that read 16 bits.
  double macs_share = 0.35;
  int tables = 6;  // of 12 bits: 4 KiB each, 8 where 16 bits are stored
  int64_t windows = 32;
  uint64_t seed = 44;  // picks the windows
  // Of MixPrecision() alone: signal-to-noise of the simulated output.
  double target_db = 33;
  double least_db = 28;
  // With so many calibration windows, or in a network of so many bytes of
  // weights, reconstruction takes away most of what rounded weights do, so only
  // what rounded tensors add is counted, and a plan with fitted_db stays as it
  // is: on `half`'s demo checkpoint (26.3 dB) more bits cost 38% of the speed
  // and 3% of the file.
  int64_t fitted_windows = 512;
  int64_t fitted_bytes = 500'000;
  double fitted_db = 26;
};

// Bits by quantizer name, for PtqOptions::site_bits_of; empty when all
// quantizers are good enough. `plan` has the bits that are to be judged.
std::map<std::string, int> ChooseMixedPrecision(
    const Model& folded, const QGraph& qgraph, const Plan& plan,
    const WindowSource& source, const MixedPrecisionOptions& options = {});

// 8 bits, for PtqOptions::weight_bits_of, by the name of each convolution's
// weight that is at most `share` of all weights: with fewer bits the last
// convolution, 32 weights of `half`, loses more than all others
// (docs/search.md) and saves 24 bytes.
std::map<std::string, int> SmallWeights(const Graph& folded,
                                        double share = 0.001);

// A plan of `ptq` with those bits and, if its simulated output is then still
// further from the float model's than target_db (fitted_db), with more: the
// tensors that move the output most first, within the work and the bytes of
// tables that the options and TableBudget() allow. Below least_db, work is no
// object. No labels are needed, and a network that is good enough in 8 bits
// stays as it is.
Plan MixPrecision(const Model& folded, const QGraph& qgraph,
                  const CalibrationStats& stats, const WindowSource& source,
                  const PtqOptions& ptq,
                  const MixedPrecisionOptions& options = {});

// Bytes of wide tables and constants that a plan may have: a tenth of a file of
// 100 kB and more.
int64_t TableBudget(const Graph& folded, const Plan& plan);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_QUANTIZE_SEARCH_MIXED_PRECISION_H_
