// Work over items shared out between the ranks of a job (communicator.h), so
// that afterwards each has all results. Tested by rank_share_test.cc and, on
// several ranks, by tests/ranks.
//
// An item's result must depend on the item alone, not on who computes it; what
// is summed over items is summed afterwards, in item order, by everybody.
#ifndef EDGE_INT8_SRC_BASE_RANK_SHARE_H_
#define EDGE_INT8_SRC_BASE_RANK_SHARE_H_

#include <algorithm>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "src/base/communicator.h"
#include "src/base/error.h"

namespace edge_int8 {

// [first, end) of the items, contiguous and in rank order.
struct Share {
  int64_t first = 0;
  int64_t end = 0;
  int64_t size() const { return end - first; }
};
Share ShareOf(int64_t items, int rank, int size);
inline Share MyShare(int64_t items) {
  return ShareOf(items, World().rank(), World().size());
}

// Of `all`, this rank has filled [first, end), which continues where the rank
// before it ended; fills the rest with what the others have.
template <class T>
void GatherSlices(std::span<T> all, int64_t first, int64_t end) {
  static_assert(std::is_trivially_copyable_v<T>);
  if (World().size() == 1) return;
  const auto mine = all.subspan(static_cast<std::size_t>(first),
                                static_cast<std::size_t>(end - first));
  std::size_t at = 0;
  for (const auto& part : World().AllGather(std::as_bytes(mine))) {
    Check(at + part.size() <= all.size_bytes(), "slices beyond the whole");
    if (!part.empty()) {
      std::memcpy(reinterpret_cast<std::byte*>(all.data()) + at, part.data(),
                  part.size());
    }
    at += part.size();
  }
  Check(at == all.size_bytes(), "slices of all ranks make the whole");
}

// The items of whole batches, of which the last one may be short.
inline Share ItemsOf(const Share& batches, int64_t batch, int64_t items) {
  return {std::min(batches.first * batch, items),
          std::min(batches.end * batch, items)};
}

// `all` has equally many values of each of `items`. This rank has computed
// those of `batches`, its MyShare() of the batches of so many items; fills the
// rest with what the others have.
template <class T>
void GatherBatches(std::span<T> all, int64_t items, const Share& batches,
                   int64_t batch = 1) {
  if (items == 0) return;
  const int64_t width = std::ssize(all) / items;
  const Share mine = ItemsOf(batches, batch, items);
  GatherSlices(all, mine.first * width, mine.end * width);
}

// Rank 0's text, computed there alone, for everybody.
std::string FromRoot(const std::function<std::string()>& compute);

// Work that is not shared out: rank 0 does it by itself, the others wait.
void OnRoot(const std::function<void()>& work);

// Throws kUsage, naming a rank and its machine, unless all ranks have the same
// text: `what` is "the data of data/" or "the command line".
void RequireSameOnAllRanks(std::string_view what, const std::string& text);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_BASE_RANK_SHARE_H_
