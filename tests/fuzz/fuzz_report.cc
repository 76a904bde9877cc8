// Whatever a JSON file of a run folder says, each reader refuses it, or the
// page and every picture of it are drawn.
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "src/base/json_place.h"
#include "src/report/page.h"
#include "src/report/read_parts.h"
#include "src/report/run_report.h"
#include "tests/fuzz/refusal.h"

namespace edge_int8 {
namespace {

void Draw(const std::function<void(RunReport&)>& read) {
  RunReport run;
  run.name = "run";
  run.path = "runs/run";
  bool whole = false;
  ReadOrRefuse([&] {
    read(run);
    whole = true;
  });
  if (!whole) return;
  const std::string page = RenderPage(
      {run}, {.command = "report", .program = "p", .scripts = false});
  Expect(page.size() <= kMostPageBytes);
  // A name of the file stays a name.
  Expect(page.find("<fuzz") == std::string::npos);
}

void Try(const std::string& text) {
  const nlohmann::json value = ParseJsonText(text, "x.json");
  const JsonPlace place(value, "x.json");
  Draw([&](RunReport& run) { run.bench = ReadBench(place); });
  Draw([&](RunReport& run) { run.errors = ReadErrors(place); });
  Draw([&](RunReport& run) { run.explain = ReadExplain(place); });
  Draw([&](RunReport& run) { run.search = ReadSearch(place); });
  Draw([&](RunReport& run) { run.network = ReadNetwork(place); });
  Draw([&](RunReport& run) { run.latency = ReadLatency(place, "model"); });
  Draw([&](RunReport& run) { run.latency = ReadPeers(place); });
  Draw([&](RunReport& run) {
    CheckPlayer(place);
    run.player = value;
  });
}

}  // namespace
}  // namespace edge_int8

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  edge_int8::ReadOrRefuse([&] {
    edge_int8::Try({reinterpret_cast<const char*>(data), size});
  });
  return 0;
}
