// The manifest of a run and the trimmed data of its player. Declared in
// page_parts.h.
#include <fmt/format.h>

#include <algorithm>

#include "src/base/utf8.h"
#include "src/pose/bones.h"
#include "src/pose/pose_metric.h"
#include "src/report/page_parts.h"

namespace edge_int8 {

using nlohmann::json;

void AddCopyable(const std::string& name, const std::string& value,
                 Markup& page) {
  page.Open("tr");
  page.Element("th", {{"scope", "row"}, {"class", "left"}}, name);
  page.Open("td", {{"class", "value"}});
  page.Open("code").Element("bdi", {}, value).Close();
  page.Text(" ");
  page.Element("button",
               {{"type", "button"},
                {"class", "copy"},
                {"data-copy", value},
                {"aria-label", "Copy " + name}},
               "Copy");
  page.Close().Close();
}

void AddManifest(const RunReport& run, Markup& page) {
  page.Open("table", {{"class", "manifest"}}).Open("tbody");
  page.Open("tr").Element("th", {{"scope", "row"}, {"class", "left"}},
                          "folder");
  page.Open("td", {{"class", "value"}}).Element("bdi", {}, run.path);
  page.Close().Close();
  std::string group;
  const std::vector<ManifestLine> none;
  for (const ManifestLine& line : run.bench ? run.bench->manifest : none) {
    if (line.group != group) {
      group = line.group;
      page.Open("tr", {{"class", "section"}});
      page.Open("th", {{"colspan", "2"}, {"class", "left"}});
      page.Element("bdi", {}, group).Close().Close();
    }
    if (line.copyable) {
      AddCopyable(line.name, line.value, page);
      continue;
    }
    page.Open("tr");
    page.Open("th", {{"scope", "row"}, {"class", "left"}});
    page.Element("bdi", {}, line.name).Close();
    page.Open("td", {{"class", "value"}}).Element("bdi", {}, line.value);
    page.Close().Close();
  }
  page.Close().Close();
}

std::size_t PlayerChunks(const json& player) {
  std::size_t most = 0;
  if (player.is_null()) return most;
  for (const json& file : player.at("files")) {
    most = std::max(most, file.at("chunks").size());
  }
  return most;
}

json PlayerData(const json& player, const Palette& palette,
                std::size_t chunks) {
  const auto title = [](const json& model) {
    return ShortenMiddle(VisibleText(model.at("title").get<std::string>()), 60);
  };
  // Foreign labels stay out of the page: its keys are truth, m0, m1, ...
  json models = json::array();
  std::vector<std::pair<std::string, std::string>> keys = {{"truth", "truth"}};
  for (const json& model : player.at("models")) {
    const auto label = model.at("label").get<std::string>();
    keys.emplace_back(label, fmt::format("m{}", models.size()));
    models.push_back({{"label", keys.back().second},
                      {"title", title(model)},
                      {"colour", palette.Of(label)}});
  }
  json files = json::array();
  for (const json& file : player.at("files")) {
    json kept = json::array();
    for (const json& chunk : file.at("chunks")) {
      if (kept.size() == chunks) break;
      json poses;
      for (const auto& [from, to] : keys)
        poses[to] = chunk.at("poses").at(from);
      json entry = {{"windows", chunk.at("windows")}, {"poses", poses}};
      if (chunk.contains("csi")) entry["csi"] = chunk.at("csi");
      kept.push_back(std::move(entry));
    }
    json entry = {{"which", VisibleText(file.at("which").get<std::string>())},
                  {"file", file.at("file")},
                  {"windows", file.at("windows")},
                  {"mean_error", nullptr},
                  {"chunks", kept}};
    if (file.contains("mean_error")) entry["mean_error"] = file["mean_error"];
    files.push_back(std::move(entry));
  }
  // Runs from before there was another skeleton have upstream's.
  json shape = {{"dims", 2},
                {"joints", kScoredJoints},
                {"skeleton", kBones},
                {"scale", {{"pair", {2, 12}}, {"floor", 0.01}}}};
  for (const auto& [key, value] : shape.items()) {
    if (player.contains(key)) value = player.at(key);
  }
  return {{"unit", player.at("unit")},
          {"dims", shape.at("dims")},
          {"joints", shape.at("joints")},
          {"skeleton", shape.at("skeleton")},
          {"scale", shape.at("scale")},
          {"csi", player.at("csi")},
          {"ranked_by", title(player.at("ranked_by"))},
          {"models", models},
          {"files", files}};
}

}  // namespace edge_int8
