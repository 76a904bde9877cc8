// The small network of tests/golden/fx/make_fx.py, its windows, and what
// PyTorch's prepare_fx and convert_fx made of them.
#ifndef EDGE_INT8_TESTS_STUDY_FX_FX_GOLDEN_H_
#define EDGE_INT8_TESTS_STUDY_FX_FX_GOLDEN_H_

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "src/formats/npy.h"
#include "src/graph/model.h"
#include "src/nets/wiflow.h"
#include "src/pose/upstream_shape.h"
#include "src/pose/window_source.h"
#include "src/study/fx/fx_observer.h"
#include "tests/testing/source_paths.h"

namespace edge_int8 {

inline std::filesystem::path FxGoldenFile(const std::string& name) {
  return std::filesystem::path(kSourceDir) / "tests/golden/fx" / name;
}

inline Model FxGoldenModel(const std::string& file = "parameters.npy") {
  Model model;
  model.graph = BuildWiflow(
      {"golden", {8, 8, 16, 32}, {2, 2, 4, 4}, 2, TcnGroups::kDepthwise, 4});
  std::map<std::string, Shape> shapes;  // sorted by name, as the file is
  for (const ParameterSpec& spec : model.graph.parameters) {
    if (!spec.integer) shapes.emplace(spec.name, spec.shape);
  }
  const Tensor all = ReadNpyTensor(FxGoldenFile(file));
  auto next = all.data.begin();
  for (const auto& [name, shape] : shapes) {
    const auto end = next + ElementCount(shape);
    model.parameters.emplace(name, Tensor(shape, std::vector(next, end)));
    next = end;
  }
  Check(next == all.data.end(), file + " holds another network");
  return model;
}

// make_fx.py's window(index).
class FxGoldenWindows : public WindowSource {
 public:
  int64_t size() const override { return 32; }
  void Read(int64_t index, std::span<float> out) const override {
    std::size_t n = 0;
    for (int64_t c = 0; c < kSubcarriers; ++c) {
      for (int64_t t = 0; t < kFrames; ++t) {
        const int64_t value =
            (c * c * 7 + c * 31 * (index + 1) + t * (c % 13 + 3 * index)) % 997;
        out[n++] = static_cast<float>(value) / 997.0f;
      }
    }
  }
};

// Of make_fx_qat.py. What stands behind a dropout is deployed on the grid in
// front of it, which goes by that name here.
inline std::map<std::string, FxRange> FxGoldenRanges(const std::string& from) {
  std::map<std::string, FxRange> ranges;
  std::ifstream file(FxGoldenFile(from));
  std::string name;
  FxRange range;
  while (file >> name >> range.min >> range.max) {
    if (name.find("dropout") != std::string::npos) continue;
    for (const std::string n : {"1", "2"}) {
      const std::string silu = "silu" + n + "_pw";
      const std::size_t at = name.find(silu);
      if (at != std::string::npos) {
        name.replace(at, silu.size(), "dropout" + n);
      }
    }
    ranges[name] = range;
  }
  return ranges;
}

inline std::map<std::string, FxScale> FxGoldenGrids() {
  std::map<std::string, FxScale> grids;
  std::ifstream file(FxGoldenFile("grids.txt"));
  std::string name;
  FxScale scale;
  while (file >> name >> scale.scale >> scale.zero_point) grids[name] = scale;
  return grids;
}

}  // namespace edge_int8

#endif  // EDGE_INT8_TESTS_STUDY_FX_FX_GOLDEN_H_
