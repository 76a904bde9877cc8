// Builds the FlatBuffer of an artifact's content. Private to ei8_writer.cc and
// ei8_write_ops.cc.
#ifndef EDGE_INT8_CORE_CONTAINER_CONTENT_WRITER_H_
#define EDGE_INT8_CORE_CONTAINER_CONTENT_WRITER_H_

#include <array>
#include <map>
#include <string>
#include <vector>

#include "core/container/artifact.h"
#include "ei8_generated.h"

namespace edge_int8::core {

// FlatBuffers are built from the leaves up; the order of the calls is the order
// of the bytes, and nothing else decides it.
class ContentWriter {
 public:
  flatbuffers::FlatBufferBuilder Write(const Artifact& artifact);

 private:
  template <class T>
  using Offset = flatbuffers::Offset<T>;
  template <class T>
  using VectorOf = Offset<flatbuffers::Vector<T>>;
  using Ints = VectorOf<int32_t>;
  using Bytes = VectorOf<uint8_t>;

  struct Multipliers {
    Ints mantissa;
    Bytes shift;
  };
  // An activation and what describes it.
  struct StoredActivation {
    ei8::Activation activation;
    int16_t function;
    float pre_scale;
  };

  // ei8_write_ops.cc.
  void AddOperator(const ConvOp& op);
  void AddOperator(const AddOp& op);
  void AddOperator(const AttentionOp& op);
  void AddOperator(const PoolOp& op);
  void AddOperator(const TransposeOp& op);
  void AddOperator(const RequantizeOp& op);
  void AddOperator(const MultiplyOp& op);
  void AddOperator(const MatMulOp& op);
  void AddOperator(const SoftmaxOp& op);
  void AddOperator(const NormalizeOp& op);
  void AddOperator(const WindowPoolOp& op);
  void AddOperator(const MoveOp& op);
  void AddOperator(const ResizeOp& op);
  void AddOperator(const RecurrentOp& op);
  void AddOperator(const ConstantOp& op);

  template <class T>
  void Push(ei8::Op type, Offset<T> op) {
    op_types_.push_back(type);
    ops_.push_back(op.Union());
  }

  // ei8_writer.cc. Operators with equal tables or functions share one.
  int16_t TableIndex(const std::vector<int16_t>& table);
  int16_t FunctionIndex(const std::string& function);
  StoredActivation MakeActivation(const Activation& a);
  Multipliers WriteMultipliers(const std::vector<Multiplier>& scale);
  Bytes WriteWeights(const std::vector<int8_t>& weights, int32_t bits);
  template <class T>
  VectorOf<T> WriteUnlessEmpty(const std::vector<T>& values) {
    return values.empty() ? 0 : builder_.CreateVector(values);
  }
  VectorOf<Offset<ei8::Tensor>> WriteTensors(
      const std::vector<TensorSpec>& tensors);
  VectorOf<uint16_t> WriteExp(const std::array<uint16_t, 256>& table);
  VectorOf<Offset<ei8::Golden>> WriteGolden(
      const std::vector<GoldenVector>& golden);
  Offset<ei8::Provenance> WriteProvenance(const Provenance& p);

  flatbuffers::FlatBufferBuilder builder_;
  std::vector<ei8::Op> op_types_;
  std::vector<Offset<void>> ops_;
  std::vector<Offset<ei8::LookupTable>> tables_;
  std::map<std::vector<int16_t>, int16_t> table_index_;
  std::vector<Offset<flatbuffers::String>> functions_;
  std::map<std::string, int16_t> function_index_;
};

}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_CONTAINER_CONTENT_WRITER_H_
