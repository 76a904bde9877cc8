// The tensors of a pickle that torch.save wrote, wherever they lie in it. Used
// by torch_zip.cc and torch_legacy.cc. Tested by checkpoint_files_test.cc.
#ifndef EDGE_INT8_SRC_FORMATS_PICKLED_TENSORS_H_
#define EDGE_INT8_SRC_FORMATS_PICKLED_TENSORS_H_

#include <set>
#include <string>
#include <vector>

#include "src/formats/pickle.h"
#include "src/formats/stored_tensor.h"

namespace edge_int8 {

// An object of torch.nn.Module: not built, so nothing is known of its weights.
struct PickledModule {
  std::string place;  // Python's way there: "[\"model\"]"; empty for the file
  std::string class_name;
};

struct FoundTensors {
  std::vector<StoredTensor> tensors;  // in the file's order
  std::vector<PickledModule> modules;
  bool arrays = false;            // NumPy's, which are no weights, were met
  std::set<std::string> skipped;  // some of the other classes, for messages
};

// Walks dicts, lists and tuples; never into an opaque object. Each is walked
// once, so weights that two keys share are listed under the first.
FoundTensors FindTensors(const std::string& where, const PickleValue& root);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_FORMATS_PICKLED_TENSORS_H_
