// The real scales behind a SiLU table. An artifact holds integers only; what a
// table does, round(silu((code - zero) * pre) / out) + z, gives both scales
// back: any pair that reproduces every entry is the same function, and entries
// that saturate say nothing. Tested by table_scales_test.cc against the scales
// that made the tables.
#ifndef EDGE_INT8_SRC_EXPORT_TABLE_SCALES_H_
#define EDGE_INT8_SRC_EXPORT_TABLE_SCALES_H_

#include <cstdint>
#include <optional>

#include "core/arith/activation.h"

namespace edge_int8 {

struct TableScales {
  double pre = 1;     // real value of one step of the table's index
  double out = 1;     // real value of one step of its entries
  int64_t wrong = 0;  // entries that the two don't reproduce
};

struct KnownScales {
  std::optional<double> pre = {};
  std::optional<double> out = {};
};

// `out_zero` is the stored value that means 0 and `low`..`high` what the stored
// type holds; `known_out` fixes the second scale.
TableScales RecoverTableScales(const core::Activation& activation,
                               int32_t out_zero, int32_t low, int32_t high,
                               const KnownScales& known = {});

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_EXPORT_TABLE_SCALES_H_
