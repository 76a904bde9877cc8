// The freedoms of an attention's weights: factors that leave what it computes
// as it is. Both balance_attention.h and equalize.h choose such factors. Tested
// by balance_attention_test.cc and equalize_test.cc.
#ifndef EDGE_INT8_SRC_QUANTIZE_ATTENTION_CHANNELS_H_
#define EDGE_INT8_SRC_QUANTIZE_ATTENTION_CHANNELS_H_

#include <cstdint>
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

  // Root of the sum of squares of a row of the q, k, v convolution: `part` 0, 1
  // or 2; and of all weights that read a channel of the result.
  double RowLength(int part, int channel) const;
  double ReaderLength(int channel) const;

  // Query times `factor`, key divided by it.
  void ScaleQuery(int channel, double factor);
  // Value and the mix's bias times `factor`, what reads them divided by it.
  void ScaleValue(int channel, double factor);

 private:
  AttentionChannels(Model& model, const Node& mix);
  void ScaleRow(int part, int channel, double factor);

  Model* model_;
  Conv conv_;         // that makes q, k and v
  std::string bias_;  // the mix's
  std::vector<Conv> readers_;
  TensorId qkv_;
  TensorId mixed_;
  int channels_ = 0;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_QUANTIZE_ATTENTION_CHANNELS_H_
