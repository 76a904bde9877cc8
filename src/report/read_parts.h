// One reader for each JSON file of a run folder. Tested by read_run_test.cc.
#ifndef EDGE_INT8_SRC_REPORT_READ_PARTS_H_
#define EDGE_INT8_SRC_REPORT_READ_PARTS_H_

#include <string>
#include <vector>

#include "src/base/json_place.h"
#include "src/report/run_report.h"

namespace edge_int8 {

BenchReport ReadBench(const JsonPlace& results);
ErrorReport ReadErrors(const JsonPlace& errors);
ExplainReport ReadExplain(const JsonPlace& explain);
NetworkReport ReadNetwork(const JsonPlace& network);
SearchReport ReadSearch(const JsonPlace& search);
// `name` stands for a model that the file doesn't name.
std::vector<LatencyBar> ReadLatency(const JsonPlace& latency,
                                    const std::string& name);
std::vector<LatencyBar> ReadPeers(const JsonPlace& peers);
// Throws unless every chunk decodes to poses and every picture is base64.
void CheckPlayer(const JsonPlace& player);

// Ranges of what is read. Whatever a run can measure is far inside them, and
// sums, products and coordinates of numbers inside them are finite.
inline constexpr double kMostMeasured = 1e12;  // a size, a time, an error
inline constexpr int64_t kMostCounted = 1'000'000'000'000;

// [low, high] under `key`, each at most `most` from 0.
std::optional<Interval> ReadInterval(const JsonPlace& delta, const char* key,
                                     double most);

// A score block as ToJson(Score) writes it.
Score ReadScore(const JsonPlace& score);
// Its pck@10, 20 and 50, or three times its top1: shares, or percentage
// points.
PckTriple ReadTriple(const JsonPlace& score);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_REPORT_READ_PARTS_H_
