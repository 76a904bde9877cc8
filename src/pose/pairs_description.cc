#include "src/pose/pairs_description.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <system_error>

#include "src/base/json_place.h"

namespace edge_int8 {
namespace {

std::vector<std::string> Texts(const JsonPlace& place) {
  std::vector<std::string> texts;
  for (const JsonPlace& item : place.Items()) texts.push_back(item.Text());
  return texts;
}

int SmallIndex(const JsonPlace& place) {
  const int64_t index = place.Integer();
  if (index < 0 || index > std::numeric_limits<int>::max()) {
    place.Fail("expected a joint's index, 0 or more");
  }
  return static_cast<int>(index);
}

std::array<int, 2> IndexPair(const JsonPlace& place) {
  const std::vector<JsonPlace> items = place.Items();
  if (items.size() != 2) place.Fail("expected two joint indices");
  return {SmallIndex(items[0]), SmallIndex(items[1])};
}

double PositiveNumber(const JsonPlace& place) {
  const double value = place.Number();
  if (!(value > 0)) place.Fail("expected a number above 0");
  return value;
}

// Of the folder or below it: a data set from elsewhere must not name files
// outside of itself.
std::string FileName(const JsonPlace& place) {
  std::string name = place.Text();
  const std::filesystem::path path(name);
  bool inside = !name.empty() && !path.is_absolute() &&
                name.find('\0') == std::string::npos;
  for (const std::filesystem::path& part : path) {
    inside = inside && part != "..";
  }
  if (!inside) place.Fail("expected a file's name in this folder");
  return name;
}

void ReadMetric(const JsonPlace& metric, PairsDescription& description) {
  description.metric_id = metric.At("id").Text();
  if (const auto pair = metric.Find("pair"))
    description.pair = IndexPair(*pair);
  if (const auto least = metric.Find("floor")) {
    description.floor = PositiveNumber(*least);
  }
}

}  // namespace

PairsDescription ParsePairsDescription(const nlohmann::json& json,
                                       const std::string& file) {
  const JsonPlace root(json, file);
  PairsDescription d;
  const JsonPlace layout = root.At("layout");
  if (layout.Text() != kPairsLayout) {
    layout.Fail(
        fmt::format("is '{}', expected '{}'", layout.Text(), kPairsLayout));
  }
  if (const auto kind = root.Find("kind")) {
    const std::string text = kind->Text();
    if (text != "real" && text != "synthetic") {
      kind->Fail("expected 'real' or 'synthetic'");
    }
    d.synthetic = text == "synthetic";
  }
  if (const auto x = root.Find("x")) d.x = FileName(*x);
  if (const auto y = root.Find("y")) d.y = FileName(*y);
  if (const auto groups = root.Find("groups")) d.groups = FileName(*groups);
  if (const auto names = root.Find("group_names")) {
    if (d.groups.empty()) names->Fail("there is no 'groups' to be named");
    d.group_names = Texts(*names);
  }
  if (const auto scale = root.Find("x_scale"))
    d.x_scale = PositiveNumber(*scale);
  if (const auto joints = root.Find("joints")) d.joints = Texts(*joints);
  if (const auto classes = root.Find("classes")) d.classes = Texts(*classes);
  if (const auto skeleton = root.Find("skeleton")) {
    for (const JsonPlace& bone : skeleton->Items()) {
      const auto [a, b] = IndexPair(bone);
      d.skeleton.emplace_back(a, b);
    }
  }
  d.unit = root.FindText("unit").value_or("");
  if (const auto metric = root.Find("metric")) ReadMetric(*metric, d);
  return d;
}

bool IsPairsFolder(const std::filesystem::path& folder) {
  std::error_code ignored;
  return std::filesystem::exists(folder / kPairsFile, ignored);
}

PairsDescription ReadPairsDescription(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / kPairsFile;
  return ParsePairsDescription(ReadJsonFile(path), path.string());
}

}  // namespace edge_int8
