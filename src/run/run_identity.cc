#include "src/run/run_identity.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <span>
#include <vector>

#include "src/base/error.h"
#include "src/base/rank_share.h"
#include "src/base/sha256.h"
#include "src/base/utf8.h"
#include "src/pose/dataset_files.h"
#include "src/run/version.h"

namespace edge_int8 {
namespace {

using nlohmann::json;

template <class Value>
std::string HashOf(const std::vector<Value>& values) {
  return Sha256(std::as_bytes(std::span(values)));
}

// Of a state file, somebody else's words perhaps.
std::string ShownValue(const json& values, const std::string& name) {
  const auto found = values.find(name);
  if (found == values.end()) return "absent";
  constexpr std::size_t kMost = 24;  // of a hash, enough to tell two apart
  return ShortenMiddle(
      VisibleText(found->dump(-1, ' ', false, json::error_handler_t::replace)),
      kMost);
}

// "data/csi_windows.npy was "12ab...", is "34cd..."": a few, then a count.
std::string Differences(const json& begun, const json& now) {
  constexpr int kMost = 4;
  const json was = begun.flatten();
  const json is = now.flatten();
  std::set<std::string> names;
  for (const json* side : {&was, &is}) {
    for (const auto& [name, value] : side->items()) names.insert(name);
  }
  std::string text;
  int count = 0;
  for (const std::string& name : names) {
    const auto a = was.find(name), b = is.find(name);
    if (a != was.end() && b != is.end() && *a == *b) continue;
    if (++count > kMost) continue;
    // Of an empty object that name is empty, too.
    const std::string shown = name.empty() ? "all" : name.substr(1);
    text += fmt::format("{}{} was {}, is {}", text.empty() ? "" : "; ",
                        ShortenMiddle(VisibleText(shown), 60),
                        ShownValue(was, name), ShownValue(is, name));
  }
  if (count > kMost) text += fmt::format("; and {} more", count - kMost);
  return text;
}

}  // namespace

json ProgramIdentity() {
  return {{"program", fmt::format("{} {}", VersionNumber(), BuildCommit())}};
}

namespace {

json HashesOf(const Dataset& dataset, const DatasetOptions& options) {
  json files = json::object();
  for (const auto& path : SmallDatasetFiles(dataset.folder())) {
    files[path.filename().string()] = Sha256File(path);
  }
  files[dataset.window_file()] =
      Sha256File(dataset.folder() / dataset.window_file());
  const WindowTargets& targets = dataset.targets();
  files["targets"] = HashOf(targets.poses) + HashOf(targets.labels);
  std::vector<std::string> masks;
  for (const auto& mask : options.corrupt_masks) {
    masks.push_back(Sha256File(mask));
  }
  std::ranges::sort(masks);  // They are or-ed: their order says nothing.
  return {{"data", files}, {"split", dataset.split_id()}, {"masks", masks}};
}

}  // namespace

json DataIdentity(const Dataset& dataset, const DatasetOptions& options) {
  // Of a job, rank 0 alone makes the pass over the windows.
  return json::parse(
      FromRoot([&] { return HashesOf(dataset, options).dump(); }));
}

std::string WeightsHash(const Model& model) {
  std::string hashes;
  for (const auto& [name, tensor] : model.parameters) {
    hashes += name + " " + HashOf(tensor.data) + "\n";
  }
  return Sha256(std::as_bytes(std::span(hashes)));
}

void RequireSameRun(const std::filesystem::path& file, const JsonPlace& begun,
                    const json& now) {
  if (!begun.IsObject()) begun.Fail("expected what the run depends on");
  if (begun.value() == now) return;
  FailUsage(fmt::format(
      "--resume: {} is of another run: {}. The command that began it goes on; "
      "--force without --resume starts anew",
      file.string(), Differences(begun.value(), now)));
}

}  // namespace edge_int8
