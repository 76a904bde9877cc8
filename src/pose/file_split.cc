#include "src/pose/file_split.h"

#include <cmath>
#include <iterator>

#include "src/pose/python_random.h"

namespace edge_int8 {

FileSplit SplitFiles(int files) {
  const std::vector<int> order = PythonShuffle(kSplitSeed, files);
  // In double, as Python does: 0.7 * 90 is 62.99..., so 62 files.
  const auto train = static_cast<std::ptrdiff_t>(std::floor(0.7 * files));
  const auto val = static_cast<std::ptrdiff_t>(std::floor(0.15 * files));
  const auto val_begin = std::next(order.begin(), train);
  const auto test_begin = std::next(val_begin, val);
  return {{order.begin(), val_begin},
          {val_begin, test_begin},
          {test_begin, order.end()}};
}

}  // namespace edge_int8
