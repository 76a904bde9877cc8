// search.json (docs/search.md). Declared in read_parts.h.
#include "src/report/read_parts.h"

namespace edge_int8 {

SearchReport ReadSearch(const JsonPlace& search) {
  SearchReport report;
  report.split = search.FindText("split").value_or("val");
  report.decided_by = search.FindText("decided_by").value_or("pck@20");
  if (const auto fp32 = search.Find("fp32")) {
    report.fp32 = fp32->FindNumberIn(report.decided_by, 0, 1);
  }
  for (const JsonPlace& place : search.At("points").Items()) {
    SearchPoint point;
    point.bytes = place.At("bytes").IntegerIn(0, kMostCounted);
    point.macs_cost = place.FindNumberIn("macs_cost", 0, kMostMeasured);
    const JsonPlace score = place.At("val");
    point.pck =
        (score.IsNumber() ? score : score.At(report.decided_by)).NumberIn(0, 1);
    const auto on_front = place.Find("on_front");
    point.on_front = on_front && on_front->Boolean();
    const auto chosen = place.Find("chosen");
    point.chosen = chosen && chosen->Boolean();
    report.points.push_back(point);
  }
  return report;
}

}  // namespace edge_int8
