// The parts of the page that are plain HTML: they need no script and no chart
// library. Tested by page_test.cc.
#ifndef EDGE_INT8_SRC_REPORT_PAGE_PARTS_H_
#define EDGE_INT8_SRC_REPORT_PAGE_PARTS_H_

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "src/report/chart.h"
#include "src/report/markup.h"
#include "src/report/run_report.h"

namespace edge_int8 {

// The first view: network, data, verdict, accuracy, size and speed. This and
// the next are nothing for a run without results.json.
void AddOverview(const RunReport& run, Markup& page);
// The table, and what it means in words.
void AddScores(const RunReport& run, const Palette& palette, Markup& page);

// One table of all runs, when they were scored by one metric on the same
// windows; otherwise why there is none.
void AddComparison(const std::vector<RunReport>& runs, const Palette& palette,
                   Markup& page);

// The heat map of explain.json, and what it says in words.
void AddTensors(const ExplainReport& explain, Markup& page);
std::string TensorsCaption(const ExplainReport& explain);

// Each model's joints by name, worst first.
void AddJointTables(const ErrorReport& errors, Markup& page);
// The searched model's test row and bits.
void AddSearchChoice(const SearchReport& search, Markup& page);
// A bar for each node that was timed.
void AddNodes(const std::vector<LatencyBar>& latency, Markup& page);

void AddManifest(const RunReport& run, Markup& page);
// A line of the manifest with a button that copies it.
void AddCopyable(const std::string& name, const std::string& value,
                 Markup& page);

// The player's data with visible titles and colours, and only the first
// `chunks` of each recording.
nlohmann::json PlayerData(const nlohmann::json& player, const Palette& palette,
                          std::size_t chunks);
// The most chunks that any recording has.
std::size_t PlayerChunks(const nlohmann::json& player);

// Of classes: a matrix for each model, truth down and answers across.
void AddConfusions(const ErrorReport& errors, Markup& page);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_REPORT_PAGE_PARTS_H_
