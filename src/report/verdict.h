// What a score table means, in one paragraph computed from its numbers alone.
// Tested by verdict_test.cc.
//
// It says "better", "not worse than X by more than", "worse" or "inconclusive"
// of PCK@20 and of PCK@10, by the ends of the intervals and never by their
// middles (docs/metrics.md, 'What "not worse" means').
#ifndef EDGE_INT8_SRC_REPORT_VERDICT_H_
#define EDGE_INT8_SRC_REPORT_VERDICT_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "src/report/score_table.h"

namespace edge_int8 {

// A sentence or two about the reference, then about each other row.
std::vector<std::string> VerdictSentences(const ScoreTable& table);

// Of one row, its first claim alone: "int8: PCK@20 is not worse than fp32 by
// more than 0.1 pp (-0.021 pp, 95% interval ...)."
std::string HeadlineSentence(const ScoreTable& table, const TableRow& row);
// That its differences say nothing, where they do.
std::string ReferenceWarning(const ScoreTable& table);

// All of them as one line of text without a newline at its end; the caller
// wraps it.
std::string RenderVerdict(const ScoreTable& table);

// Breaks `text` at spaces so that no line is wider than `columns`, unless one
// word is. Each line ends in '\n'.
std::string WrapText(std::string_view text, std::size_t columns);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_REPORT_VERDICT_H_
