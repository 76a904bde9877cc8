#include "src/export/tflite/tflite_writer.h"

#include <tflite_generated.h>

#include <algorithm>
#include <map>
#include <utility>

#include "src/base/error.h"

namespace edge_int8 {
namespace {

namespace tf = tflite;
using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;

template <class... Fs>
struct Overload : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
Overload(Fs...) -> Overload<Fs...>;  // clang 14 needs it

tf::TensorType TypeOf(TfType type) {
  switch (type) {
    case TfType::kInt8:
      return tf::TensorType::INT8;
    case TfType::kInt16:
      return tf::TensorType::INT16;
    case TfType::kInt32:
      return tf::TensorType::INT32;
    case TfType::kInt64:
      return tf::TensorType::INT64;
  }
  return tf::TensorType::INT8;
}

tf::Padding PaddingOf(bool same) {
  return same ? tf::Padding::SAME : tf::Padding::VALID;
}

// What an operator is called, and the oldest version of its definition that
// has our use of it, for 8-bit and for 16-bit tensors.
struct Definition {
  tf::BuiltinOperator code;
  int version = 1;
  auto operator<=>(const Definition&) const = default;
};
Definition DefinitionOf(const TfOp& op, bool wide) {
  using B = tf::BuiltinOperator;
  const auto pick = [wide](B code, int narrow_version, int wide_version) {
    return Definition{code, wide ? wide_version : narrow_version};
  };
  return std::visit(
      Overload{
          [&](const TfConv&) { return pick(B::CONV_2D, 3, 4); },
          [&](const TfDepthwise&) { return pick(B::DEPTHWISE_CONV_2D, 3, 5); },
          [&](const TfAveragePool&) { return pick(B::AVERAGE_POOL_2D, 2, 3); },
          [&](const TfConcatenate&) { return pick(B::CONCATENATION, 2, 3); },
          [&](const TfSplit&) { return pick(B::SPLIT, 2, 4); },
          [&](const TfReshape&) { return pick(B::RESHAPE, 1, 1); },
          [&](const TfBatchMatMul&) { return pick(B::BATCH_MATMUL, 2, 3); },
          [&](const TfAdd&) { return pick(B::ADD, 2, 3); },
          [&](const TfMul&) { return pick(B::MUL, 2, 4); },
          [&](const TfLogistic&) { return pick(B::LOGISTIC, 2, 3); },
          [&](const TfSoftmax&) { return pick(B::SOFTMAX, 2, 3); },
          [&](const TfPad&) { return pick(B::PAD, 2, 3); },
          [&](const TfTranspose&) { return pick(B::TRANSPOSE, 2, 4); },
          [&](const TfMean&) { return pick(B::MEAN, 2, 3); },
          [&](const TfSlice&) { return pick(B::SLICE, 2, 4); },
          [&](const TfQuantize&) { return pick(B::QUANTIZE, 1, 2); },
          [&](const TfMaxPool&) { return pick(B::MAX_POOL_2D, 2, 3); },
          [&](const TfSub&) { return pick(B::SUB, 2, 5); },
          [&](const TfMaximum&) { return pick(B::MAXIMUM, 2, 4); },
          [&](const TfMinimum&) { return pick(B::MINIMUM, 2, 4); },
          [&](const TfPadWith&) { return pick(B::PADV2, 2, 2); },
          [&](const TfReduceMax&) { return pick(B::REDUCE_MAX, 2, 3); },
          [&](const TfGather&) { return pick(B::GATHER, 2, 4); },
          [&](const TfTanh&) { return pick(B::TANH, 2, 3); },
          [&](const TfElu&) { return pick(B::ELU, 1, 1); },
          [&](const TfLeakyRelu&) { return pick(B::LEAKY_RELU, 2, 2); },
          [&](const TfGelu&) { return pick(B::GELU, 2, 2); }},
      op);
}

struct Options {
  tf::BuiltinOptions type = tf::BuiltinOptions::NONE;
  Offset<void> offset = 0;
};
Options OptionsOf(FlatBufferBuilder& fb, const TfOp& op) {
  using T = tf::BuiltinOptions;
  using F = tf::FusedActivation;
  return std::visit(
      Overload{
          [&](const TfConv& c) -> Options {
            return {T::Conv2DOptions,
                    tf::CreateConv2DOptions(fb, PaddingOf(c.same), c.stride_w,
                                            c.stride_h, F::NONE, c.dilation_w,
                                            c.dilation_h)
                        .Union()};
          },
          [&](const TfDepthwise& d) -> Options {
            const TfConv& c = d.conv;
            return {T::DepthwiseConv2DOptions,
                    tf::CreateDepthwiseConv2DOptions(
                        fb, PaddingOf(c.same), c.stride_w, c.stride_h,
                        d.multiplier, F::NONE, c.dilation_w, c.dilation_h)
                        .Union()};
          },
          [&](const TfAveragePool& p) -> Options {
            return {T::Pool2DOptions,
                    tf::CreatePool2DOptions(fb, PaddingOf(p.same), p.stride_w,
                                            p.stride_h, p.filter_w, p.filter_h)
                        .Union()};
          },
          [&](const TfMaxPool& p) -> Options {
            return {T::Pool2DOptions,
                    tf::CreatePool2DOptions(fb, tf::Padding::VALID, p.stride_w,
                                            p.stride_h, p.filter_w, p.filter_h)
                        .Union()};
          },
          [&](const TfConcatenate& c) -> Options {
            return {T::ConcatenationOptions,
                    tf::CreateConcatenationOptions(fb, c.axis).Union()};
          },
          [&](const TfSplit& s) -> Options {
            return {T::SplitOptions,
                    tf::CreateSplitOptions(fb, s.parts).Union()};
          },
          [&](const TfReshape& r) -> Options {
            return {
                T::ReshapeOptions,
                tf::CreateReshapeOptions(fb, fb.CreateVector(r.shape)).Union()};
          },
          [&](const TfBatchMatMul& m) -> Options {
            return {T::BatchMatMulOptions,
                    tf::CreateBatchMatMulOptions(fb, false, m.transpose_second)
                        .Union()};
          },
          [&](const TfAdd&) -> Options {
            return {T::AddOptions,
                    tf::CreateAddOptions(fb, F::NONE, false).Union()};
          },
          [&](const TfMul&) -> Options {
            return {T::MulOptions, tf::CreateMulOptions(fb).Union()};
          },
          [&](const TfLogistic&) -> Options { return {}; },
          [&](const TfSoftmax&) -> Options {
            return {T::SoftmaxOptions,
                    tf::CreateSoftmaxOptions(fb, 1.0f).Union()};
          },
          [&](const TfPad&) -> Options {
            return {T::PadOptions, tf::CreatePadOptions(fb).Union()};
          },
          [&](const TfTranspose&) -> Options {
            return {T::TransposeOptions,
                    tf::CreateTransposeOptions(fb).Union()};
          },
          [&](const TfMean&) -> Options {
            return {T::ReducerOptions,
                    tf::CreateReducerOptions(fb, true).Union()};
          },
          [&](const TfReduceMax&) -> Options {
            return {T::ReducerOptions,
                    tf::CreateReducerOptions(fb, true).Union()};
          },
          [&](const TfSub&) -> Options {
            return {T::SubOptions,
                    tf::CreateSubOptions(fb, F::NONE, false).Union()};
          },
          [&](const TfMaximum&) -> Options {
            return {T::MaximumMinimumOptions,
                    tf::CreateMaximumMinimumOptions(fb).Union()};
          },
          [&](const TfMinimum&) -> Options {
            return {T::MaximumMinimumOptions,
                    tf::CreateMaximumMinimumOptions(fb).Union()};
          },
          [&](const TfPadWith&) -> Options {
            return {T::PadV2Options, tf::CreatePadV2Options(fb).Union()};
          },
          [&](const TfGather& g) -> Options {
            return {T::GatherOptions,
                    tf::CreateGatherOptions(fb, g.axis, 0).Union()};
          },
          [&](const TfTanh&) -> Options { return {}; },
          [&](const TfElu&) -> Options { return {}; },
          [&](const TfLeakyRelu& l) -> Options {
            return {T::LeakyReluOptions,
                    tf::CreateLeakyReluOptions(fb, l.slope).Union()};
          },
          [&](const TfGelu& g) -> Options {
            return {T::GeluOptions,
                    tf::CreateGeluOptions(fb, g.approximate).Union()};
          },
          [&](const TfSlice&) -> Options {
            return {T::SliceOptions, tf::CreateSliceOptions(fb).Union()};
          },
          [&](const TfQuantize&) -> Options {
            return {T::QuantizeOptions, tf::CreateQuantizeOptions(fb).Union()};
          }},
      op);
}

template <class T>
std::string BytesOf(std::span<const T> values) {
  return {reinterpret_cast<const char*>(values.data()), values.size_bytes()};
}

}  // namespace

// Lays the records out, in their order.
class TfliteSerializer {
 public:
  explicit TfliteSerializer(const TfliteWriter& model) : model_(model) {}

  std::string Run(const std::string& name, const std::string& description,
                  int input, int output) {
    // Buffer 0 is empty by convention: what activations name.
    buffers_.push_back(tf::CreateBuffer(fb_));
    for (const auto& record : model_.tensors_) AddTensor(record);
    for (const auto& record : model_.ops_) AddOp(record);
    std::vector<Offset<tf::OperatorCode>> codes;
    for (const Definition& d : definitions_) {
      // Readers older than builtin_code look at the byte, 127 at most.
      const auto old =
          static_cast<int8_t>(std::min(127, static_cast<int>(d.code)));
      codes.push_back(tf::CreateOperatorCode(fb_, old, 0, d.version, d.code));
    }
    const auto graph =
        tf::CreateSubGraph(fb_, fb_.CreateVector(tensors_),
                           fb_.CreateVector(std::vector<int32_t>{input}),
                           fb_.CreateVector(std::vector<int32_t>{output}),
                           fb_.CreateVector(ops_), fb_.CreateString(name));
    const auto model = tf::CreateModel(
        fb_, 3, fb_.CreateVector(codes),
        fb_.CreateVector(std::vector<Offset<tf::SubGraph>>{graph}),
        fb_.CreateString(description), fb_.CreateVector(buffers_));
    tf::FinishModelBuffer(fb_, model);
    return {reinterpret_cast<const char*>(fb_.GetBufferPointer()),
            fb_.GetSize()};
  }

 private:
  void AddTensor(const TfliteWriter::TensorRecord& record) {
    uint32_t buffer = 0;
    if (!record.data.empty()) {
      buffer = static_cast<uint32_t>(buffers_.size());
      fb_.ForceVectorAlignment(record.data.size(), 1, 16);
      const auto data =
          fb_.CreateVector(reinterpret_cast<const uint8_t*>(record.data.data()),
                           record.data.size());
      buffers_.push_back(tf::CreateBuffer(fb_, data));
    }
    Offset<tf::QuantizationParameters> quantization = 0;
    if (!record.scales.empty()) {
      const std::vector<int64_t> zeros(record.scales.size(), record.zero);
      quantization = tf::CreateQuantizationParameters(
          fb_, 0, 0, fb_.CreateVector(record.scales), fb_.CreateVector(zeros),
          0, 0, record.dimension);
    }
    tensors_.push_back(tf::CreateTensor(
        fb_, fb_.CreateVector(record.shape), TypeOf(record.type), buffer,
        fb_.CreateString(record.name), quantization));
  }

  void AddOp(const TfliteWriter::OpRecord& record) {
    const bool wide = model_.type(record.outputs.at(0)) == TfType::kInt16 ||
                      std::ranges::any_of(record.inputs, [&](int t) {
                        return model_.type(t) == TfType::kInt16;
                      });
    const Definition definition = DefinitionOf(record.op, wide);
    const auto found = std::ranges::find(definitions_, definition);
    const auto code = static_cast<uint32_t>(found - definitions_.begin());
    if (found == definitions_.end()) definitions_.push_back(definition);
    const Options options = OptionsOf(fb_, record.op);
    ops_.push_back(tf::CreateOperator(
        fb_, code,
        fb_.CreateVector(
            std::vector<int32_t>(record.inputs.begin(), record.inputs.end())),
        fb_.CreateVector(
            std::vector<int32_t>(record.outputs.begin(), record.outputs.end())),
        options.type, options.offset));
  }

  const TfliteWriter& model_;
  FlatBufferBuilder fb_{1 << 20};
  std::vector<Offset<tf::Buffer>> buffers_;
  std::vector<Offset<tf::Tensor>> tensors_;
  std::vector<Offset<tf::Operator>> ops_;
  std::vector<Definition> definitions_;
};

int TfliteWriter::Add(TensorRecord record) {
  tensors_.push_back(std::move(record));
  return static_cast<int>(tensors_.size()) - 1;
}

int TfliteWriter::Tensor(const std::string& name, TfShape shape, TfType type,
                         double scale, int32_t zero) {
  return Add(
      {name, std::move(shape), type, {static_cast<float>(scale)}, zero, 0, {}});
}

int TfliteWriter::Constant(const std::string& name, TfShape shape,
                           std::span<const int8_t> values,
                           std::vector<float> scales, int dimension,
                           int64_t zero) {
  return Add({name, std::move(shape), TfType::kInt8, std::move(scales), zero,
              dimension, BytesOf(values)});
}
int TfliteWriter::Constant(const std::string& name, TfShape shape,
                           std::span<const int16_t> values,
                           std::vector<float> scales) {
  return Add({name, std::move(shape), TfType::kInt16, std::move(scales), 0, 0,
              BytesOf(values)});
}
int TfliteWriter::Constant(const std::string& name, TfShape shape,
                           std::span<const int64_t> values,
                           std::vector<float> scales) {
  return Add({name, std::move(shape), TfType::kInt64, std::move(scales), 0, 0,
              BytesOf(values)});
}
int TfliteWriter::Constant(const std::string& name, TfShape shape,
                           std::span<const int32_t> values,
                           std::vector<float> scales) {
  return Add({name, std::move(shape), TfType::kInt32, std::move(scales), 0, 0,
              BytesOf(values)});
}

void TfliteWriter::Op(TfOp op, std::vector<int> inputs,
                      std::vector<int> outputs) {
  ops_.push_back({std::move(op), std::move(inputs), std::move(outputs)});
}

std::string TfliteWriter::Bytes(const std::string& name,
                                const std::string& description, int input,
                                int output) const {
  return TfliteSerializer(*this).Run(name, description, input, output);
}

}  // namespace edge_int8
