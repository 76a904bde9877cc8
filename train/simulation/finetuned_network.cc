#include "train/simulation/finetuned_network.h"

#include <utility>

namespace edge_int8::train {

Model FloatNetwork::CurrentModel() const {
  Model model = model_;
  for (StateDictEntry& entry : network_.StateDict()) {
    if (auto* tensor = std::get_if<Tensor>(&entry.value)) {
      model.Parameter(entry.name).data = std::move(tensor->data);
    }
  }
  return model;
}

}  // namespace edge_int8::train
