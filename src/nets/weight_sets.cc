#include "src/nets/weight_sets.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <string_view>
#include <tuple>
#include <utility>

#include "src/base/error.h"

namespace edge_int8 {
namespace {

using Parts = std::vector<std::string_view>;

constexpr std::string_view kAnchor = "tcn.network.";

Parts Split(std::string_view name) {
  Parts parts;
  while (true) {
    const std::size_t dot = name.find('.');
    parts.push_back(name.substr(0, dot));
    if (dot == std::string_view::npos) return parts;
    name.remove_prefix(dot + 1);
  }
}

// What DataParallel, torch.compile, activation checkpointing and FSDP put
// between names without changing a weight.
bool IsWrapper(std::string_view part) {
  return part == "module" || part == "_orig_mod" ||
         part == "_checkpoint_wrapped_module" || part == "_fsdp_wrapped_module";
}

// An optimizer's moments may be kept under the weights' own names.
bool IsOptimizer(std::string_view part) {
  return part.starts_with("optim") || part.starts_with("exp_avg") ||
         part == "momentum_buffer" || part == "grads";
}

bool IsNumber(std::string_view part) {
  return !part.empty() &&
         std::ranges::all_of(part, [](char c) { return c >= '0' && c <= '9'; });
}

// Whether the parts from `at` on are a name of the family.
bool BeginsNetwork(const Parts& parts, std::size_t at) {
  if (at + 2 >= parts.size()) return false;
  const std::string_view first = parts[at];
  const std::string_view second = parts[at + 1];
  if (first == "tcn") return second == "network";
  if (first == "up") return second == "block" || second == "downsample";
  if (first == "attention" || first == "att") {
    return second == "width_axis" || second == "height_axis";
  }
  return (first == "residual_blocks" || first == "decoder" ||
          first == "final_conv") &&
         IsNumber(second);
}

// Upstream's code once called these modules by shorter names.
std::string CurrentName(std::string_view name) {
  constexpr std::pair<std::string_view, std::string_view> kRenamed[] = {
      {"att.", "attention."}, {"final_conv.", "decoder."}};
  for (const auto& [before, now] : kRenamed) {
    if (name.starts_with(before)) {
      return std::string(now) + std::string(name.substr(before.size()));
    }
  }
  return std::string(name);
}

// State of observers and of fake quantization, as prepare_qat leaves it.
bool IsObserver(std::string_view name) {
  return name.find("fake_quant") != std::string_view::npos ||
         name.find("activation_post_process") != std::string_view::npos;
}

struct Place {
  std::string key;
  std::string name;  // empty: no name of the family
};

Place PlaceOf(const StoredTensor& tensor) {
  const std::string full = tensor.FullName();
  Parts parts = Split(full);
  std::erase_if(parts, IsWrapper);
  // The last one: 'decoder.tcn.network...' is a network in a 'decoder'.
  for (std::size_t at = parts.size(); at-- > 0;) {
    if (!BeginsNetwork(parts, at)) continue;
    const auto begin = parts.begin();
    const auto middle = begin + static_cast<std::ptrdiff_t>(at);
    if (std::any_of(begin, middle, IsOptimizer)) return {};
    const std::string key = fmt::format("{}", fmt::join(begin, middle, "."));
    return {
        key.empty() ? "." : key,
        CurrentName(fmt::format("{}", fmt::join(middle, parts.end(), ".")))};
  }
  return {};
}

bool IsAveraged(std::string_view key) {
  std::string lower(key);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  for (const std::string_view word :
       {"ema", "averag", "avg", "swa", "shadow", "teacher", "polyak"}) {
    if (lower.find(word) != std::string::npos) return true;
  }
  return false;
}

// Whether the parts of `asked` are some parts of `key`, in one piece.
bool Names(std::string_view asked, std::string_view key) {
  if (asked.empty() || key == ".") return false;
  const std::string in = fmt::format(".{}.", key);
  return in.find(fmt::format(".{}.", asked)) != std::string::npos;
}

std::size_t AskedSet(const std::string& where,
                     const std::vector<WeightSet>& sets,
                     const std::string& asked) {
  std::vector<std::string> keys;
  std::vector<std::size_t> named;
  for (std::size_t i = 0; i < sets.size(); ++i) {
    if (sets[i].key == asked) return i;
    if (Names(asked, sets[i].key)) named.push_back(i);
    keys.push_back(sets[i].key);
  }
  if (named.size() == 1) return named[0];
  FailUsage(
      fmt::format("--weights '{}' names {} of the sets of weights in {}, "
                  "which are '{}'",
                  asked, named.empty() ? "none" : "several", where,
                  fmt::join(keys, "', '")));
}

}  // namespace

SortedTensors SortTensors(const std::vector<StoredTensor>& tensors) {
  SortedTensors sorted;
  std::map<std::string, std::size_t> by_key;
  std::vector<Place> places;
  for (const StoredTensor& tensor : tensors) {
    places.push_back(PlaceOf(tensor));
    const Place& place = places.back();
    // Only the TCN's names are the family's own; others may be anybody's.
    if (place.name.starts_with(kAnchor) &&
        by_key.emplace(place.key, sorted.sets.size()).second) {
      sorted.sets.push_back({place.key, {}});
    }
  }
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const auto set = by_key.find(places[i].key);
    if (!places[i].name.empty() && set != by_key.end()) {
      WeightSet& into = sorted.sets[set->second];
      if (IsObserver(places[i].name)) {
        ++into.observers;
      } else {
        into.tensors.push_back({std::move(places[i].name), &tensors[i]});
      }
    } else if (!IsObserver(tensors[i].name)) {
      sorted.strays.push_back(&tensors[i]);
    }
  }
  return sorted;
}

std::size_t ChooseSet(const std::string& where,
                      const std::vector<WeightSet>& sets,
                      const std::optional<std::string>& asked) {
  if (asked) return AskedSet(where, sets, *asked);
  std::size_t most = 0;
  for (const WeightSet& set : sets) most = std::max(most, set.tensors.size());
  std::size_t best = 0;
  const auto rank = [&](const WeightSet& set) {
    const bool partial = set.tensors.size() * 10 < most * 9;
    return std::tuple(partial, IsAveraged(set.key));
  };
  for (std::size_t i = 1; i < sets.size(); ++i) {
    if (rank(sets[i]) < rank(sets[best])) best = i;
  }
  return best;
}

}  // namespace edge_int8
