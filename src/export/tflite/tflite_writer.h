// A .tflite file under construction: tensors and operators by number, its bytes
// at the end. It knows the format and nothing of networks; tflite_values.cc and
// tflite_model.cc do. Tested by tflite_writer_test.cc, and by LiteRT and TFLite
// Micro themselves in tests/peers.
#ifndef EDGE_INT8_SRC_EXPORT_TFLITE_TFLITE_WRITER_H_
#define EDGE_INT8_SRC_EXPORT_TFLITE_TFLITE_WRITER_H_

#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace edge_int8 {

enum class TfType { kInt8, kInt16, kInt32, kInt64 };
using TfShape = std::vector<int32_t>;

// Operators with their options. Convolutions and pools are VALID unless `same`.
struct TfConv {
  bool same = false;
  int stride_h = 1, stride_w = 1;
  int dilation_h = 1, dilation_w = 1;
};
struct TfDepthwise {
  TfConv conv;
  int multiplier = 1;
};
struct TfAveragePool {
  int filter_h = 1, filter_w = 1;
  int stride_h = 1, stride_w = 1;
  bool same = false;
};
struct TfMaxPool {
  int filter_h = 1, filter_w = 1;
  int stride_h = 1, stride_w = 1;
};
struct TfConcatenate {
  int axis = 0;
};
struct TfSplit {
  int parts = 1;
};
struct TfReshape {
  TfShape shape;
};
struct TfBatchMatMul {
  bool transpose_second = false;
};
struct TfAdd {};
struct TfMul {};
struct TfLogistic {};
struct TfSoftmax {};
struct TfPad {};
struct TfTranspose {};
struct TfMean {};
struct TfSlice {};
struct TfQuantize {};
struct TfSub {};
struct TfMaximum {};
struct TfMinimum {};
struct TfPadWith {};  // PADV2: the value is an input
struct TfReduceMax {};
struct TfGather {
  int axis = 0;
};
struct TfTanh {};
struct TfElu {};
struct TfLeakyRelu {
  float slope = 0;
};
struct TfGelu {
  bool approximate = false;
};
using TfOp =
    std::variant<TfConv, TfDepthwise, TfAveragePool, TfConcatenate, TfSplit,
                 TfReshape, TfBatchMatMul, TfAdd, TfMul, TfLogistic, TfSoftmax,
                 TfPad, TfTranspose, TfMean, TfSlice, TfQuantize, TfMaxPool,
                 TfSub, TfMaximum, TfMinimum, TfPadWith, TfReduceMax, TfGather,
                 TfTanh, TfElu, TfLeakyRelu, TfGelu>;

class TfliteWriter {
 public:
  // An activation: real = (q - zero) * scale.
  int Tensor(const std::string& name, TfShape shape, TfType type, double scale,
             int32_t zero);
  // Constants; scales are one, or one for each index of `dimension`.
  int Constant(const std::string& name, TfShape shape,
               std::span<const int8_t> values, std::vector<float> scales,
               int dimension = 0, int64_t zero = 0);
  int Constant(const std::string& name, TfShape shape,
               std::span<const int16_t> values, std::vector<float> scales);
  int Constant(const std::string& name, TfShape shape,
               std::span<const int64_t> values, std::vector<float> scales);
  int Constant(const std::string& name, TfShape shape,
               std::span<const int32_t> values, std::vector<float> scales = {});

  void Op(TfOp op, std::vector<int> inputs, std::vector<int> outputs);

  const TfShape& shape(int tensor) const {
    return tensors_[static_cast<std::size_t>(tensor)].shape;
  }
  TfType type(int tensor) const {
    return tensors_[static_cast<std::size_t>(tensor)].type;
  }
  int operators() const { return static_cast<int>(ops_.size()); }

  std::string Bytes(const std::string& name, const std::string& description,
                    int input, int output) const;

 private:
  struct TensorRecord {
    std::string name;
    TfShape shape;
    TfType type = TfType::kInt8;
    std::vector<float> scales;
    int64_t zero = 0;
    int dimension = 0;
    std::string data;  // empty for activations
  };
  struct OpRecord {
    TfOp op;
    std::vector<int> inputs;
    std::vector<int> outputs;
  };
  friend class TfliteSerializer;

  int Add(TensorRecord record);

  std::vector<TensorRecord> tensors_;
  std::vector<OpRecord> ops_;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_EXPORT_TFLITE_TFLITE_WRITER_H_
