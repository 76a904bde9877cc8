// The freedoms of an attention's weights: changes that leave what it computes
// as it is. Both exact_balance.h and equalize.h choose among them. Tested by
// exact_balance_test.cc and equalize_test.cc.
#ifndef EDGE_INT8_SRC_QUANTIZE_RECONSTRUCT_ATTENTION_CHANNELS_H_
#define EDGE_INT8_SRC_QUANTIZE_RECONSTRUCT_ATTENTION_CHANNELS_H_

#include <string>
#include <vector>

#include "src/graph/model.h"

namespace edge_int8 {

// One attention of a folded model, whose weights it changes.
class AttentionChannels {
 public:
  // All of a model's whose queries, keys and values a convolution makes.
  static std::vector<AttentionChannels> In(Model& model);

  int channels() const { return channels_; }
  TensorId qkv() const { return qkv_; }
  TensorId mixed() const { return mixed_; }
  // Whether only convolutions that see all channels read the result: then a
  // factor can move from it into their weights.
  bool values_are_free() const { return !readers_.empty(); }

  // Whether a channel's query and key both hold anything but zeros, and so can
  // change a score; and whether its value and what reads it do.
  bool ScoresRead(int channel) const;
  bool ReadersRead(int channel) const;

  // Query times `factor`, key divided by it. With 0 both become 0: for a pair
  // of which one already is.
  void ScaleQuery(int channel, double factor);
  // Value and the mix's bias times `factor`, what reads them divided by it; 0
  // likewise.
  void ScaleValue(int channel, double factor);

  // Whether a constant can move between the mix's bias and the readers': none
  // of them reads beside an edge.
  bool shift_is_free() const;
  // Where it can, makes the mix's bias these, and the readers' what they must
  // be. After MoveShifts(), which makes it 0.
  void SetMixBias(const std::vector<double>& bias);

  // Shifts that need not be where they are: the key's vanishes, the value's
  // goes into the mix's bias, and that into the readers' biases where none of
  // them reads beside an edge.
  void MoveShifts();

 private:
  AttentionChannels(Model& model, const Node& mix);
  bool RowIsZero(int part, int channel) const;
  std::vector<float>& mix_bias() const { return model_->Parameter(bias_).data; }
  void ScaleRow(int part, int channel, double factor);
  void MoveBiasInto(const Conv& reader);

  Model* model_;
  Conv conv_;         // that makes q, k and v
  std::string bias_;  // the mix's
  std::vector<Conv> readers_;
  TensorId qkv_;
  TensorId mixed_;
  int channels_ = 0;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_QUANTIZE_RECONSTRUCT_ATTENTION_CHANNELS_H_
