// Writes arrays and descriptors operator by operator: c_tables.cc those of the
// base runtime, c_general_tables.cc those of ei8_operators.h. Private to them.
#ifndef EDGE_INT8_SRC_EXPORT_C_C_TABLE_WRITER_H_
#define EDGE_INT8_SRC_EXPORT_C_C_TABLE_WRITER_H_

#include <fmt/format.h>

#include <cstdint>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/container/integer_graph.h"
#include "src/base/as_size.h"
#include "src/export/c/c_memory.h"
#include "src/export/c/c_tables.h"

namespace edge_int8 {

class TableWriter {
 public:
  TableWriter(const core::IntegerGraph& graph, const CMemory& memory,
              CTarget target)
      : graph_(graph), memory_(memory), target_(target) {}

  CTableFile Run();

 private:
  const core::TensorSpec& tensor(int32_t id) const {
    return graph_.tensors[AsSize(id)];
  }

  template <class... Args>
  void Put(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(text_), format,
                   std::forward<Args>(args)...);
  }

  // Writes "static const type name_<op>[]" and returns its name.
  std::string Array(std::string_view type, std::string_view name,
                    const std::vector<int64_t>& values);
  // The same array for all who ask for the same values.
  std::string SharedArray(std::string_view type, std::string_view name,
                          const std::vector<int64_t>& values);
  // Mantissas and shifts, as the two members that a descriptor has for them.
  std::string Multipliers(std::string_view name,
                          const std::vector<core::Multiplier>& scales);
  std::string Scales(std::string_view name, const std::vector<int64_t>& bias,
                     const std::vector<core::Multiplier>& scales);
  std::string ActivationOf(const core::Activation& a, int32_t output);
  // Opens a descriptor and lists its step.
  void Open(std::string_view kernel, int32_t output);

  void WriteTensors();
  void WriteExpTables();
  void WriteConstants();
  void WriteEnds();

  void Write(const core::ConvOp& op);
  void WriteWordConv(const core::ConvOp& op);
  void WriteRowConv(const core::ConvOp& op);
  std::string TapsText(const core::ConvOp& op) const;
  // "conv" as the target's kernel is called.
  std::string KernelName(std::string_view plain) const;
  void Write(const core::AddOp& op);
  void Write(const core::AttentionOp& op);
  void Write(const core::PoolOp& op);
  void Write(const core::TransposeOp& op);

  void WriteSum(const core::AddOp& op);
  std::string Rows(std::string_view name, const std::vector<int8_t>& weights,
                   int32_t weight_bits, const std::vector<int32_t>& bias,
                   const std::vector<core::Multiplier>& scale);
  void Write(const core::RequantizeOp& op);
  void Write(const core::MultiplyOp& op);
  void Write(const core::MatMulOp& op);
  void Write(const core::SoftmaxOp& op);
  void Write(const core::NormalizeOp& op);
  void Write(const core::WindowPoolOp& op);
  void Write(const core::MoveOp& op);
  void Write(const core::ResizeOp& op);
  void Write(const core::RecurrentOp& op);
  void Write(const core::ConstantOp& op);

  const core::IntegerGraph& graph_;
  const CMemory& memory_;
  const CTarget target_;
  std::string text_;
  std::string steps_;
  std::size_t op_ = 0;
  int step_count_ = 0;
  bool exp_written_ = false;
  std::set<std::string> kernels_;
  std::map<std::vector<int64_t>, std::string> shared_;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_EXPORT_C_C_TABLE_WRITER_H_
