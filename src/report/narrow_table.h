// The score table for a terminal of 80 columns: model, size, PCK@10, PCK@20,
// the difference with its interval, the verdict. Long names take several lines.
// The other columns are of RenderScoreTable. Tested by narrow_table_test.cc.
#ifndef EDGE_INT8_SRC_REPORT_NARROW_TABLE_H_
#define EDGE_INT8_SRC_REPORT_NARROW_TABLE_H_

#include <cstddef>
#include <string>

#include "src/report/score_table.h"

namespace edge_int8 {

inline constexpr std::size_t kTerminalColumns = 80;

// As RenderScoreTable, no line wider than kTerminalColumns unless a word is.
std::string RenderNarrowTable(const ScoreTable& table,
                              Colour colour = Colour::kOff);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_REPORT_NARROW_TABLE_H_
