// Weights for any plan of a bit search. A repair of one plan takes seconds; a
// search looks at hundreds. So each tensor is repaired once per width, in the
// repair of the uniform plan of that width, and a mixed plan takes each tensor
// from the repair of its width. What that costs against repairing the plan
// itself is in docs/search.md. Tested by repair_bank_test.cc.
#ifndef EDGE_INT8_SRC_QUANTIZE_SEARCH_REPAIR_BANK_H_
#define EDGE_INT8_SRC_QUANTIZE_SEARCH_REPAIR_BANK_H_

#include <map>

#include "src/pose/window_source.h"
#include "src/quantize/calibrate/calibration.h"
#include "src/quantize/calibrate/ptq.h"
#include "src/quantize/reconstruct/repair.h"
#include "src/quantize/search/bit_space.h"

namespace edge_int8 {

class RepairBank {
 public:
  // All of them must outlive the bank. Repairs run when first needed.
  RepairBank(const Model& folded, const QGraph& qgraph,
             const CalibrationStats& stats, const WindowSource& windows,
             const BitSpace& space, const PtqOptions& ptq,
             const RepairOptions& repair = {});

  // Of a job: the repairs of all uniform plans, each by one rank, for all.
  void ShareUniform();
  // Each tensor from the repair of the uniform plan of its width.
  Repaired Mixed(const Bits& bits);
  // A repair of this very plan; the same as Mixed() for a uniform one.
  Repaired Whole(const Bits& bits);

 private:
  const Repaired& Uniform(int weight_bits);
  Repaired Repair(const Bits& bits) const;
  void TakeTensor(const Node& node, int weight_bits, Repaired& mixed);

  const Model& folded_;
  const QGraph& qgraph_;
  const CalibrationStats& stats_;
  const WindowSource& windows_;
  const BitSpace& space_;
  const PtqOptions ptq_;
  const RepairOptions repair_;
  std::map<int, Repaired> uniform_;  // by weight bits
  std::map<int, Plan> wide_;         // by activation bits: for its quantizers
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_QUANTIZE_SEARCH_REPAIR_BANK_H_
