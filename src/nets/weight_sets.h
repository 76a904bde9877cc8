// Sorts a checkpoint's tensors into the sets of weights of the WiFlow family
// that it holds, and the rest. Tested by weight_sets_test.cc.
//
// A trainer may keep a network's tensors under any key and behind any prefix:
// 'state_dict.model.' or 'net._orig_mod.'. What stands before the family's own
// names is the set's key, whatever it is called; wrappers that change nothing
// ('module.', '_orig_mod.') are taken off wherever they stand.
#ifndef EDGE_INT8_SRC_NETS_WEIGHT_SETS_H_
#define EDGE_INT8_SRC_NETS_WEIGHT_SETS_H_

#include <optional>
#include <string>
#include <vector>

#include "src/formats/stored_tensor.h"

namespace edge_int8 {

struct SetTensor {
  std::string name;  // as the family says it today: attention., decoder.
  const StoredTensor* stored = nullptr;
};

struct WeightSet {
  std::string key;  // "state_dict.model"; "." when nothing stands before names
  std::vector<SetTensor> tensors;
  int observers = 0;  // tensors of quantization-aware training, left out
};

struct SortedTensors {
  std::vector<WeightSet> sets;              // in the file's order
  std::vector<const StoredTensor*> strays;  // outside every set
};

// `tensors` must outlive the result.
SortedTensors SortTensors(const std::vector<StoredTensor>& tensors);

// Index of the set to use: the one that `asked` names, by its key or by a part
// of it that no other has; else a whole set before a partial one, a raw one
// before an averaged one (ema, swa, teacher), then the file's order. Throws
// kUsage, listing the keys, when `asked` names none or several. `sets` is not
// empty.
std::size_t ChooseSet(const std::string& where,
                      const std::vector<WeightSet>& sets,
                      const std::optional<std::string>& asked);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_NETS_WEIGHT_SETS_H_
