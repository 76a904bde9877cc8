#include "src/qgraph/sites.h"

#include <fmt/format.h>

#include <algorithm>

namespace edge_int8 {
namespace {

class SiteFinder {
 public:
  explicit SiteFinder(const Graph& graph) : graph_(graph) {
    map_.of_tensor.assign(graph.tensors.size(), -1);
    map_.readers.assign(graph.tensors.size(), 0);
    map_.sole_reader.assign(graph.tensors.size(), -1);
    for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
      for (const TensorId id : graph.nodes[n].inputs) {
        const auto t = static_cast<std::size_t>(id);
        map_.sole_reader[t] = ++map_.readers[t] == 1 ? static_cast<int>(n) : -1;
      }
    }
  }

  SiteMap Find() {
    AddSite(0, SiteRole::kInput);
    for (const Node& node : graph_.nodes) Visit(node);
    return std::move(map_);
  }

 private:
  template <class T>
  bool SoleReaderIs(TensorId tensor) const {
    const int n = map_.sole_reader[static_cast<std::size_t>(tensor)];
    return n >= 0 && std::holds_alternative<T>(
                         graph_.nodes[static_cast<std::size_t>(n)].op);
  }
  bool SoleReaderIsSilu(TensorId tensor) const {
    const int n = map_.sole_reader[static_cast<std::size_t>(tensor)];
    return n >= 0 && IsSilu(graph_.nodes[static_cast<std::size_t>(n)].op);
  }
  template <class T>
  bool AnyReaderIs(TensorId tensor) const {
    return std::any_of(
        graph_.nodes.begin(), graph_.nodes.end(), [&](const Node& node) {
          return std::holds_alternative<T>(node.op) &&
                 std::count(node.inputs.begin(), node.inputs.end(), tensor) > 0;
        });
  }

  Site& AddSite(TensorId tensor, SiteRole role) {
    const auto t = static_cast<std::size_t>(tensor);
    map_.of_tensor[t] = static_cast<int>(map_.sites.size());
    Site site;
    site.name = graph_.tensors[t].name;
    site.tensor = tensor;
    site.role = role;
    site.channels = graph_.extent(tensor).channels;
    if (role == SiteRole::kStored && FeedsPool(tensor)) {
      site.default_bits = 16;
      site.symmetric = true;
    }
    map_.sites.push_back(site);
    return map_.sites.back();
  }

  bool FeedsPool(TensorId tensor) const {
    return AnyReaderIs<Pool>(tensor);
  }

  void AddPreActivation(TensorId tensor, bool is_sum) {
    Site& site = AddSite(tensor, SiteRole::kPreActivation);
    site.is_sum = is_sum;
    const int silu = map_.sole_reader[static_cast<std::size_t>(tensor)];
    const Node& node = graph_.nodes[static_cast<std::size_t>(silu)];
    // Not symmetric: 16 bits always are, and a plan may ask for 8 or 12.
    if (FeedsPool(node.output) && !is_sum) site.default_bits = 16;
  }

  void AddQkv(const Node& node) {
    const int third = graph_.extent(node.output).channels / 3;
    const int reader = FirstReader<AttentionScores>(node.output);
    const int heads = std::get<AttentionScores>(
                          graph_.nodes[static_cast<std::size_t>(reader)].op)
                          .heads;
    const int query = static_cast<int>(map_.sites.size());
    constexpr std::array kRoles = {SiteRole::kQuery, SiteRole::kKey,
                                   SiteRole::kValue};
    for (int part = 0; part < 3; ++part) {
      const auto p = static_cast<std::size_t>(part);
      Site& site = AddSite(node.output, kRoles[p]);
      site.name += std::array{".q", ".k", ".v"}[p];
      site.first_channel = part * third;
      site.channels = third;
      site.scales = kRoles[p] == SiteRole::kValue ? third : heads;
      site.symmetric = true;
    }
    map_.of_tensor[static_cast<std::size_t>(node.output)] = query;
  }

  template <class T>
  int FirstReader(TensorId tensor) const {
    for (std::size_t n = 0; n < graph_.nodes.size(); ++n) {
      const Node& node = graph_.nodes[n];
      if (std::holds_alternative<T>(node.op) && node.inputs[0] == tensor) {
        return static_cast<int>(n);
      }
    }
    Check(false, "no such reader");
    return -1;
  }

  // A tensor made by a convolution or a sum.
  void AddLinear(const Node& node, bool is_sum) {
    if (SoleReaderIsSilu(node.output)) {
      AddPreActivation(node.output, is_sum);
    } else if (!SoleReaderIs<Add>(node.output) || is_sum) {
      AddSite(node.output, SiteRole::kStored).is_sum = is_sum;
    }
  }

  void Visit(const Node& node) {
    const auto out = static_cast<std::size_t>(node.output);
    const auto in = static_cast<std::size_t>(node.inputs[0]);
    if (std::holds_alternative<Conv>(node.op)) {
      if (AnyReaderIs<AttentionScores>(node.output)) {
        AddQkv(node);
      } else {
        AddLinear(node, false);
      }
    } else if (std::holds_alternative<Add>(node.op)) {
      AddLinear(node, true);
    } else if (IsSilu(node.op)) {
      const int pre = map_.of_tensor[in];
      if (pre < 0 || map_.sites[static_cast<std::size_t>(pre)].role !=
                         SiteRole::kPreActivation) {
        Refuse(node, "a SiLU must be the only reader of a convolution or sum");
      }
      if (!SoleReaderIs<Add>(node.output)) {
        AddSite(node.output, SiteRole::kStored);
      }
    } else if (std::holds_alternative<AttentionMix>(node.op)) {
      AddSite(node.output, SiteRole::kStored);
    } else if (std::holds_alternative<Transpose>(node.op)) {
      map_.of_tensor[out] = map_.of_tensor[in];
      if (map_.of_tensor[in] < 0 && !AfterPool(node.inputs[0])) {
        Refuse(node, "a transpose of a tensor that is not stored");
      }
    } else if (std::holds_alternative<BatchNorm>(node.op) ||
               std::holds_alternative<Dropout>(node.op)) {
      Refuse(node, "norms must be folded first");
    }
  }

  bool AfterPool(TensorId tensor) const {
    return std::any_of(graph_.nodes.begin(), graph_.nodes.end(),
                       [&](const Node& node) {
                         return node.output == tensor &&
                                std::holds_alternative<Pool>(node.op);
                       });
  }

  [[noreturn]] void Refuse(const Node& node, const char* why) const {
    FailInput(fmt::format("graph {}, node {}", graph_.name, node.name), why);
  }

  const Graph& graph_;
  SiteMap map_;
};

}  // namespace

SiteMap FindSites(const Graph& folded) { return SiteFinder(folded).Find(); }

bool IsSumTerm(const Graph& graph, const SiteMap& map, TensorId tensor) {
  const int n = map.sole_reader[static_cast<std::size_t>(tensor)];
  return n >= 0 && std::holds_alternative<Add>(
                       graph.nodes[static_cast<std::size_t>(n)].op);
}

}  // namespace edge_int8
