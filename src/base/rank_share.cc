#include "src/base/rank_share.h"

#include <fmt/format.h>

#include "src/base/utf8.h"

namespace edge_int8 {
namespace {

constexpr std::size_t kMostShown = 200;

std::string_view TextOf(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

Share ShareOf(int64_t items, int rank, int size) {
  return {items * rank / size, items * (rank + 1) / size};
}

std::string FromRoot(const std::function<std::string()>& compute) {
  if (World().size() == 1) return compute();
  std::vector<std::byte> bytes;
  if (World().rank() == 0) {
    const std::string text = [&] {
      const Alone alone;
      return compute();
    }();
    const auto view = std::as_bytes(std::span(text));
    bytes.assign(view.begin(), view.end());
  }
  World().Broadcast(bytes);
  return std::string(TextOf(bytes));
}

void OnRoot(const std::function<void()>& work) {
  if (World().rank() == 0) {
    const Alone alone;
    work();
  }
  World().Barrier();
}

void RequireSameOnAllRanks(std::string_view what, const std::string& text) {
  if (World().size() == 1) return;
  const auto all = World().AllGather(std::as_bytes(std::span(text)));
  for (std::size_t r = 1; r < all.size(); ++r) {
    if (all[r] == all[0]) continue;
    const auto shown = [&](std::size_t i) {
      return ShortenMiddle(VisibleText(TextOf(all[i])), kMostShown);
    };
    FailUsage(
        fmt::format("{} differs between ranks: {} on rank 0 ({}), {} on "
                    "rank {} ({})",
                    what, shown(0), World().host(0), shown(r), r,
                    World().host(static_cast<int>(r))));
  }
}

}  // namespace edge_int8
