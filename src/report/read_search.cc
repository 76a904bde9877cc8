// search.json (docs/search.md). Declared in read_parts.h.
#include <fmt/format.h>

#include "src/report/read_parts.h"

namespace edge_int8 {
namespace {

std::vector<std::pair<std::string, int64_t>> ReadBits(const JsonPlace& chosen,
                                                      std::string_view key) {
  std::vector<std::pair<std::string, int64_t>> bits;
  const auto place = chosen.Find(key);
  if (!place) return bits;
  for (const auto& [name, value] : place->Members()) {
    bits.emplace_back(name, value.IntegerIn(1, 64));
  }
  return bits;
}

std::optional<SearchChoice> ReadChoice(const JsonPlace& search) {
  const auto chosen = search.Find("chosen");
  const auto test = chosen ? chosen->Find("test") : std::nullopt;
  if (!test) return std::nullopt;
  SearchChoice choice;
  choice.bytes = chosen->At("bytes").IntegerIn(0, kMostCounted);
  choice.macs_cost = chosen->FindNumberIn("macs_cost", 0, kMostMeasured);
  choice.test = ReadScore(test->At("score"));
  choice.fp32 = ReadScore(test->At("fp32"));
  choice.mean_pose = ReadScore(test->At("baseline_mean_pose"));
  if (const auto delta = test->Find("delta")) {
    choice.interval = ReadInterval(*delta, "ci95", 1);
  }
  choice.split = fmt::format("{} split {}, {} subset",
                             test->FindText("split").value_or("test"),
                             test->FindText("split_id").value_or(""),
                             test->FindText("subset").value_or("clean"));
  choice.weight_bits = ReadBits(*chosen, "weight_bits");
  choice.activation_bits = ReadBits(*chosen, "activation_bits");
  return choice;
}

}  // namespace

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
  report.choice = ReadChoice(search);
  return report;
}

}  // namespace edge_int8
