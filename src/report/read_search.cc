// search.json (docs/search.md). Declared in read_parts.h.
#include "src/report/read_parts.h"

namespace edge_int8 {

SearchReport ReadSearch(const JsonPlace& search) {
  SearchReport report;
  report.split = search.FindText("split").value_or("val");
  report.decided_by = search.FindText("decided_by").value_or("pck@20");
  if (const auto fp32 = search.Find("fp32")) {
    report.fp32 = fp32->FindNumber(report.decided_by);
  }
  for (const JsonPlace& place : search.At("points").Items()) {
    SearchPoint point;
    point.bytes = place.At("bytes").Integer();
    point.macs_cost = place.FindNumber("macs_cost");
    const JsonPlace score = place.At("val");
    point.pck = score.IsNumber() ? score.Number()
                                 : score.At(report.decided_by).Number();
    const auto on_front = place.Find("on_front");
    point.on_front = on_front && on_front->Boolean();
    const auto chosen = place.Find("chosen");
    point.chosen = chosen && chosen->Boolean();
    report.points.push_back(point);
  }
  return report;
}

}  // namespace edge_int8
