#include "src/formats/state_dict.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "src/base/error.h"
#include "src/formats/checkpoint_file.h"

namespace edge_int8 {
namespace {

// The name without what DataParallel and torch.compile put before all names,
// in either order.
std::string_view OwnName(std::string_view name) {
  constexpr std::string_view kPrefixes[] = {"module.", "_orig_mod."};
  while (true) {
    const auto* const prefix = std::ranges::find_if(
        kPrefixes,
        [name](std::string_view before) { return name.starts_with(before); });
    if (prefix == std::end(kPrefixes)) return name;
    name.remove_prefix(prefix->size());
  }
}

// The dict that ReadStateDict reads.
std::string FindStateDict(const std::vector<StoredTensor>& tensors) {
  constexpr std::array<std::string_view, 4> kUsual = {
      "state_dict", "model_state_dict", "model", "net"};
  std::map<std::string, std::size_t> counts;
  for (const StoredTensor& tensor : tensors) ++counts[tensor.dict];
  for (const std::string_view usual : kUsual) {
    const auto found = counts.find(std::string(usual));
    if (found != counts.end()) return found->first;
  }
  std::string best = tensors[0].dict;
  for (const StoredTensor& tensor : tensors) {  // The first of equal ones.
    if (counts[tensor.dict] > counts[best]) best = tensor.dict;
  }
  return best;
}

std::vector<NamedTensor> Read(CheckpointFile file) {
  const std::string dict = FindStateDict(file.tensors());
  std::vector<NamedTensor> tensors;
  std::set<std::string> seen;
  for (const StoredTensor& stored : file.tensors()) {
    if (stored.dict != dict) continue;
    std::string name(OwnName(stored.name));
    if (!seen.insert(name).second) {
      FailInput(file.where(), fmt::format("tensor '{}' appears twice", name));
    }
    tensors.push_back(
        {std::move(name), file.Read(stored), IsIntegerStorage(stored.type)});
  }
  return tensors;
}

}  // namespace

std::vector<NamedTensor> ReadStateDict(const std::string& where,
                                       std::span<const std::byte> bytes) {
  return Read(CheckpointFile(where, bytes));
}

std::vector<NamedTensor> ReadStateDict(const std::filesystem::path& path) {
  return Read(CheckpointFile(path));
}

}  // namespace edge_int8
